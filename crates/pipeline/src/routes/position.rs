//! Where something inside a YAML text stands in the file.

use super::raw::At;

/// The place in the file of a place in a scalar's text. Where the scalar is folded or has escapes
/// before that place, it is where the scalar begins.
pub(super) fn within(file: &str, begin: At, scalar: &str, inside: At) -> At {
    let (line, column) = inside;
    if begin.0 == 0 || line == 0 {
        return begin;
    }
    let row = number(begin.0) - 1;
    let written = file.lines().nth(row).unwrap_or_default();
    let written: String = written.chars().skip(number(begin.1).saturating_sub(1)).collect();
    // A block begins on the line after its sign.
    let before = row.checked_sub(1).and_then(|row| file.lines().nth(row)).unwrap_or_default();
    let sign = before.trim_end().trim_end_matches(['-', '+']);
    if sign.ends_with(": |") {
        return (begin.0 + line - 1, begin.1 + column - 1);
    }
    let quoted = u64::from(written.starts_with(['"', '\'']));
    let same = written.chars().skip(number(quoted)).zip(scalar.chars()).take_while(|(a, b)| a == b);
    if line == 1 && column <= same.count() as u64 + 1 {
        return (begin.0, begin.1 + quoted + column - 1);
    }
    begin
}

fn number(n: u64) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_in_scalars_of_each_style() {
        for (file, begin, scalar, inside, place) in [
            ("when: a ? b\n", (1, 7), "a ? b", (1, 3), (1, 9)),
            ("when: 'a ? b'\n", (1, 7), "a ? b", (1, 3), (1, 10)),
            ("when: \"a ? b\"\n", (1, 7), "a ? b", (1, 3), (1, 10)),
            ("when: \"\\\"a\\\" ? b\"\n", (1, 7), "\"a\" ? b", (1, 5), (1, 7)),
            ("x: 1\nwhen: |-\n  a\n  ? b\n", (3, 3), "a\n? b\n", (2, 1), (4, 3)),
            ("when: >\n  a\n  ? b\n", (2, 3), "a ? b\n", (1, 3), (2, 3)),
            ("when: a\n  ? b\n", (1, 7), "a ? b", (1, 3), (1, 7)),
        ] {
            assert_eq!(within(file, begin, scalar, inside), place, "{file:?}");
        }
    }
}
