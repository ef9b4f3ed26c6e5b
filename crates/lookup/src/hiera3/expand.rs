//! What the expressions of `%{}` stand for.

use super::View;
use super::answer::Resolution;
use crate::Fault;
use crate::data::{Map, Value};
use crate::interpolate::{self, Call, Guard, Piece, Site};

impl View<'_> {
    /// A value of a data file with its expressions resolved; none where nothing in it changes.
    ///
    /// Symbols and dates become nothing, as by Ruby's Hiera.
    pub(super) fn expanded(
        &self,
        value: &Value,
        mut guard: Option<&mut Guard>,
    ) -> Result<Option<Value>, Fault> {
        match value {
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => Ok(None),
            Value::Symbol(_) | Value::Time(_) => Ok(Some(Value::Null)),
            Value::Str(text) => self.expanded_text(text, guard),
            Value::Array(items) => {
                let mut changed: Option<Vec<Value>> = None;
                for (index, item) in items.iter().enumerate() {
                    let new = self.expanded(item, guard.as_deref_mut())?;
                    match (&mut changed, new) {
                        (Some(changed), new) => changed.push(new.unwrap_or_else(|| item.clone())),
                        (None, Some(new)) => {
                            let mut all = Vec::with_capacity(items.len());
                            all.extend_from_slice(&items[..index]);
                            all.push(new);
                            changed = Some(all);
                        }
                        (None, None) => {}
                    }
                }
                Ok(changed.map(Value::list))
            }
            Value::Hash(map) => self.expanded_hash(map, guard),
        }
    }

    fn expanded_hash(
        &self,
        map: &Map,
        mut guard: Option<&mut Guard>,
    ) -> Result<Option<Value>, Fault> {
        let mut changed: Option<Map> = None;
        for (index, (key, value)) in map.iter().enumerate() {
            let new_key = match key {
                Value::Str(text) => self.expanded_text(text, guard.as_deref_mut())?,
                _ => None,
            };
            let new_value = self.expanded(value, guard.as_deref_mut())?;
            if changed.is_none() && (new_key.is_some() || new_value.is_some()) {
                let before =
                    map.iter().take(index).map(|(key, value)| (key.clone(), value.clone()));
                changed = Some(before.collect());
            }
            if let Some(changed) = &mut changed {
                changed.insert(
                    new_key.unwrap_or_else(|| key.clone()),
                    new_value.unwrap_or_else(|| value.clone()),
                );
            }
        }
        Ok(changed.map(Value::map))
    }

    fn expanded_text(&self, text: &str, guard: Option<&mut Guard>) -> Result<Option<Value>, Fault> {
        if !interpolate::has_site(text) {
            return Ok(None);
        }
        match guard {
            Some(guard) => self.text(text, guard),
            None => self.text(text, &mut Guard::default()),
        }
        .map(Some)
    }

    /// A text with its expressions resolved: a text, but for `%{alias()}`.
    pub(super) fn text(&self, text: &str, guard: &mut Guard) -> Result<Value, Fault> {
        let mut out = String::with_capacity(text.len() + 32);
        for piece in interpolate::pieces(text) {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Site(site) => match self.site(&site, guard)? {
                    (Value::Str(part), _) => out.push_str(&part),
                    (value, false) => out.push_str(&value.to_s()),
                    // Ruby's `^` and `$` match at lines: one line that is nothing but an alias is enough.
                    (value, true) if text.lines().any(is_site) || is_site(text) => {
                        return Ok(value);
                    }
                    (_, true) => {
                        return Err(Fault::new(
                            format!("{} stands inside of a text", site.whole),
                            "an alias must be the whole text: use hiera() inside of texts",
                        ));
                    }
                },
            }
        }
        Ok(out.into())
    }

    /// What one expression stands for, and whether it was an alias.
    fn site(&self, site: &Site<'_>, guard: &mut Guard) -> Result<(Value, bool), Fault> {
        if site.is_empty() {
            return Ok(("".into(), false));
        }
        let call = site.call()?;
        let (value, is_alias) = match call {
            Call::Literal(text) => return Ok((text.into(), false)),
            Call::Scope(name) => {
                let value = self
                    .scope
                    .dig(name)
                    .map_err(|fault| in_site(&fault, site))?
                    .cloned()
                    .unwrap_or(Value::Null);
                // The usual variable holds no expression, and cannot lead back to this one.
                if !value.as_str().is_some_and(interpolate::has_site) {
                    return Ok((value, false));
                }
                guard.enter(site.expression)?;
                (value, false)
            }
            Call::Lookup { by_new_name: true, .. } => {
                return Err(Fault::new(
                    format!("no interpolation method 'lookup' in {}", site.whole),
                    "Hiera 3 calls it hiera()",
                ));
            }
            Call::Lookup { key, by_new_name: false } | Call::Alias(key) => {
                guard.enter(site.expression)?;
                let found = self.find(key, Resolution::Priority, Some(&mut *guard))?;
                (found.map_or(Value::Null, |answer| answer.value), matches!(call, Call::Alias(_)))
            }
        };
        let value = self.again(value, guard)?;
        guard.leave();
        Ok((value, is_alias))
    }

    /// Where an expression stands for a text that has an expression in it, that one's value takes the place of the whole text, as by Ruby's Hiera.
    fn again(&self, value: Value, guard: &mut Guard) -> Result<Value, Fault> {
        let Value::Str(text) = &value else { return Ok(value) };
        let first = interpolate::pieces(text).find_map(|piece| match piece {
            Piece::Site(site) => Some(site),
            Piece::Text(_) => None,
        });
        match first {
            Some(site) => Ok(self.site(&site, guard)?.0),
            None => Ok(value),
        }
    }
}

/// Whether a text is one expression and nothing else.
fn is_site(text: &str) -> bool {
    text.strip_prefix("%{")
        .is_some_and(|rest| rest.find('}') == Some(rest.len() - 1) && !rest.is_empty())
}

fn in_site(fault: &Fault, site: &Site<'_>) -> Fault {
    Fault::new(format!("{} in {}", fault.what, site.whole), fault.help.clone())
}
