//! Performance data: figures as plugins write them.

use serde_json::{Map, Value};

/// One figure, in seconds and bytes where it has a unit of time or size.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// What it measures.
    pub label: String,
    /// How much.
    pub value: f64,
    /// `s`, `B`, or the unit as it was written; empty if there was none.
    pub unit: String,
    /// The range outside which a warning is due, in the same unit.
    pub warn: String,
    /// The range outside which it is critical, in the same unit.
    pub crit: String,
    /// The least that it can be.
    pub min: Option<f64>,
    /// The most that it can be.
    pub max: Option<f64>,
}

/// Units of which others are multiples, and how many of them each is. Plugins count in 1024s.
const UNITS: [(&str, &str, f64); 16] = [
    ("s", "s", 1.0),
    ("ms", "s", 1e-3),
    ("us", "s", 1e-6),
    ("µs", "s", 1e-6),
    ("ns", "s", 1e-9),
    ("B", "B", 1.0),
    ("KB", "B", 1024.0),
    ("KiB", "B", 1024.0),
    ("MB", "B", 1_048_576.0),
    ("MiB", "B", 1_048_576.0),
    ("GB", "B", 1_073_741_824.0),
    ("GiB", "B", 1_073_741_824.0),
    ("TB", "B", 1_099_511_627_776.0),
    ("TiB", "B", 1_099_511_627_776.0),
    ("PB", "B", 1_125_899_906_842_624.0),
    ("PiB", "B", 1_125_899_906_842_624.0),
];

/// The figures of a text, and why others are none. One whose value is `U` is not known, and is
/// neither.
#[must_use]
pub fn perfdata(text: &str) -> (Vec<Figure>, Vec<String>) {
    let (mut figures, mut complaints) = (Vec::<Figure>::new(), Vec::new());
    let mut seen = std::collections::HashSet::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (figure, after) = match label(rest) {
            Ok((label, after)) => {
                let end = after.find(char::is_whitespace).unwrap_or(after.len());
                (figure(label, &after[..end]), &after[end..])
            }
            Err((why, after)) => (Err(why), after),
        };
        rest = after.trim_start();
        match figure {
            Ok(Some(figure)) if seen.insert(figure.label.clone()) => figures.push(figure),
            Ok(Some(figure)) => complaints.push(format!("{}: stands twice", shown(&figure.label))),
            Ok(None) => {}
            Err(why) => complaints.push(why),
        }
    }
    (figures, complaints)
}

/// The label at the start and what follows its `=`; or why there is none and where to go on.
fn label(text: &str) -> Result<(String, &str), (String, &str)> {
    let (label, after) = match text.strip_prefix('\'') {
        Some(quoted) => match closing(quoted) {
            Some(end) => (quoted[..end].replace("''", "'"), &quoted[end + 1..]),
            None => return Err((format!("{}: its quote is not closed", shown(text)), "")),
        },
        None => {
            let end = text.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(text.len());
            (text[..end].to_owned(), &text[end..])
        }
    };
    let after_word = || {
        let end = after.find(char::is_whitespace).unwrap_or(after.len());
        &after[end..]
    };
    let Some(value) = after.strip_prefix('=') else {
        return Err((format!("{}: no = follows", shown(&label)), after_word()));
    };
    if label.trim().is_empty() {
        return Err((format!("{}: no label stands before =", shown(text)), after_word()));
    }
    Ok((label, value))
}

/// Where the quote is that ends a label: two in a row are one of the label's own.
fn closing(quoted: &str) -> Option<usize> {
    let bytes = quoted.as_bytes();
    let mut at = 0;
    while let Some(found) = bytes.get(at..)?.iter().position(|&byte| byte == b'\'') {
        at += found;
        if bytes.get(at + 1) != Some(&b'\'') {
            return Some(at);
        }
        at += 2;
    }
    None
}

/// `value[unit];[warn];[crit];[min];[max]`.
fn figure(label: String, text: &str) -> Result<Option<Figure>, String> {
    let mut parts = text.split(';');
    let mut part = || parts.next().unwrap_or_default();
    let value = part();
    let number = &value[..number_end(value)];
    let unit = &value[number.len()..];
    if number.is_empty() && unit == "U" {
        return Ok(None);
    }
    if unit.starts_with(',') {
        return Err(format!(
            "{}: {} has a decimal comma; run the plugin with LC_NUMERIC=C",
            shown(&label),
            shown(value)
        ));
    }
    let known = UNITS.iter().find(|(name, ..)| *name == unit);
    let (unit, factor) = known.map_or((unit, 1.0), |&(_, base, factor)| (base, factor));
    let scaled = |text: &str| {
        let number = text.parse::<f64>().ok().map(|number| number * factor);
        number.filter(|number| number.is_finite())
    };
    let Some(value) = scaled(number) else {
        return Err(format!("{}: {} is no number", shown(&label), shown(value)));
    };
    if unit.chars().any(|c| c.is_ascii_digit() || matches!(c, '.' | '\'' | '"' | '=')) {
        return Err(format!("{}: {} is no unit", shown(&label), shown(unit)));
    }
    let unit = unit.to_owned();
    let (warn, crit) = (range(part(), factor), range(part(), factor));
    Ok(Some(Figure { label, value, unit, warn, crit, min: scaled(part()), max: scaled(part()) }))
}

/// Where the number ends that a value starts with.
fn number_end(value: &str) -> usize {
    let digits = |from: usize| {
        let end = value[from..].find(|c: char| !c.is_ascii_digit() && c != '.');
        end.map_or(value.len(), |end| from + end)
    };
    let sign = |at: usize| at + usize::from(value[at..].starts_with(['-', '+']));
    let end = digits(sign(0));
    if end > 0 && value[end..].starts_with(['e', 'E']) {
        let exponent = sign(end + 1);
        if value[exponent..].starts_with(|c: char| c.is_ascii_digit()) {
            return digits(exponent);
        }
    }
    end
}

/// A range such as `10`, `10:`, `~:20` or `@10:20`, with its numbers in the figure's unit.
fn range(text: &str, factor: f64) -> String {
    #[expect(clippy::float_cmp, reason = "the factor of units that need none is exactly one")]
    if factor == 1.0 {
        return text.to_owned();
    }
    let (inside, ends) = text.strip_prefix('@').map_or(("", text), |ends| ("@", ends));
    let ends: Vec<_> = ends
        .split(':')
        .map(|end| {
            end.parse::<f64>().map_or_else(|_| end.to_owned(), |end| (end * factor).to_string())
        })
        .collect();
    format!("{inside}{}", ends.join(":"))
}

impl Figure {
    /// Unit, ranges and ends, if it has any.
    #[must_use]
    pub fn description(&self) -> Option<Value> {
        let texts = [("unit", &self.unit), ("warn", &self.warn), ("crit", &self.crit)];
        let ends = [("min", self.min), ("max", self.max)];
        let texts = texts.into_iter().filter(|(_, text)| !text.is_empty());
        let texts = texts.map(|(name, text)| (name.to_owned(), Value::from(text.as_str())));
        let ends = ends.into_iter().filter_map(|(name, end)| Some((name.to_owned(), end?.into())));
        let members: Map<_, _> = texts.chain(ends).collect();
        (!members.is_empty()).then_some(Value::Object(members))
    }
}

/// Enough of a text to find it by, on one line.
pub(super) fn shown(text: &str) -> String {
    let start: String = text.chars().take(40).collect();
    let more = if start.len() < text.len() { "…" } else { "" };
    format!("{start:?}{more}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, f64, String)> {
        let (figures, complaints) = perfdata(text);
        assert_eq!(complaints, [""; 0], "{text}");
        figures.into_iter().map(|figure| (figure.label, figure.value, figure.unit)).collect()
    }

    fn complaint(text: &str) -> String {
        let (figures, complaints) = perfdata(text);
        assert_eq!(figures, [], "{text}");
        complaints.join("; ")
    }

    #[test]
    fn figures_of_real_plugins_are_read() {
        let load = read(
            "load1=3.390;1000.000;2000.000;0; load5=5.990;1000.000;2000.000;0; load15=6.740;1000.000;2000.000;0; ",
        );
        assert_eq!(load.iter().map(|figure| figure.1).collect::<Vec<_>>(), [3.39, 5.99, 6.74]);
        let (disk, _) = perfdata("/=21406679040B;267847005634;270552530944;0;270552530944");
        assert_eq!(disk[0].label, "/");
        assert_eq!((disk[0].value, disk[0].max), (21_406_679_040.0, Some(270_552_530_944.0)));
        assert_eq!(disk[0].warn, "267847005634");
        assert_eq!(read("procs=98;100000;;0;"), [("procs".to_owned(), 98.0, String::new())]);
    }

    #[test]
    fn units_become_seconds_and_bytes() {
        let read = |text: &str| read(text).pop().map(|(_, value, unit)| (value, unit)).unwrap();
        for (text, value, unit) in [
            ("a=2s", 2.0, "s"),
            ("a=2.5ms", 0.0025, "s"),
            ("a=250us", 0.00025, "s"),
            ("a=1B", 1.0, "B"),
            ("a=2KB", 2048.0, "B"),
            ("a=0.5MB", 524_288.0, "B"),
            ("a=1GB", 1_073_741_824.0, "B"),
            ("a=1TB", 1_099_511_627_776.0, "B"),
            ("a=80%", 80.0, "%"),
            ("a=12345c", 12345.0, "c"),
            ("a=-1e-05", -1e-5, ""),
            ("a=+.5", 0.5, ""),
            ("a=5.", 5.0, ""),
            ("a=3e", 3.0, "e"),
        ] {
            assert_eq!(read(text), (value, unit.to_owned()), "{text}");
        }
        let (figures, _) = perfdata("time=500ms;@1000:2000;~:3000;0;10000");
        let figure = &figures[0];
        assert_eq!((figure.warn.as_str(), figure.crit.as_str()), ("@1:2", "~:3"));
        assert_eq!((figure.min, figure.max), (Some(0.0), Some(10.0)));
        assert_eq!(
            figure.description().unwrap().to_string(),
            r#"{"unit":"s","warn":"@1:2","crit":"~:3","min":0.0,"max":10.0}"#
        );
    }

    #[test]
    fn labels_are_quoted_where_they_have_blanks() {
        let labels = |text: &str| read(text).into_iter().map(|figure| figure.0).collect::<Vec<_>>();
        assert_eq!(labels("'disk space'=1 'it''s'=2 ''''=3"), ["disk space", "it's", "'"]);
        assert_eq!(labels("C:\\=1 a.b/c=2\n'x=y'=3"), ["C:\\", "a.b/c", "x=y"]);
        assert_eq!(labels("a=U b=U;1;2 c=1"), ["c"]);
    }

    #[test]
    fn what_is_none_is_told() {
        assert_eq!(
            complaint("load1=0,5"),
            "\"load1\": \"0,5\" has a decimal comma; run the plugin with LC_NUMERIC=C"
        );
        assert_eq!(complaint("a="), "\"a\": \"\" is no number");
        assert_eq!(complaint("a=NaN"), "\"a\": \"NaN\" is no number");
        assert_eq!(complaint("a=1e999"), "\"a\": \"1e999\" is no number");
        assert_eq!(complaint("a=1.2.3"), "\"a\": \"1.2.3\" is no number");
        assert_eq!(complaint("=1"), "\"=1\": no label stands before =");
        assert_eq!(complaint("word"), "\"word\": no = follows");
        assert_eq!(complaint("'open=1 b=2"), "\"'open=1 b=2\": its quote is not closed");
        let (figures, complaints) = perfdata("a=1 a=2 b=x c=3");
        assert_eq!(figures.len(), 2);
        assert_eq!(complaints, ["\"a\": stands twice", "\"b\": \"x\" is no number"]);
    }
}
