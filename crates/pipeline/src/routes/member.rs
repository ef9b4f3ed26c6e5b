//! Finds one tag or figure of an event without reading all of them into memory.

use std::borrow::Cow;
use std::fmt;

use groundrule_core::event::Event;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// The value of a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Member<'e> {
    Text(Cow<'e, str>),
    /// Something that is no text.
    Other,
}

/// The tag of this name.
pub(super) fn tag<'e>(event: &'e Event, name: &str) -> Option<Member<'e>> {
    let mut json = serde_json::Deserializer::from_str(event.tags_json()?);
    json.deserialize_map(Find { name, value: AnyMember }).ok().flatten()
}

/// The figure of this name.
pub(super) fn figure(event: &Event, name: &str) -> Option<f64> {
    let mut json = serde_json::Deserializer::from_str(event.metrics_json()?);
    json.deserialize_map(Find { name, value: std::marker::PhantomData::<f64> }).ok().flatten()
}

/// Looks for one member of an object; of several the last counts.
struct Find<'n, S> {
    name: &'n str,
    value: S,
}

impl<'de, S: DeserializeSeed<'de> + Copy> Visitor<'de> for Find<'_, S> {
    type Value = Option<S::Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(this) = map.next_key_seed(Same(self.name))? {
            if this {
                found = Some(map.next_value_seed(self.value)?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

/// Whether a key is this one.
struct Same<'n>(&'n str);

impl<'de> DeserializeSeed<'de> for Same<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Same<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<bool, E> {
        Ok(key == self.0)
    }
}

#[derive(Clone, Copy)]
struct AnyMember;

impl<'de> DeserializeSeed<'de> for AnyMember {
    type Value = Member<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for AnyMember {
    type Value = Member<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Member::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Member::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Member::Other)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Member::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Member::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Member::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Member::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Member::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Member::Other)
    }
}
