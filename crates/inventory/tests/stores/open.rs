//! Opening sources by their addresses.

use std::time::Duration;

use groundrule_core::ports::Sources;
use groundrule_inventory::Options;
use groundrule_inventory::source::{Access, Location, Opened, Opening, Role, SourceError};

pub fn access() -> Access {
    Access { timeout: Duration::from_secs(10), ..Access::default() }
}

pub fn opening(roles: &[Role], access: Access) -> Opening {
    Opening { roles: roles.to_vec(), access, reading: Options::default() }
}

pub async fn open(address: &str, role: Role, access: Access) -> Result<Opened, SourceError> {
    let location = Location::parse(address)?;
    groundrule_inventory::source::open(&location, &opening(&[role], access)).await
}

pub async fn sources(address: &str, role: Role) -> Sources {
    open(address, role, access()).await.unwrap().sources
}
