//! Ports that nobody uses.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::net::TcpListener;

/// A loopback port that is free now. It is below the range from which the kernel takes the near end
/// of outgoing connections, so that it is still free when a server is started again.
#[must_use]
pub fn free_port() -> u16 {
    loop {
        // The standard library's only source of random numbers.
        let random = RandomState::new().build_hasher().finish();
        let port = 12_000 + u16::try_from(random % 20_000).expect("below 20,000");
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
