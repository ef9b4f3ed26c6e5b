//! Numbers as policies compare them: JSON numbers and text that looks like one.

use std::cmp::Ordering;

/// A number; whole numbers compare exactly.
#[derive(Clone, Copy, Debug)]
pub enum Number {
    /// Without fraction and exponent.
    Whole(i128),
    /// Any other finite number.
    Real(f64),
}

impl Number {
    /// Reads text that looks like a number: sign, digits, fraction, exponent. Anything else, and
    /// what no finite number can hold, is no number.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
        if !digits.starts_with(|c: char| c.is_ascii_digit())
            || !digits.ends_with(|c: char| c.is_ascii_digit())
            || !digits.bytes().all(|b| b.is_ascii_digit() || b".eE+-".contains(&b))
        {
            return None;
        }
        if let Ok(whole) = text.parse() {
            return Some(Self::Whole(whole));
        }
        if digits.contains(".e") || digits.contains(".E") {
            return None;
        }
        let real: f64 = text.parse().ok()?;
        real.is_finite().then_some(Self::Real(real))
    }

    fn real(self) -> f64 {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "only compared with a real number")]
            Self::Whole(n) => n as f64,
            Self::Real(n) => n,
        }
    }

    /// Text that equal numbers share: `8`, `8.0` and `08` are all `8`.
    #[must_use]
    pub fn canonical(self) -> String {
        match self {
            Self::Whole(n) => n.to_string(),
            #[expect(clippy::cast_possible_truncation, reason = "checked to be whole and small")]
            Self::Real(n) if n.fract() == 0.0 && n.abs() < 1e15 => (n as i128).to_string(),
            Self::Real(n) => format!("{n:?}"),
        }
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.partial_cmp(other) == Some(Ordering::Equal)
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        match (*self, *other) {
            (Self::Whole(a), Self::Whole(b)) => Some(a.cmp(&b)),
            (a, b) => a.real().partial_cmp(&b.real()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_number() {
        for yes in ["8", "-8", "+8", "08", "8.0", "1e3", "1.5E-3", "12345678901234567890"] {
            assert!(Number::parse(yes).is_some(), "{yes}");
        }
        for no in [
            "", "-", ".5", "5.", "1.2.3", "0x10", "inf", "NaN", " 8", "8 ", "1_0", "1e", "1e999",
            "5.e1",
        ] {
            assert!(Number::parse(no).is_none(), "{no}");
        }
    }

    #[test]
    fn whole_numbers_compare_exactly() {
        let number = |text| Number::parse(text).unwrap();
        assert!(number("9007199254740993") > number("9007199254740992"));
        assert!(number("10") > number("9.5"));
        assert_eq!(number("8"), number("8.0"));
        for (text, canonical) in [
            ("08", "8"),
            ("8.0", "8"),
            ("1e3", "1000"),
            ("1.50", "1.5"),
            ("-0", "0"),
            ("-0.0", "0"),
        ] {
            assert_eq!(number(text).canonical(), canonical, "{text}");
        }
    }
}
