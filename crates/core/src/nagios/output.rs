//! What a plugin wrote.

/// A plugin's output, taken apart. The first line is text, up to a bar, and performance data after
/// it; further lines are details up to the next bar, and performance data from there to the end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// The first line.
    pub text: String,
    /// Further lines.
    pub details: String,
    /// Everything behind bars.
    pub perfdata: String,
}

impl Output {
    /// Takes apart what was written.
    #[must_use]
    pub fn read(written: &str) -> Self {
        let written = written.trim_start_matches(['\r', '\n']);
        let (first, further) = written.split_once('\n').unwrap_or((written, ""));
        let (text, figures) = first.split_once('|').unwrap_or((first, ""));
        let (details, more) = further.split_once('|').unwrap_or((further, ""));
        let perfdata = format!("{} {}", figures.trim(), more.trim());
        Self {
            text: text.trim().to_owned(),
            details: details.trim().to_owned(),
            perfdata: perfdata.trim().to_owned(),
        }
    }

    /// Takes apart what was written on one line, in which `\n` stands for a new line.
    #[must_use]
    pub fn unescaped(line: &str) -> Self {
        let mut written = String::with_capacity(line.len());
        let mut rest = line;
        while let Some((before, after)) = rest.split_once('\\') {
            written.push_str(before);
            rest = match after.as_bytes().first() {
                Some(b'n') => {
                    written.push('\n');
                    &after[1..]
                }
                Some(b'\\') => {
                    written.push('\\');
                    &after[1..]
                }
                _ => {
                    written.push('\\');
                    after
                }
            };
        }
        written.push_str(rest);
        Self::read(&written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_details_and_figures_are_told_apart() {
        let read = |written| {
            let output = Output::read(written);
            (output.text, output.details, output.perfdata)
        };
        let told = |text: &str, details: &str, perfdata: &str| {
            (text.to_owned(), details.to_owned(), perfdata.to_owned())
        };
        assert_eq!(read("OK: fine\n"), told("OK: fine", "", ""));
        assert_eq!(read(""), told("", "", ""));
        assert_eq!(read("\r\nOK | a=1\r\n"), told("OK", "", "a=1"));
        assert_eq!(
            read(
                "WARNING: 3 of 10 | bad=3;2;5;0;10 total=10\nlong line one\nlong line two | more=1\nand=2\n"
            ),
            told(
                "WARNING: 3 of 10",
                "long line one\nlong line two",
                "bad=3;2;5;0;10 total=10 more=1\nand=2"
            )
        );
        assert_eq!(read("|a=1"), told("", "", "a=1"));
    }

    #[test]
    fn line_feeds_are_escaped_on_one_line() {
        let output = Output::unescaped(r"C:\temp is full \\n|a=1\nmore\|b=2\");
        assert_eq!(output.text, r"C:\temp is full \n");
        assert_eq!(output.details, r"more\");
        assert_eq!(output.perfdata, r"a=1 b=2\");
    }
}
