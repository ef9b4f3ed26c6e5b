//! Where something inside a YAML text stands in the file.

use super::raw::At;

/// The place in the file of a place in a scalar's text. Where the scalar is folded or has escapes
/// before that place, it is where the scalar begins.
pub(super) fn within(file: &str, begin: At, scalar: &str, inside: At) -> At {
    let (line, column) = inside;
    let lines = || file.lines().skip(number(begin.0).saturating_sub(1));
    let Some(first) = lines().next().filter(|_| begin.0 > 0 && line > 0) else { return begin };
    let written: String = first.chars().skip(number(begin.1).saturating_sub(1)).collect();
    match written.chars().next() {
        Some('|') => {
            let indent = lines().skip(1).find(|line| !line.trim().is_empty()).map_or(0, indent);
            (begin.0 + line, indent + column)
        }
        Some('"' | '\'') => {
            let same = written.chars().skip(1).zip(scalar.chars()).take_while(|(a, b)| a == b);
            let reached = column as usize <= same.count() + 1;
            if line == 1 && reached { (begin.0, begin.1 + column) } else { begin }
        }
        _ if line == 1 && written.starts_with(scalar.lines().next().unwrap_or_default()) => {
            (begin.0, begin.1 + column - 1)
        }
        _ => begin,
    }
}

fn number(n: u64) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

fn indent(line: &str) -> u64 {
    line.chars().take_while(|c| *c == ' ').count() as u64
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
            ("x: 1\nwhen: |\n  a\n  ? b\n", (2, 7), "a\n? b\n", (2, 1), (4, 3)),
            ("when: >\n  a\n  ? b\n", (1, 7), "a ? b\n", (1, 3), (1, 7)),
            ("when: a\n  ? b\n", (1, 7), "a ? b", (1, 3), (1, 7)),
        ] {
            assert_eq!(within(file, begin, scalar, inside), place, "{file:?}");
        }
    }
}
