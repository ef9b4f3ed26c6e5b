//! `name=value`, one a line.

use crate::data::Value;

/// Reads lines. There are no comments, nothing is trimmed, and a line that is no pair is passed
/// over; of two with one name the last counts, which comes first here. Values are text.
pub(super) fn read(text: &str) -> Vec<(String, Value)> {
    let mut facts: Vec<_> = text.split('\n').filter_map(pair).collect();
    facts.reverse();
    facts
}

fn pair(line: &str) -> Option<(String, Value)> {
    let line = line.strip_suffix('\r').unwrap_or(line);
    // A name has a character at least: `==x` is the fact "=".
    let first = line.chars().next()?.len_utf8();
    let at = first + line.get(first..)?.find('=')?;
    let (name, value) = (&line[..at], &line[at + 1..]);
    (!value.is_empty()).then(|| (name.to_owned(), Value::from(value)))
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn pairs_are_read_as_facter_reads_them() {
        let text =
            "#c=1\nk1=v1\nk1=v2\n=novalue\nexport k3=v3\nk4 = v4\nk5=\nk6==\r\n==x\n\u{feff}b=1";
        let facts = read(text);
        let facts: Vec<_> = facts
            .iter()
            .rev()
            .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
            .collect();
        let expected = [
            ("#c", "1"),
            ("k1", "v1"),
            ("k1", "v2"),
            ("export k3", "v3"),
            ("k4 ", " v4"),
            ("k6", "="),
            ("=", "x"),
            ("\u{feff}b", "1"),
        ];
        assert_eq!(facts, expected);
    }
}
