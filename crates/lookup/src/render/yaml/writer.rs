//! Characters and columns, as libyaml's emitter keeps them.

use std::fmt::Write as _;

use super::analysis::{is_break, is_printable};
use super::scalar::{Scalar, Style};

/// Lines are folded after this column.
const WIDTH: usize = 80;
const STEP: isize = 2;

pub(super) struct Writer {
    out: String,
    column: usize,
    indents: Vec<isize>,
    indent: isize,
    whitespace: bool,
    indention: bool,
    /// Whether all line ends of the last block are kept.
    is_open: bool,
}

impl Default for Writer {
    fn default() -> Self {
        Self {
            out: String::new(),
            column: 0,
            indents: Vec::new(),
            indent: -1,
            whitespace: true,
            indention: true,
            is_open: false,
        }
    }
}

impl Writer {
    pub(super) fn is_indention(&self) -> bool {
        self.indention
    }

    pub(super) fn finish(mut self) -> String {
        self.indent = -1;
        let is_open = self.is_open;
        self.indent();
        if is_open {
            self.out.push_str("...\n");
        }
        self.out
    }

    /// One level deeper; a list as a hash's value stays at the hash's.
    pub(super) fn deeper(&mut self, stays: bool) {
        self.indents.push(self.indent);
        if self.indent < 0 {
            self.indent = 0;
        } else if !stays {
            self.indent += STEP;
        }
    }

    pub(super) fn shallower(&mut self) {
        self.indent = self.indents.pop().unwrap_or(-1);
    }

    fn put(&mut self, c: char) {
        self.out.push(c);
        if c == '\n' {
            self.column = 0;
        } else {
            self.column += 1;
        }
    }

    /// A character of a text that ends a line: kept, whichever it is.
    fn put_break(&mut self, c: char) {
        self.out.push(c);
        self.column = 0;
    }

    /// Goes to a new line, unless it is there already, and to its indent.
    pub(super) fn indent(&mut self) {
        let indent = usize::try_from(self.indent).unwrap_or(0);
        if !self.indention || self.column > indent || (self.column == indent && !self.whitespace) {
            self.put('\n');
        }
        while self.column < indent {
            self.put(' ');
        }
        self.whitespace = true;
        self.indention = true;
    }

    pub(super) fn indicator(
        &mut self,
        mark: &str,
        after_blank: bool,
        is_blank: bool,
        keeps_indention: bool,
    ) {
        if after_blank && !self.whitespace {
            self.put(' ');
        }
        for c in mark.chars() {
            self.put(c);
        }
        self.whitespace = is_blank;
        self.indention = self.indention && keeps_indention;
    }

    pub(super) fn scalar(&mut self, scalar: &Scalar, is_simple_key: bool) {
        let style = scalar.style_as(is_simple_key);
        if let Some(tag) = scalar.tag {
            self.indicator(tag, true, false, false);
        } else if scalar.is_typed && style != Style::Plain {
            self.indicator("!", true, false, false);
        }
        self.indents.push(self.indent);
        self.indent = if self.indent < 0 { STEP } else { self.indent + STEP };
        match style {
            Style::Plain => self.plain(&scalar.text, !is_simple_key),
            Style::Single => self.single(&scalar.text, !is_simple_key),
            Style::Double => self.double(&scalar.text, !is_simple_key),
            Style::Literal => self.literal(&scalar.text),
        }
        self.shallower();
    }

    fn plain(&mut self, text: &str, folds: bool) {
        if !self.whitespace && !text.is_empty() {
            self.put(' ');
        }
        let mut after_space = false;
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            if c == ' '
                && folds
                && !after_space
                && self.column > WIDTH
                && chars.peek() != Some(&' ')
            {
                self.indent();
            } else {
                self.put(c);
            }
            after_space = c == ' ';
            if c != ' ' {
                self.indention = false;
            }
        }
        self.whitespace = false;
        self.indention = false;
    }

    fn single(&mut self, text: &str, folds: bool) {
        self.indicator("'", true, false, false);
        let (mut after_space, mut after_break) = (false, false);
        let mut chars = text.chars().peekable();
        let mut first = true;
        while let Some(c) = chars.next() {
            let next = chars.peek();
            if c == ' ' {
                if folds
                    && !after_space
                    && self.column > WIDTH
                    && !first
                    && next.is_some()
                    && next != Some(&' ')
                {
                    self.indent();
                } else {
                    self.put(c);
                }
                after_space = true;
            } else if is_break(c) {
                if !after_break && c == '\n' {
                    self.put('\n');
                }
                self.put_break(c);
                self.indention = true;
                after_break = true;
            } else {
                if after_break {
                    self.indent();
                }
                if c == '\'' {
                    self.put(c);
                }
                self.put(c);
                self.indention = false;
                (after_space, after_break) = (false, false);
            }
            first = false;
        }
        if after_break {
            self.indent();
        }
        self.indicator("'", false, false, false);
        self.whitespace = false;
        self.indention = false;
    }

    fn double(&mut self, text: &str, folds: bool) {
        self.indicator("\"", true, false, false);
        let mut after_space = false;
        let mut chars = text.chars().peekable();
        let mut first = true;
        while let Some(c) = chars.next() {
            if !is_printable(c) || is_break(c) || matches!(c, '"' | '\\') {
                self.escape(c);
                after_space = false;
            } else if c == ' ' {
                let next = chars.peek();
                if folds && !after_space && self.column > WIDTH && !first && next.is_some() {
                    self.indent();
                    if next == Some(&' ') {
                        self.put('\\');
                    }
                } else {
                    self.put(c);
                }
                after_space = true;
            } else {
                self.put(c);
                after_space = false;
            }
            first = false;
        }
        self.indicator("\"", false, false, false);
        self.whitespace = false;
        self.indention = false;
    }

    fn escape(&mut self, c: char) {
        let code = c as u32;
        let mut text = String::from("\\");
        let short = match c {
            '\0' => '0',
            '\u{7}' => 'a',
            '\u{8}' => 'b',
            '\t' => 't',
            '\n' => 'n',
            '\u{b}' => 'v',
            '\u{c}' => 'f',
            '\r' => 'r',
            '\u{1b}' => 'e',
            '"' => '"',
            '\\' => '\\',
            '\u{85}' => 'N',
            '\u{a0}' => '_',
            '\u{2028}' => 'L',
            '\u{2029}' => 'P',
            _ => '\0',
        };
        let _ = match (short, code) {
            ('\0', ..=0xff) => write!(text, "x{code:02X}"),
            ('\0', ..=0xffff) => write!(text, "u{code:04X}"),
            ('\0', _) => write!(text, "U{code:08X}"),
            (short, _) => write!(text, "{short}"),
        };
        for c in text.chars() {
            self.put(c);
        }
    }

    fn literal(&mut self, text: &str) {
        self.indicator("|", true, false, false);
        if text.starts_with(|c| c == ' ' || is_break(c)) {
            self.indicator("2", false, false, false);
        }
        let mut ends = text.chars().rev();
        let (last, before) = (ends.next(), ends.next());
        let keeps = last.is_some_and(is_break) && before.is_none_or(is_break);
        if !last.is_some_and(is_break) {
            self.indicator("-", false, false, false);
        } else if keeps {
            self.indicator("+", false, false, false);
        }
        self.is_open = keeps;
        self.put('\n');
        self.indention = true;
        self.whitespace = true;
        let mut after_break = true;
        for c in text.chars() {
            if is_break(c) {
                self.put_break(c);
                self.indention = true;
                after_break = true;
            } else {
                if after_break {
                    self.indent();
                }
                self.put(c);
                self.indention = false;
                after_break = false;
            }
        }
    }
}
