//! `groundrule serve`: the gate, runs, questions and look-ups over HTTP, from an estate that is kept.

mod api;
mod desk;
mod figures;
mod lookups;
mod openapi;
mod state;

use std::sync::Arc;
use std::time::Duration;

use groundrule_transport::Server;

use self::state::State;
use crate::cli::{Global, Serve};
use crate::commands::{Ended, print};
use crate::config::Config;
use crate::config::pipeline::duration;
use crate::context::Context;
use crate::daemon;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::outgoing::{settings, wrong_address};

/// Where it listens unless somebody says otherwise.
const LISTEN: &str = "http://127.0.0.1:9181";

/// How often it looks whether the estate has changed, unless somebody says otherwise.
const RELOAD: Duration = Duration::from_secs(10);

/// Serves until it is told to stop.
pub fn run(context: &Context, global: &Global, options: &Serve) -> Result<Ended, Failure> {
    let config = Config::load(context, global)?;
    let reload = options.reload.as_ref().or(config.serve.reload.as_ref());
    let reload = reload.map_or(Ok(RELOAD), |text| duration("serve.reload", text))?;
    let listen = options.listen.as_ref().or(config.serve.listen.as_ref());
    let listen = listen.map_or(LISTEN, String::as_str).to_owned();
    daemon::log(context);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(format!("no runtime: {error}"), "see your limits"))?;
    runtime.block_on(async {
        let stop = daemon::stopping()?;
        let server = Server::bind(&listen, &settings(context, &config)?).map_err(wrong_address)?;
        let address = server.address()?;
        let state = Arc::new(State::open(context, global, config).await?);
        let watching = tokio::spawn(Arc::clone(&state).watch(reload, stop.clone()));
        print(format!("listening on {address}\n").as_bytes())?;
        server.run(api::router(state), stop).await;
        watching.abort();
        Ok(Exit::Held.into())
    })
}
