//! What was meant by a name that is not known.

/// The name that differs least, if no more than every third letter of it does.
pub fn nearest<'n>(names: impl IntoIterator<Item = &'n str>, name: &str) -> Option<&'n str> {
    groundrule_engine::nearest::nearest(names, name, name.len().max(3) / 3)
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
