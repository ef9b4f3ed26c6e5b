//! Who asks a source, over what, and how long.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// Who asks a source, over what, and how long. Read from the configuration, from files and from
/// variables by the command line, and handed down.
#[derive(Clone, Debug)]
pub struct Access {
    /// Who logs in.
    pub user: Option<String>,
    /// The password.
    pub password: Option<Secret>,
    /// The authority to trust instead of the system's, in PEM.
    pub ca: Option<PathBuf>,
    /// Our certificate, in PEM.
    pub cert: Option<PathBuf>,
    /// Its key, in PEM.
    pub key: Option<PathBuf>,
    /// How long one question may take, connecting included.
    pub timeout: Duration,
}

/// Text that is shown nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Default for Access {
    fn default() -> Self {
        Self {
            user: None,
            password: None,
            ca: None,
            cert: None,
            key: None,
            timeout: Duration::from_secs(30),
        }
    }
}

impl Secret {
    /// Takes a text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, for whoever logs in.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_not_shown() {
        let access = Access { password: Some(Secret::new("hunter2")), ..Access::default() };
        assert!(!format!("{access:?}").contains("hunter2"));
    }
}
