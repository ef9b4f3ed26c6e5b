//! What `%{}` in texts becomes.

use crate::Fault;
use crate::data::{Map, Value};
use crate::interpolate::{Call, Piece, has_site, is_dynamic, pieces};

use super::ask::Ask;

impl Ask<'_, '_> {
    /// The value with everything that is interpolated, keys of hashes as well. `methods` says
    /// whether functions may be called.
    pub(super) fn interpolated(&mut self, value: &Value, methods: bool) -> Result<Value, Fault> {
        Ok(self.changed(value, methods)?.unwrap_or_else(|| value.clone()))
    }

    /// None where nothing is interpolated: what is shared stays shared.
    fn changed(&mut self, value: &Value, methods: bool) -> Result<Option<Value>, Fault> {
        match value {
            Value::Str(text) if has_site(text) => self.whole(text, methods).map(Some),
            Value::Array(items) if items.iter().any(is_dynamic) => {
                let items = items.iter().map(|item| self.interpolated(item, methods));
                Ok(Some(Value::list(items.collect::<Result<_, _>>()?)))
            }
            Value::Hash(map) if is_dynamic(value) => {
                let mut changed = Map::default();
                for (key, value) in map.iter() {
                    changed.insert(
                        self.interpolated(key, methods)?,
                        self.interpolated(value, methods)?,
                    );
                }
                Ok(Some(Value::map(changed)))
            }
            _ => Ok(None),
        }
    }

    /// A text with everything that is interpolated, as text.
    pub(super) fn text(&mut self, text: &str, methods: bool) -> Result<String, Fault> {
        if !has_site(text) {
            return Ok(text.to_owned());
        }
        Ok(self.whole(text, methods)?.to_s())
    }

    /// The value of a variable, which may be dotted.
    pub(super) fn variable(&self, name: &str) -> Result<Option<Value>, Fault> {
        let local = self.local.as_ref().map(|(name, value)| (name.as_str(), value));
        self.session.scope.get(name, local)
    }

    fn whole(&mut self, text: &str, methods: bool) -> Result<Value, Fault> {
        let mut joined = String::with_capacity(text.len() + 16);
        for piece in pieces(text) {
            let site = match piece {
                Piece::Text(plain) => {
                    joined.push_str(plain);
                    continue;
                }
                Piece::Site(site) if site.is_empty() => continue,
                Piece::Site(site) => site,
            };
            let call = crate::interpolate::call(site.expression.trim())?;
            if !methods && !matches!(call, Call::Scope(name) if name == site.expression.trim()) {
                let what = format!("{} calls a function, which is not possible here", site.whole);
                return Err(Fault::new(what, "only variables can be used in hiera.yaml"));
            }
            let value = match call {
                Call::Alias(_) if site.whole != text => {
                    let what = format!("{} does not stand alone", site.whole);
                    return Err(Fault::new(
                        what,
                        "alias takes the place of a whole text: use lookup",
                    ));
                }
                Call::Alias(key) => {
                    return Ok(self.inner_value_of(key)?.unwrap_or_else(|| "".into()));
                }
                Call::Scope(name) => self.variable(name)?,
                Call::Lookup { key, .. } => self.inner_value_of(key)?,
                Call::Literal(text) => Some(text.into()),
            };
            let Some(value) = value else { continue };
            // What a variable holds is interpolated itself.
            if is_dynamic(&value) {
                self.guard.enter(match call {
                    Call::Scope(name) => format!("scope:{name}"),
                    Call::Lookup { key: name, .. } | Call::Literal(name) | Call::Alias(name) => {
                        name.to_owned()
                    }
                })?;
                let value = self.interpolated(&value, methods);
                self.guard.leave();
                value?.to_s_into(&mut joined);
            } else {
                value.to_s_into(&mut joined);
            }
        }
        Ok(joined.into())
    }
}
