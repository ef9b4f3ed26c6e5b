//! All questions, as they are asked on the command line and over HTTP.

use std::sync::Arc;
use std::time::Duration;

use groundrule_core::name::NodeName;
use groundrule_engine::estate::Estate;
use groundrule_engine::nearest::nearest;

use crate::answer::{Answer, Wrong};
use crate::downtime::Template;
use crate::place::Placing;
use crate::stakeholders::Keys;
use crate::target::{Target, nodes};

/// A question about one estate.
#[derive(Clone, Debug)]
pub enum Question {
    /// What falls with it?
    Impact(Target),
    /// Whose notifications are consequences of it?
    Suppress(Target),
    /// What stops with these, in which order?
    Downtime(Vec<NodeName>),
    /// Which nodes are single points of failure?
    Spof,
    /// Whom to tell of these?
    Stakeholders(Vec<NodeName>, Keys),
    /// In which order to stop what falls with it?
    ShutdownOrder(Target, Option<Template>),
    /// Which dependencies are on what nobody manages?
    Unmanaged,
    /// Which nodes declare no dependency?
    Undeclared,
    /// Where to place new nodes?
    Place(Placing),
    /// Who is missing where?
    Missing {
        /// How old a registration may be.
        stale: Duration,
    },
    /// How does the first come to need the second?
    Path(Target, Target),
}

/// What questions take from the configuration.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The fact with the zone.
    pub zone: String,
    /// Facts with owners and contacts.
    pub keys: Keys,
}

impl Default for Settings {
    fn default() -> Self {
        Self { zone: "availability_zone".to_owned(), keys: Keys::default() }
    }
}

/// How old a registration may be unless somebody says otherwise.
pub const STALE: Duration = Duration::from_secs(3600);

/// The names of the questions, with the parameters that each has over HTTP.
const NAMES: [(&str, &[&str]); 11] = [
    ("impact", &["of"]),
    ("suppress", &["of"]),
    ("downtime", &["node"]),
    ("spof", &[]),
    ("stakeholders", &["node"]),
    ("shutdown-order", &["of"]),
    ("unmanaged", &[]),
    ("undeclared", &[]),
    ("place", &["class", "count"]),
    ("missing", &["stale"]),
    ("path", &["from", "to"]),
];

impl Question {
    /// Reads a question from its name and parameters: `node` may come more than once, `stale` is in
    /// seconds.
    ///
    /// # Errors
    /// When there is no such question or parameter, one is missing, or one cannot be read.
    pub fn read(
        name: &str,
        parameters: &[(String, String)],
        settings: &Settings,
    ) -> Result<Self, Wrong> {
        let names = NAMES.map(|(name, _)| name);
        let Some((_, known)) = NAMES.into_iter().find(|(known, _)| *known == name) else {
            let help = match nearest(names, name, 3) {
                Some(near) => format!("did you mean {near}?"),
                None => format!("ask one of {}", names.join(", ")),
            };
            return Err(Wrong::new(format!("there is no question {name:?}"), help));
        };
        if let Some((wrong, _)) = parameters.iter().find(|(key, _)| !known.contains(&key.as_str()))
        {
            let help = match known {
                [] => "it has no parameters".to_owned(),
                known => format!("its parameters are {}", known.join(", ")),
            };
            return Err(Wrong::new(format!("{name} has no parameter {wrong:?}"), help));
        }
        let all = |key: &str| -> Vec<String> {
            let named = parameters.iter().filter(|(name, _)| name == key);
            named.map(|(_, value)| value.clone()).collect()
        };
        let maybe = |key: &str| all(key).pop();
        let one = |key: &str| {
            let missing = || Wrong::new(format!("{name} needs {key}"), format!("add ?{key}=…"));
            maybe(key).ok_or_else(missing)
        };
        let number = |key: &str, usual: u64| match maybe(key) {
            None => Ok(usual),
            Some(text) => text.parse::<u64>().map_err(|_| {
                Wrong::new(format!("{key} {text:?} is no number"), "write a whole number")
            }),
        };
        let several = || match all("node").as_slice() {
            [] => Err(Wrong::new(format!("{name} needs node"), "add ?node=…, once for each")),
            names => nodes(names),
        };
        Ok(match name {
            "impact" => Self::Impact(Target::parse(&one("of")?)?),
            "suppress" => Self::Suppress(Target::parse(&one("of")?)?),
            "downtime" => Self::Downtime(several()?),
            "spof" => Self::Spof,
            "stakeholders" => Self::Stakeholders(several()?, settings.keys.clone()),
            "shutdown-order" => Self::ShutdownOrder(Target::parse(&one("of")?)?, None),
            "unmanaged" => Self::Unmanaged,
            "undeclared" => Self::Undeclared,
            "place" => Self::Place(Placing {
                class: one("class")?,
                count: usize::try_from(number("count", 1)?.min(10_000)).unwrap_or_default(),
                zone: settings.zone.clone(),
                latency: crate::place::Latency::default(),
            }),
            "missing" => {
                Self::Missing { stale: Duration::from_secs(number("stale", STALE.as_secs())?) }
            }
            _ => Self::Path(Target::parse(&one("from")?)?, Target::parse(&one("to")?)?),
        })
    }

    /// Answers it.
    ///
    /// # Errors
    /// When it is about something that is not there, or a store does not answer.
    pub async fn answer(&self, estate: &Arc<Estate>) -> Result<Answer, Wrong> {
        match self {
            Self::Impact(of) => crate::impact::impact(estate, of).await,
            Self::Suppress(of) => crate::suppress::suppress(estate, of).await,
            Self::Downtime(of) => crate::downtime::downtime(estate, of).await,
            Self::Spof => Ok(crate::spof::spof(estate).await),
            Self::Stakeholders(of, keys) => {
                crate::stakeholders::stakeholders(estate, of, keys).await
            }
            Self::ShutdownOrder(of, template) => {
                crate::downtime::shutdown_order(estate, of, template.as_ref()).await
            }
            Self::Unmanaged => Ok(crate::declared::unmanaged(estate).await),
            Self::Undeclared => Ok(crate::declared::undeclared(estate).await),
            Self::Place(placing) => crate::place::place(estate, placing).await,
            Self::Missing { stale } => crate::missing::missing(estate, *stale).await,
            Self::Path(a, b) => crate::path::path(estate, a, b).await,
        }
    }
}
