//! Values as Bolt carries them.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime};
use groundrule_core::ports::{Answer, Row, StoreError};
use neo4rs::{BoltList, BoltMap, BoltNull, BoltType};
use serde_json::{Map, Value};

/// A list as a parameter.
pub fn list<T: Into<BoltType>>(items: impl IntoIterator<Item = T>) -> BoltType {
    BoltType::List(BoltList { value: items.into_iter().map(Into::into).collect() })
}

/// A value, or null.
pub fn or_null<T: Into<BoltType>>(value: Option<T>) -> BoltType {
    value.map_or(BoltType::Null(BoltNull), Into::into)
}

/// A map as a parameter.
pub fn map<const N: usize>(entries: [(&str, BoltType); N]) -> BoltType {
    BoltType::Map(entries.into_iter().map(|(key, value)| (key.into(), value)).collect())
}

/// One row of an answer: every question of ours returns a list.
pub struct Cells(Vec<BoltType>);

impl Cells {
    /// Takes the column `row`.
    pub fn of(row: &neo4rs::Row) -> Answer<Self> {
        match row.get("row") {
            Ok(BoltType::List(list)) => Ok(Self(list.value)),
            _ => Err(strange()),
        }
    }

    /// A list within a cell.
    pub fn inner(cell: &BoltType) -> Option<&[BoltType]> {
        match cell {
            BoltType::List(list) => Some(&list.value),
            _ => None,
        }
    }

    /// A text; an error where it is something else.
    pub fn text(&self, n: usize) -> Answer<&str> {
        self.maybe_text(n).ok_or_else(strange)
    }

    /// A text, where it is one.
    pub fn maybe_text(&self, n: usize) -> Option<&str> {
        text(self.0.get(n)?)
    }

    /// A whole number; an error where it is something else.
    pub fn number(&self, n: usize) -> Answer<i64> {
        self.maybe_number(n).ok_or_else(strange)
    }

    /// A whole number, where it is one.
    pub fn maybe_number(&self, n: usize) -> Option<i64> {
        number(self.0.get(n)?)
    }

    /// Whether a cell is true.
    pub fn flag(&self, n: usize) -> bool {
        matches!(self.0.get(n), Some(BoltType::Boolean(flag)) if flag.value)
    }

    /// A list; empty where it is none.
    pub fn list(&self, n: usize) -> &[BoltType] {
        self.0.get(n).and_then(Self::inner).unwrap_or_default()
    }

    /// The texts of a list.
    pub fn texts(&self, n: usize) -> impl Iterator<Item = &str> {
        self.list(n).iter().filter_map(text)
    }
}

/// The text of a cell.
pub fn text(cell: &BoltType) -> Option<&str> {
    match cell {
        BoltType::String(text) => Some(&text.value),
        _ => None,
    }
}

/// The whole number of a cell.
pub fn number(cell: &BoltType) -> Option<i64> {
    match cell {
        BoltType::Integer(number) => Some(number.value),
        _ => None,
    }
}

/// A graph that holds something else than what is loaded into it.
pub fn strange() -> StoreError {
    StoreError("the graph holds something that no load has put there: write it anew with groundrule load --all".into())
}

/// A row of somebody's own query, its columns in alphabetical order.
pub fn row(row: &neo4rs::Row) -> Row {
    let mut names: Vec<_> = row.keys().into_iter().map(|key| key.value.clone()).collect();
    names.sort_unstable();
    let value = |name: &str| row.get(name).map_or(Value::Null, |cell: BoltType| json(&cell));
    names.into_iter().map(|name| (name.clone(), value(&name))).collect()
}

/// A value as JSON: nodes and relationships are their properties, times as ISO 8601 writes them,
/// other things their description.
fn json(cell: &BoltType) -> Value {
    match cell {
        BoltType::Null(_) => Value::Null,
        BoltType::String(text) => Value::from(text.value.as_str()),
        BoltType::Boolean(flag) => Value::from(flag.value),
        BoltType::Integer(number) => Value::from(number.value),
        BoltType::Float(number) => Value::from(number.value),
        BoltType::List(list) => Value::Array(list.value.iter().map(json).collect()),
        BoltType::Map(map) => Value::Object(object(map)),
        BoltType::Node(node) => Value::Object(object(&node.properties)),
        BoltType::Relation(relation) => Value::Object(object(&relation.properties)),
        other => Value::from(moment(other).unwrap_or_else(|| format!("{other:?}"))),
    }
}

/// A date, a time or both, as the server prints them; none if it is something else, or out of range.
fn moment(cell: &BoltType) -> Option<String> {
    match cell {
        BoltType::Date(date) => NaiveDate::try_from(date).ok().map(|date| date.to_string()),
        BoltType::LocalTime(time) => Some(NaiveTime::from(time).to_string()),
        BoltType::Time(time) => {
            let (time, offset): (NaiveTime, FixedOffset) = time.into();
            Some(format!("{time}{offset}"))
        }
        BoltType::LocalDateTime(at) => at.try_into().ok().map(local),
        BoltType::DateTime(at) => {
            let at = DateTime::<FixedOffset>::try_from(at).ok()?;
            Some(format!("{}{}", local(at.naive_local()), at.offset()))
        }
        BoltType::DateTimeZoneId(at) => {
            Some(format!("{}[{}]", local(at.try_into().ok()?), at.tz_id()))
        }
        _ => None,
    }
}

fn local(at: NaiveDateTime) -> String {
    format!("{}T{}", at.date(), at.time())
}

fn object(map: &BoltMap) -> Map<String, Value> {
    let mut entries: Vec<_> = map.value.iter().collect();
    entries.sort_unstable_by(|(a, _), (b, _)| a.value.cmp(&b.value));
    entries.into_iter().map(|(key, value)| (key.value.clone(), json(value))).collect()
}
