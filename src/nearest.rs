//! What was meant by a name that is not known.

use std::fmt::Display;

/// Where the names of nodes are to be seen.
pub const LIST: &str = "`groundrule estate nodes` lists them";

/// The name that differs least, if no more than every third letter of it does.
pub fn nearest<'n>(names: impl IntoIterator<Item = &'n str>, name: &str) -> Option<&'n str> {
    groundrule_engine::nearest::nearest(names, name, name.len().max(3) / 3)
}

/// What to do about a name that is not known: the one that was perhaps meant, or else.
pub fn help(near: Option<impl Display>, otherwise: &str) -> String {
    near.map_or_else(|| otherwise.to_owned(), did_you_mean)
}

/// The question whether a name was meant.
pub fn did_you_mean(near: impl Display) -> String {
    format!("did you mean {near}?")
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn only_what_is_near() {
        let names = ["estate", "features", "mode"];
        assert_eq!(nearest(names, "estat"), Some("estate"));
        assert_eq!(nearest(names, "featurse"), Some("features"));
        assert_eq!(nearest(names, "mod"), Some("mode"));
        assert_eq!(nearest(names, "speed"), None);
        assert_eq!(nearest([], "mode"), None);
    }
}
