//! Text from data, as it may be shown: names and values may hold anything, and a terminal obeys
//! some of it.

/// Stands for a letter that is not shown.
const HIDDEN: char = '\u{fffd}';

/// Whether a terminal would obey a letter, or show what stands around it in another order.
#[must_use]
pub fn misleads(letter: char) -> bool {
    letter.is_control()
        || matches!(
            letter,
            '\u{61c}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2066}'..='\u{2069}'
        )
}

/// Text of several lines without letters that mislead.
#[must_use]
pub fn lines(text: &str) -> String {
    text.chars().map(|c| if misleads(c) && c != '\n' { HIDDEN } else { c }).collect()
}

/// Text that stays on its line, without letters that mislead.
#[must_use]
pub fn line(text: &str) -> String {
    lines(text).replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_obeys_is_not_shown() {
        let clear = "a\u{1b}[2Jb\u{9b}31mc\rd\ne\u{202e}f\u{7f}";
        assert_eq!(lines(clear), "a\u{fffd}[2Jb\u{fffd}31mc\u{fffd}d\ne\u{fffd}f\u{fffd}");
        assert!(!line(clear).contains('\n'));
        assert_eq!(line("Zürich – 東京 \\ 'a'"), "Zürich – 東京 \\ 'a'");
    }
}
