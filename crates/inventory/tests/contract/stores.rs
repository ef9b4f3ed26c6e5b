//! Every store that a contract is about, filled from an estate directory.

use std::path::Path;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use groundrule_core::ports::Sources;
use groundrule_inventory::source::{self, Access, Location, Opening, Role, Run, Secret};
use groundrule_inventory::{Estate, Options};
use groundrule_services::Service;
use jiff::Timestamp;

/// A kind of store, by the name that messages have.
#[derive(Clone, Copy, Debug)]
pub enum Store {
    Embedded,
    Neo4j,
}

/// Those that answer questions about the graph.
pub const GRAPHS: [Store; 2] = [Store::Embedded, Store::Neo4j];

static NEO4J: LazyLock<Service> = LazyLock::new(groundrule_services::neo4j);
/// A server has one graph: tests take turns.
static TURN: Mutex<()> = Mutex::new(());

/// A filled store, and the turn at its server.
pub struct Filled {
    pub sources: Sources,
    _turn: MutexGuard<'static, ()>,
}

/// An address and what opening it needs.
pub fn neo4j() -> (Location, Access) {
    let location = Location::parse(&format!("bolt://127.0.0.1:{}", NEO4J.port())).unwrap();
    let access = Access {
        user: Some(NEO4J.user().to_owned()),
        password: Some(Secret::new(NEO4J.password())),
        ..Access::default()
    };
    (location, access)
}

impl Store {
    /// A store that holds what the directory does.
    pub async fn filled(self, directory: &Path) -> Filled {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let (location, access, role) = match self {
            Self::Embedded => {
                let location = Location::parse(&format!("estate:{}", directory.display()));
                (location.unwrap(), Access::default(), Role::Graph)
            }
            Self::Neo4j => {
                let (location, access) = neo4j();
                (location, access, Role::Graph)
            }
        };
        let opening = Opening { roles: vec![role], access, reading: Options::default() };
        if !matches!(self, Self::Embedded) {
            let estate = Estate::open(directory, &opening.reading).unwrap();
            let targets = source::target(&location, &opening).await.unwrap();
            let id = format!("{:?}", std::time::Instant::now());
            let run = Run { id, at: Timestamp::UNIX_EPOCH, prune: true, all: false };
            source::copy(&estate, &opening.reading, targets, &run, &mut |_| {}).await.unwrap();
        }
        let opened = source::open(&location, &opening).await.unwrap();
        Filled { sources: opened.sources, _turn: turn }
    }
}
