//! In which styles a text can be written, by libyaml's rules.

/// What is allowed for a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Analysis {
    pub(super) multiline: bool,
    pub(super) plain: bool,
    pub(super) single: bool,
    pub(super) block: bool,
}

/// Characters that end a line.
pub(super) fn is_break(c: char) -> bool {
    matches!(c, '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Characters that are written as they are. Those beyond the first 65,536 are not among them.
pub(super) fn is_printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}')
        && c != '\u{feff}'
}

fn is_blank_or_end(c: Option<char>) -> bool {
    c.is_none_or(|c| matches!(c, ' ' | '\t' | '\0') || is_break(c))
}

impl Analysis {
    pub(super) fn of(text: &str) -> Self {
        if text.is_empty() {
            return Self { multiline: false, plain: true, single: true, block: false };
        }
        let (mut indicators, mut special, mut breaks) =
            (text.starts_with("---") || text.starts_with("..."), false, false);
        let (mut break_space, mut space_break) = (false, false);
        let (mut after_space, mut after_break, mut after_white) = (false, false, true);
        let mut chars = text.chars().peekable();
        let mut first = true;
        while let Some(c) = chars.next() {
            let before_white = is_blank_or_end(chars.peek().copied());
            indicators |= if first {
                ",#[]{}&*!|>'\"%@`".contains(c) || (matches!(c, '?' | ':' | '-') && before_white)
            } else {
                (c == ':' && before_white) || (c == '#' && after_white)
            };
            special |= !is_printable(c);
            breaks |= is_break(c);
            break_space |= c == ' ' && after_break;
            space_break |= is_break(c) && after_space;
            (after_space, after_break) = (c == ' ', is_break(c));
            after_white = is_blank_or_end(Some(c));
            first = false;
        }
        let edge = |c: Option<char>| c.is_some_and(|c| c == ' ' || is_break(c));
        let at_edges = edge(text.chars().next()) || edge(text.chars().next_back());
        let broken = space_break || special;
        Self {
            multiline: breaks,
            plain: !indicators && !at_edges && !break_space && !broken && !breaks,
            single: !break_space && !broken,
            block: !text.ends_with(' ') && !broken,
        }
    }
}
