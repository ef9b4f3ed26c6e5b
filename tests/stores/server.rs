//! The server that the tests of this program share, one at a time.

use std::process::Command;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use groundrule_services::Service;

use crate::running::{Place, Ran, shipped};

static NEO4J: LazyLock<Service> = LazyLock::new(groundrule_services::neo4j);
static TURN: Mutex<()> = Mutex::new(());

/// The turn at a Neo4j.
pub struct Neo4j {
    pub service: &'static Service,
    _turn: MutexGuard<'static, ()>,
}

impl Neo4j {
    /// Waits for its turn.
    pub fn turn() -> Self {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        Self { service: &NEO4J, _turn: turn }
    }

    pub fn url(&self) -> String {
        url(self.service)
    }

    /// Runs the program with this server as its graph.
    pub fn run(&self, place: &Place, arguments: &[&str]) -> Ran {
        let url = self.url();
        let mut command = place.command(&[arguments, &["--graph", &url]].concat());
        login(&mut command, self.service);
        command.output().unwrap().into()
    }

    /// Loads a shipped estate.
    pub fn load(&self, estate: &str) {
        let from = format!("estate:{}", shipped(estate));
        let ran = self.run(&Place::new(), &["load", "--from", &from, "--prune", "--quiet"]);
        assert_eq!(ran.code, 0, "{ran:?}");
    }
}

/// The address of a server.
pub fn url(service: &Service) -> String {
    format!("bolt://127.0.0.1:{}", service.port())
}

/// Gives the program a login.
pub fn login(command: &mut Command, service: &Service) {
    command.env("NEO4J_USER", service.user()).env("NEO4J_PASSWORD", service.password());
}
