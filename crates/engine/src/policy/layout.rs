//! Looks at a feature file line by line. The parser tells badly where Gherkin is broken, and lets two
//! things pass that lose sentences: cells beyond those of the first row, and a mistyped `Scenario:`
//! that it takes for a description.

use crate::nearest::nearest;

/// Something that is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// From 1.
    pub line: usize,
    /// From 1.
    pub column: usize,
    /// In characters; 0: to the end of the line.
    pub width: usize,
    pub what: String,
    pub help: String,
}

/// What is wrong with a text.
#[derive(Debug, Default)]
pub struct Look {
    /// What is wrong though the parser would take it.
    pub certain: Vec<Wrong>,
    /// What is wrong if the parser refuses the text.
    pub likely: Vec<Wrong>,
}

const HEADERS: [&str; 9] = [
    "Feature",
    "Rule",
    "Background",
    "Scenario Outline",
    "Scenario Template",
    "Scenario",
    "Examples",
    "Scenarios",
    "Example",
];

const KEYWORDS: [&str; 5] = ["Given", "When", "Then", "And", "But"];

/// Where in a file a line stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// Before `Feature:`.
    Start,
    /// Behind a header: a description may follow.
    Header,
    /// Behind a sentence.
    Sentences,
}

/// Looks at a text. Only what is the same in every language is looked at where another one than
/// English is named.
pub fn look(text: &str) -> Look {
    let english =
        text.lines().take_while(|line| line.trim().is_empty() || comment(line)).all(|line| {
            match line.trim().trim_start_matches('#').trim().strip_prefix("language:") {
                Some(language) => language.trim() == "en",
                None => true,
            }
        });
    let mut reader = Reader { english, ..Reader::default() };
    for (line, text) in (1..).zip(text.lines()) {
        reader.line(line, text);
    }
    if let Some((line, column, quotes)) = reader.quoted {
        let what = "the text that begins here does not end".to_owned();
        let help = format!("close it with {quotes} on a line of its own");
        reader.look.certain.push(Wrong { line, column, width: 3, what, help });
    }
    if english && reader.part == Part::Start && reader.look.likely.is_empty() {
        let what = "there is no Feature: in this file".to_owned();
        let help = "begin it with `Feature:` and a name".to_owned();
        reader.look.likely.push(Wrong { line: 0, column: 0, width: 0, what, help });
    }
    reader.look
}

fn comment(line: &str) -> bool {
    line.trim_start().starts_with('#')
}

struct Reader {
    look: Look,
    part: Part,
    english: bool,
    /// Where a text between `"""` began.
    quoted: Option<(usize, usize, &'static str)>,
    /// How many cells the rows of the table have that is being read.
    cells: Option<usize>,
}

impl Default for Reader {
    fn default() -> Self {
        let look = Look::default();
        Self { look, part: Part::Start, english: true, quoted: None, cells: None }
    }
}

impl Reader {
    fn line(&mut self, line: usize, text: &str) {
        let words = text.trim();
        let column = text.chars().take_while(|c| c.is_whitespace()).count() + 1;
        let wrong = |width, what, help| Wrong { line, column, width, what, help };
        if let Some((_, _, quotes)) = self.quoted {
            if words.ends_with(quotes) {
                self.quoted = None;
            }
            return;
        }
        if words.is_empty() || comment(words) {
            return;
        }
        if words.starts_with('|') {
            if self.part != Part::Start {
                let fault = self.row(words).err();
                self.look.certain.extend(fault.map(|(what, help)| wrong(0, what, help)));
            }
            return;
        }
        self.cells = None;
        if let Some(quotes) = ["\"\"\"", "```"].into_iter().find(|q| words.starts_with(q)) {
            if self.part == Part::Sentences && !(words.len() > 3 && words.ends_with(quotes)) {
                self.quoted = Some((line, column, quotes));
            }
            return;
        }
        if !self.english {
            self.part = Part::Sentences;
            return;
        }
        let header = words.split_once(':').map(|(header, _)| header);
        let known = header.filter(|header| HEADERS.contains(header));
        match (self.part, known) {
            (_, _) if words.starts_with('@') => {}
            (Part::Start, Some("Feature")) => self.part = Part::Header,
            (Part::Start, _) if !self.look.likely.is_empty() => {}
            (Part::Start, _) => {
                let what = format!("this stands before any Feature: {words:?}");
                let help = "begin the file with `Feature:` and a name".to_owned();
                self.look.likely.push(wrong(0, what, help));
            }
            (_, Some("Feature")) => {
                let what = "a second Feature: in one file".to_owned();
                let help = "move it into a file of its own".to_owned();
                self.look.likely.push(wrong(0, what, help));
            }
            (_, Some(_)) => self.part = Part::Header,
            (_, None) if keyword(words) => self.part = Part::Sentences,
            (Part::Header, None) => {
                let near =
                    header.and_then(|header| nearest(HEADERS[2..7].iter().copied(), header, 2));
                self.look.certain.extend(near.map(|near| {
                    let what = format!("{:?} is no keyword", header.unwrap_or_default());
                    wrong(0, what, format!("did you mean {near}: ?"))
                }));
            }
            (Part::Sentences, None) => {
                let first = words.split_whitespace().next().unwrap_or_default();
                let header = header.and_then(|header| nearest(HEADERS, header, 2));
                let help = match (header, nearest(KEYWORDS, first, 2)) {
                    (Some(near), _) => format!("did you mean {near}: ?"),
                    (None, Some(near)) => format!("did you mean {near}?"),
                    (None, None) => "begin it with Given, When, Then, And or But".to_owned(),
                };
                let what = format!("no sentence begins with {first:?}");
                self.look.likely.push(wrong(first.chars().count(), what, help));
            }
        }
    }

    fn row(&mut self, words: &str) -> Result<(), (String, String)> {
        let mut cells = 0;
        let mut letters = words[1..].chars();
        let mut last = '|';
        while let Some(letter) = letters.next() {
            match letter {
                '\\' => _ = letters.next(),
                '|' => cells += 1,
                _ => {}
            }
            last = letter;
        }
        if last != '|' {
            let what = "the row of the table does not end".to_owned();
            return Err((what, "close its last cell with |".to_owned()));
        }
        let first = *self.cells.get_or_insert(cells);
        if cells != first {
            let word = if cells == 1 { "cell" } else { "cells" };
            let what =
                format!("the row has {cells} {word}, and the first one of its table {first}");
            return Err((what, "give every row of a table as many cells".to_owned()));
        }
        Ok(())
    }
}

/// Whether a line is a sentence.
fn keyword(words: &str) -> bool {
    let first = words.split_whitespace().next().unwrap_or_default();
    first == "*" || KEYWORDS.contains(&first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(wrong: &[Wrong]) -> Vec<(usize, usize)> {
        wrong.iter().map(|wrong| (wrong.line, wrong.column)).collect()
    }

    #[test]
    fn what_the_parser_would_let_pass() {
        let text = "Feature: x\n  In order to: be sure\n  Scenaro: lost\n    Given all nodes\n  Scenario: y\n    Given the nodes:\n      | a |\n      | b | c |\n";
        let look = look(text);
        assert_eq!(lines(&look.certain), [(3, 3), (8, 7)]);
        assert_eq!(look.certain[0].help, "did you mean Scenario: ?");
        assert_eq!(lines(&look.likely), []);
    }

    #[test]
    fn what_the_parser_refuses() {
        let text =
            "Feature: x\n  Scenario: y\n    Given all nodes\n    Than there are none\nFeature: z\n";
        assert_eq!(lines(&look(text).likely), [(4, 5), (5, 1)]);
        assert_eq!(lines(&look("Scenario: y\n").likely), [(1, 1)]);
        assert_eq!(lines(&look("# nothing\n").likely), [(0, 0)]);
        let open = "Feature: x\n  Scenario: y\n    Given all nodes\n    \"\"\"\n    z\n";
        assert_eq!(lines(&look(open).certain), [(4, 5)]);
    }

    #[test]
    fn good_files_are_left_in_peace() {
        for text in [
            "# language: de\nFunktionalität: x\n  Szenario: s\n    Angenommen all nodes\n    Dann there are none\n",
            "@a\nFeature: x\n  Prose: of any kind\n  When it is long\n\n  Background:\n    Given all nodes\n    # why\n    But only those with class \"x\"\n\n  @b\n  Scenario Outline: s\n    * all nodes\n    \"\"\"\n    Scenaro: text\n    \"\"\"\n    Examples: one\n      | a \\| b |\n\n      # why\n      | c |\n    Examples:\n      | a | b |\n  Rule: r\n    words\n    Example: e\n",
        ] {
            let look = look(text);
            assert_eq!((look.certain, look.likely), (vec![], vec![]), "{text}");
        }
    }
}
