//! What programs that keep running have in common.

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use tokio_util::sync::CancellationToken;

use crate::context::{Color, Context};
use crate::failure::Failure;

/// Comes true with the first SIGTERM or SIGINT; needs a runtime.
pub fn stopping() -> Result<CancellationToken, Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    let stop = CancellationToken::new();
    for kind in [SignalKind::terminate(), SignalKind::interrupt()] {
        let mut signals = signal(kind)?;
        let stop = stop.clone();
        tokio::spawn(async move {
            signals.recv().await;
            stop.cancel();
        });
    }
    Ok(stop)
}

/// Lets the program have as many files and connections open as it may: each destination has some.
pub fn open_many() {
    if let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE)
        && soft < hard
        && let Err(error) = setrlimit(Resource::RLIMIT_NOFILE, hard, hard)
    {
        tracing::warn!(%error, soft, "no more files can be open than the system's default");
    }
}

/// Has the program say on standard error what it does.
pub fn log(context: &Context) {
    let filter = context.variable("GROUNDRULE_LOG").unwrap_or("warn,groundrule=info");
    let filter = tracing_subscriber::EnvFilter::builder().parse_lossy(filter);
    let color = context.color(Color::Auto, context.stderr_is_terminal);
    let logging = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(color);
    // Only the first one counts, and there is but one.
    let _ = logging.with_writer(std::io::stderr).with_target(false).try_init();
}
