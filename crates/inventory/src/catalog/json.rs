//! Puppet's catalog JSON (with or without the `data` envelope of old versions) and PuppetDB's,
//! read in one pass without keeping what a graph does not need.

use std::borrow::Cow;
use std::fmt;

use groundrule_core::name::class_name;
use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::Value;

use super::declared::DependencyMap;
use super::relations::{RawEdge, Relation, resolve};
use super::{Catalog, RawParameters, RawResource};
use crate::fault::{Fault, position};

/// Reads a catalog from the text of its file.
///
/// # Errors
/// When it is no catalog, or one that Puppet itself would refuse.
pub fn read(text: &str, maps: &[DependencyMap]) -> Result<Catalog, Fault> {
    let context = Context { text, maps };
    let mut json = serde_json::Deserializer::from_str(text);
    let mut raw = Document(&context).deserialize(&mut json)?;
    json.end()?;
    let node = match (raw.name.take(), raw.resources.is_some()) {
        (Some(node), true) => node.into_owned(),
        (_, false) => return Err(no_catalog("it has no resources")),
        (None, true) => return Err(no_catalog("it names no node")),
    };
    let resources = raw.resources.unwrap_or_default();
    let mut catalog = Catalog {
        node,
        environment: raw.environment.unwrap_or_default().into_owned(),
        made: raw.made,
        classes: classes(raw.classes, &resources),
        resources: Vec::new(),
        aliases: Vec::new(),
        edges: Vec::new(),
        dependencies: Vec::new(),
    };
    resolve(&mut catalog, &resources, &raw.edges, &context)?;
    catalog.dependencies = dependencies(&catalog, &resources, &context)?;
    Ok(catalog)
}

fn no_catalog(why: &str) -> Fault {
    Fault::new(
        format!("this is no Puppet catalog: {why}"),
        "write what `puppet catalog compile NODE --render-as json` prints, or PuppetDB's answer",
    )
}

/// The classes that a catalog lists; PuppetDB's has them as resources only.
fn classes(listed: Option<Vec<Cow<'_, str>>>, resources: &[RawResource<'_>]) -> Vec<String> {
    let mut classes: Vec<_> = match listed {
        Some(listed) => listed.iter().map(|name| class_name(name)).collect(),
        None => {
            let resources =
                resources.iter().filter(|r| r.type_name == "Class" && r.title != "main");
            resources.map(|resource| class_name(&resource.title)).collect()
        }
    };
    classes.sort_unstable();
    classes.dedup();
    classes
}

fn dependencies(
    catalog: &Catalog,
    resources: &[RawResource<'_>],
    context: &Context<'_>,
) -> Result<Vec<super::RawDependency>, Fault> {
    let mut found = Vec::new();
    for (raw, resource) in resources.iter().zip(&catalog.resources) {
        let Some(parameters) = &raw.parameters.kept else {
            continue;
        };
        for map in context.maps.iter().filter(|map| map.covers(&raw.type_name)) {
            let sensitive = |name: &&str| raw.sensitive.iter().any(|s| s == name);
            let read = match map.parameters().find(sensitive) {
                None => map.read(parameters),
                Some(name) => Err(Fault::new(
                    format!("{name} is sensitive, and never read"),
                    "declare the dependency with a parameter that is not",
                )),
            };
            let read = read.map_err(|fault| {
                let what = format!("{}: {}", resource.reference, fault.what);
                context.at(&raw.title, raw.offset, Fault { what, ..fault })
            })?;
            found.extend(read.map(|mut dependency| {
                dependency.declared_in.clone_from(&resource.reference);
                dependency
            }));
        }
    }
    Ok(found)
}

/// What is read, and how.
pub(super) struct Context<'c> {
    text: &'c str,
    maps: &'c [DependencyMap],
}

impl Context<'_> {
    /// Where in the text a piece of it stands: what is borrowed tells by its address.
    fn offset(&self, piece: &str) -> Option<usize> {
        let offset = (piece.as_ptr() as usize).checked_sub(self.text.as_ptr() as usize)?;
        (offset + piece.len() <= self.text.len()).then_some(offset)
    }

    /// The fault at the place of the piece that it is about; what had escapes in it has none, and
    /// is told at the beginning of the object around it.
    pub fn at(&self, piece: &str, around: usize, fault: Fault) -> Fault {
        let offset = self.offset(piece).unwrap_or(around);
        let (line, column) = position(self.text.as_bytes(), offset);
        fault.at(line, column)
    }
}

#[derive(Default)]
struct RawDocument<'a> {
    name: Option<Cow<'a, str>>,
    environment: Option<Cow<'a, str>>,
    made: Option<i64>,
    classes: Option<Vec<Cow<'a, str>>>,
    resources: Option<Vec<RawResource<'a>>>,
    edges: Vec<RawEdge<'a>>,
}

/// Text that borrows where JSON has no escapes in it.
struct Str;

impl<'de> DeserializeSeed<'de> for Str {
    type Value = Cow<'de, str>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Str {
    type Value = Cow<'de, str>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }
    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

/// A string or nothing; any other value is passed over.
fn text_or_nothing<'de, M: MapAccess<'de>>(map: &mut M) -> Result<Option<Cow<'de, str>>, M::Error> {
    Ok(match map.next_value_seed(Scalar)? {
        Found::Text(text) => Some(text),
        Found::Whole(_) | Found::Other => None,
    })
}

enum Found<'de> {
    Text(Cow<'de, str>),
    Whole(i64),
    Other,
}

/// A string, a whole number, or anything else without its content.
struct Scalar;

impl<'de> DeserializeSeed<'de> for Scalar {
    type Value = Found<'de>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Scalar {
    type Value = Found<'de>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Found::Text(Cow::Borrowed(text)))
    }
    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Found::Text(Cow::Owned(text.to_owned())))
    }
    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(i64::try_from(number).map_or(Found::Other, Found::Whole))
    }
    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Found::Whole(number))
    }
    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Found::Other)
    }
    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Found::Other)
    }
    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Found::Other)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Found::Other)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Found::Other)
    }
}

/// Refuses a name that was there before: one of the two would be lost.
fn once<E: serde::de::Error>(seen: &mut u32, names: &[&str], key: &str) -> Result<(), E> {
    let Some(n) = names.iter().position(|name| *name == key) else {
        return Ok(());
    };
    if *seen >> n & 1 == 1 {
        return Err(twice(key));
    }
    *seen |= 1 << n;
    Ok(())
}

fn twice<E: serde::de::Error>(key: &str) -> E {
    E::custom(format!("{key:?} occurs twice"))
}

struct Document<'c>(&'c Context<'c>);

impl<'de> DeserializeSeed<'de> for Document<'_> {
    type Value = RawDocument<'de>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Document<'_> {
    type Value = RawDocument<'de>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a catalog: a JSON object")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut raw = RawDocument::default();
        let mut seen = 0;
        while let Some(key) = map.next_key_seed(Str)? {
            once(
                &mut seen,
                &["data", "name", "certname", "environment", "classes", "resources", "edges"],
                &key,
            )?;
            match &*key {
                "data" => raw = map.next_value_seed(Document(self.0))?,
                "name" | "certname" => raw.name = text_or_nothing(&mut map)?,
                "environment" => raw.environment = text_or_nothing(&mut map)?,
                "version" | "producer_timestamp" => {
                    raw.made = raw.made.or(time(map.next_value_seed(Scalar)?));
                }
                "classes" => raw.classes = Some(map.next_value_seed(List(&|| Str))?),
                "resources" => {
                    let items = map.next_value_seed(List(&|| OneResource(self.0)))?;
                    raw.resources = Some(items);
                }
                "edges" => raw.edges = map.next_value_seed(List(&|| OneEdge(self.0)))?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(raw)
    }
}

/// A catalog's version is the time when it was made, unless a site has a scheme of its own.
fn time(found: Found<'_>) -> Option<i64> {
    const PLAUSIBLE: std::ops::Range<i64> = 946_684_800..4_102_444_800;
    match found {
        Found::Whole(seconds) => Some(seconds),
        Found::Text(text) => text
            .parse::<i64>()
            .ok()
            .or_else(|| text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_second)),
        Found::Other => None,
    }
    .filter(|seconds| PLAUSIBLE.contains(seconds))
}

/// A list of items, or PuppetDB's object with the list under `data`.
struct List<'f, F>(&'f F);

impl<'de, F, S> DeserializeSeed<'de> for List<'_, F>
where
    F: Fn() -> S,
    S: DeserializeSeed<'de>,
{
    type Value = Vec<S::Value>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, F, S> Visitor<'de> for List<'_, F>
where
    F: Fn() -> S,
    S: DeserializeSeed<'de>,
{
    type Value = Vec<S::Value>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }
    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed((self.0)())? {
            items.push(item);
        }
        Ok(items)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(key) = map.next_key_seed(Str)? {
            if key == "data" {
                items = map.next_value_seed(List(self.0))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(items)
    }
}

struct OneResource<'c>(&'c Context<'c>);

impl<'de> DeserializeSeed<'de> for OneResource<'_> {
    type Value = RawResource<'de>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for OneResource<'_> {
    type Value = RawResource<'de>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a resource: a JSON object with type and title")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut raw = RawResource { offset: usize::MAX, ..RawResource::default() };
        let mut seen = 0;
        while let Some(key) = map.next_key_seed(Str)? {
            if raw.offset == usize::MAX {
                raw.offset = self.0.offset(&key).unwrap_or(usize::MAX);
            }
            once(&mut seen, &["type", "title", "kind", "parameters"], &key)?;
            match &*key {
                "type" => raw.type_name = map.next_value_seed(Str)?,
                "title" => raw.title = map.next_value_seed(Str)?,
                "kind" => {
                    raw.defined = text_or_nothing(&mut map)?.is_some_and(|k| k == "defined_type");
                }
                "parameters" => {
                    let mapped = raw.type_name.is_empty()
                        || self.0.maps.iter().any(|map| map.covers(&raw.type_name));
                    raw.parameters = map.next_value_seed(Parameters { keep: mapped })?;
                }
                "sensitive_parameters" => {
                    raw.sensitive = map.next_value_seed(List(&|| Str))?;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        if raw.type_name.is_empty() || raw.title.is_empty() {
            return Err(A::Error::custom("a resource has no type or no title"));
        }
        raw.forget_sensitive();
        Ok(raw)
    }
}

struct Parameters {
    /// Whether the values may declare a dependency.
    keep: bool,
}

impl<'de> DeserializeSeed<'de> for Parameters {
    type Value = RawParameters<'de>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Parameters {
    type Value = RawParameters<'de>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("parameters: a JSON object")
    }
    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(RawParameters::default())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut raw = RawParameters::default();
        let mut kept = serde_json::Map::new();
        while let Some(key) = map.next_key_seed(Str)? {
            if let Some(relation) = Relation::of_parameter(&key) {
                for reference in map.next_value_seed(References)? {
                    raw.relations.push((relation, reference));
                }
                continue;
            }
            match &*key {
                "alias" => raw.aliases = map.next_value_seed(References)?,
                "name" if !self.keep => raw.name = text_or_nothing(&mut map)?,
                "path" if !self.keep => raw.path = text_or_nothing(&mut map)?,
                _ if self.keep => {
                    let name = key.into_owned();
                    if kept.contains_key(&name) {
                        return Err(twice(&name));
                    }
                    kept.insert(name, map.next_value::<Value>()?);
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        if self.keep {
            let text = |name: &str| Some(Cow::Owned(kept.get(name)?.as_str()?.to_owned()));
            (raw.name, raw.path) = (text("name"), text("path"));
            raw.kept = Some(kept);
        }
        Ok(raw)
    }
}

/// One string or a list of strings; Puppet flattens lists in lists.
struct References;

impl<'de> DeserializeSeed<'de> for References {
    type Value = Vec<Cow<'de, str>>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for References {
    type Value = Vec<Cow<'de, str>>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a reference such as Service[nginx], or a list of them")
    }
    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(vec![Cow::Borrowed(text)])
    }
    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(vec![Cow::Owned(text.to_owned())])
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut all = Vec::new();
        while let Some(some) = seq.next_element_seed(Self)? {
            all.extend(some);
        }
        Ok(all)
    }
}

struct OneEdge<'c>(&'c Context<'c>);

impl<'de> DeserializeSeed<'de> for OneEdge<'_> {
    type Value = RawEdge<'de>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for OneEdge<'_> {
    type Value = RawEdge<'de>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an edge: a JSON object with source and target")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut ends: [Cow<'de, str>; 6] = std::array::from_fn(|_| Cow::Borrowed(""));
        let mut relation = Relation::Contains;
        let mut offset = usize::MAX;
        while let Some(key) = map.next_key_seed(Str)? {
            offset = offset.min(self.0.offset(&key).unwrap_or(usize::MAX));
            match &*key {
                "source" => ends[0] = map.next_value_seed(Reference)?,
                "target" => ends[1] = map.next_value_seed(Reference)?,
                "source_type" => ends[2] = map.next_value_seed(Str)?,
                "source_title" => ends[3] = map.next_value_seed(Str)?,
                "target_type" => ends[4] = map.next_value_seed(Str)?,
                "target_title" => ends[5] = map.next_value_seed(Str)?,
                "relationship" => {
                    let name = map.next_value_seed(Str)?;
                    relation = Relation::parse(&name).ok_or_else(|| {
                        A::Error::custom(format!("unknown relationship {name:?}"))
                    })?;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        let [source, target, source_type, source_title, target_type, target_title] = ends;
        let whole = |reference: Cow<'de, str>, of_type: Cow<'de, str>, title: Cow<'de, str>| {
            if reference.is_empty() && !of_type.is_empty() {
                Cow::Owned(format!("{of_type}[{title}]"))
            } else {
                reference
            }
        };
        let source = whole(source, source_type, source_title);
        let target = whole(target, target_type, target_title);
        if source.is_empty() || target.is_empty() {
            return Err(A::Error::custom("an edge has no source or no target"));
        }
        Ok(RawEdge { source, target, relation, offset })
    }
}

/// `Type[title]`, or an object with type and title.
struct Reference;

impl<'de> DeserializeSeed<'de> for Reference {
    type Value = Cow<'de, str>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reference {
    type Value = Cow<'de, str>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a reference such as Service[nginx]")
    }
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }
    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut of_type, mut title) = (Cow::Borrowed(""), Cow::Borrowed(""));
        while let Some(key) = map.next_key_seed(Str)? {
            match &*key {
                "type" => of_type = map.next_value_seed(Str)?,
                "title" => title = map.next_value_seed(Str)?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(Cow::Owned(format!("{of_type}[{title}]")))
    }
}
