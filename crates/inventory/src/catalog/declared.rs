//! Dependencies on other nodes: which defined types declare them, and under which parameters.

use groundrule_core::dependency::{Kind, Needs};
use groundrule_core::filter::Filter;
use groundrule_core::name::{NodeName, ResourceRef, type_name};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::fault::Fault;

/// How a defined type declares dependencies: which of its parameters holds what.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DependencyMap {
    /// The defined type, for instance `Monitor::Check`.
    pub define: String,
    /// The parameter with the reference of what needs.
    #[serde(default)]
    pub from: Option<String>,
    /// The parameter with the reference of what is needed.
    #[serde(default)]
    pub on: Option<String>,
    /// The parameter with the providers' names: one, or a list.
    #[serde(default)]
    pub nodes: Option<String>,
    /// The parameter with a filter for the providers.
    #[serde(default)]
    pub matching: Option<String>,
    /// `hard` or `soft` for all of them, or the parameter that tells.
    #[serde(default)]
    pub kind: Option<String>,
    /// A number or `all` for all of them, or the parameter that tells.
    #[serde(default)]
    pub needs: Option<String>,
}

impl DependencyMap {
    /// The define that the product's own Puppet module brings.
    #[must_use]
    pub fn own() -> Self {
        let same = |name: &str| Some(name.to_owned());
        Self {
            define: "Groundrule::Dependency".to_owned(),
            from: same("from"),
            on: same("on"),
            nodes: same("nodes"),
            matching: same("matching"),
            kind: same("kind"),
            needs: same("needs"),
        }
    }

    /// Whether resources of this type declare dependencies in this way.
    #[must_use]
    pub fn covers(&self, of_type: &str) -> bool {
        self.define.eq_ignore_ascii_case(of_type) || type_name(&self.define) == of_type
    }

    /// The parameters that it reads.
    pub fn parameters(&self) -> impl Iterator<Item = &str> {
        [&self.from, &self.on, &self.nodes, &self.matching, &self.kind, &self.needs]
            .into_iter()
            .filter_map(|name| name.as_deref())
    }

    /// Reads the dependency that a resource declares; none when it names no provider at all.
    ///
    /// # Errors
    /// When a parameter is not what it should be.
    pub fn read(&self, parameters: &Map<String, Value>) -> Result<Option<Raw>, Fault> {
        let value = |name: &Option<String>| {
            let value = parameters.get(name.as_deref()?)?;
            (!value.is_null()).then_some(value)
        };
        let fixed_or = |written: &Option<String>, fixed: bool| match written {
            Some(text) if fixed => Some(Value::String(text.clone())),
            other => value(other).cloned(),
        };
        let kind_is_fixed = self.kind.as_deref().is_some_and(|k| Kind::parse(k).is_some());
        let needs_is_fixed = self.needs.as_deref().is_some_and(|n| Needs::parse(n).is_some());
        Raw::read(Fields {
            from: value(&self.from),
            on: value(&self.on),
            nodes: value(&self.nodes),
            matching: value(&self.matching),
            kind: fixed_or(&self.kind, kind_is_fixed).as_ref(),
            needs: fixed_or(&self.needs, needs_is_fixed).as_ref(),
        })
    }
}

/// The fields of a declaration, as they are written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Fields<'a> {
    pub from: Option<&'a Value>,
    pub on: Option<&'a Value>,
    pub nodes: Option<&'a Value>,
    pub matching: Option<&'a Value>,
    pub kind: Option<&'a Value>,
    pub needs: Option<&'a Value>,
}

/// A declared dependency before its ends are looked up.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Raw {
    /// `Type[title]` of what needs; none for the node.
    pub from: Option<ResourceRef>,
    /// `Type[title]` of what is needed; none for the node.
    pub on: Option<ResourceRef>,
    /// Providers by name.
    pub nodes: Vec<NodeName>,
    /// Or providers by filter.
    pub matching: Option<String>,
    /// Hard or soft.
    pub kind: Kind,
    /// How many.
    pub needs: Needs,
    /// The resource that declares it.
    pub declared_in: String,
}

impl Raw {
    /// Reads and checks the fields of a declaration.
    ///
    /// # Errors
    /// When one of them is not what it should be, with what to write instead.
    pub fn read(fields: Fields<'_>) -> Result<Option<Self>, Fault> {
        let nodes = names(fields.nodes)?;
        let matching = text("matching", fields.matching)?;
        let (nodes, matching) = match (nodes, matching) {
            (None, None) => return Ok(None),
            (Some(nodes), None) if nodes.is_empty() => return Ok(None),
            (Some(nodes), None) => (nodes, None),
            (None, Some(filter)) => (Vec::new(), Some(filter)),
            (Some(_), Some(_)) => {
                return Err(Fault::new(
                    "a dependency has both nodes and matching",
                    "keep one: nodes names the providers, matching selects them",
                ));
            }
        };
        if let Some(filter) = &matching {
            Filter::parse(filter).map_err(|error| {
                Fault::new(
                    format!("the filter {filter:?} cannot be read: {error}"),
                    "write an MCollective compound filter, for instance \"role=db and not /test/\"",
                )
            })?;
        }
        Ok(Some(Self {
            from: reference("from", fields.from)?,
            on: reference("on", fields.on)?,
            nodes,
            matching,
            kind: kind(fields.kind)?,
            needs: needs(fields.needs)?,
            declared_in: String::new(),
        }))
    }
}

fn text(field: &str, value: Option<&Value>) -> Result<Option<String>, Fault> {
    match value {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(other) => Err(Fault::new(
            format!("{field} is {other}, not a string"),
            format!("write {field} as a string"),
        )),
    }
}

fn reference(field: &str, value: Option<&Value>) -> Result<Option<ResourceRef>, Fault> {
    text(field, value)?
        .map(|text| text.parse())
        .transpose()
        .map_err(|error| Fault::new(format!("{field}: {error}"), "write it as Type[title]"))
}

fn names(value: Option<&Value>) -> Result<Option<Vec<NodeName>>, Fault> {
    let list = match value {
        None => return Ok(None),
        Some(Value::Array(list)) => list.as_slice(),
        Some(one) => std::slice::from_ref(one),
    };
    let mut names = Vec::with_capacity(list.len());
    for name in list {
        let help = "write nodes as one name or a list of names";
        let text = name
            .as_str()
            .ok_or_else(|| Fault::new(format!("nodes holds {name}, which is no name"), help))?;
        let name = NodeName::new(text).map_err(|error| Fault::new(error.to_string(), help))?;
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Ok(Some(names))
}

fn kind(value: Option<&Value>) -> Result<Kind, Fault> {
    match value {
        None => Ok(Kind::Hard),
        Some(value) => value
            .as_str()
            .and_then(Kind::parse)
            .ok_or_else(|| Fault::new(format!("kind is {value}"), "write kind as hard or soft")),
    }
}

fn needs(value: Option<&Value>) -> Result<Needs, Fault> {
    let read = match value {
        None => Some(Needs::AtLeast(1)),
        Some(Value::String(text)) => Needs::parse(text),
        Some(Value::Number(number)) => Needs::parse(&number.to_string()),
        Some(_) => None,
    };
    read.ok_or_else(|| {
        Fault::new(
            format!("needs is {}", value.unwrap_or(&Value::Null)),
            "write needs as a number from 1, or all",
        )
    })
}
