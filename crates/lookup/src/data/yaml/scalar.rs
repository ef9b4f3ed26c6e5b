//! Plain scalars of YAML 1.1 as Ruby's Psych takes them.

use crate::data::Value;

/// What a plain scalar is. Where it looks like a number but is none, it is a text.
#[must_use]
pub fn plain(text: &str) -> Value {
    if text.is_empty() {
        return Value::Null;
    }
    if text.contains('\n') || starts_as_word(text) {
        return word(text);
    }
    if is_time(text) || is_date(text) {
        return Value::Time(text.into());
    }
    special_float(text)
        .or_else(|| symbol(text))
        .or_else(|| sexagesimal(text))
        .or_else(|| decimal_fraction(text))
        .or_else(|| integer(text))
        .unwrap_or_else(|| text.into())
}

/// Whether the first or second character already tells that it is no number, date or symbol.
fn starts_as_word(text: &str) -> bool {
    let of_words = |c: char| {
        c.is_alphabetic() || c.is_ascii_whitespace() || "_!@#$%^&*(){}<>|/\\~;=".contains(c)
    };
    let mut chars = text.chars();
    let Some(first) = chars.next() else { return false };
    of_words(first)
        || (!first.is_ascii_digit() && !".:-".contains(first) && chars.next().is_some_and(of_words))
}

fn word(text: &str) -> Value {
    if text.len() <= 20 && text.chars().count() <= 5 {
        let is = |words: &[&str]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
        if text == "~" || is(&["null"]) {
            return Value::Null;
        }
        if is(&["yes", "true", "on"]) {
            return Value::Bool(true);
        }
        if is(&["no", "false", "off"]) {
            return Value::Bool(false);
        }
    }
    text.into()
}

fn special_float(text: &str) -> Option<Value> {
    let is = |form: &str| text.eq_ignore_ascii_case(form);
    if is(".inf") || is("+.inf") {
        Some(Value::Float(f64::INFINITY))
    } else if is("-.inf") {
        Some(Value::Float(f64::NEG_INFINITY))
    } else if is(".nan") {
        Some(Value::Float(f64::NAN))
    } else {
        None
    }
}

fn symbol(text: &str) -> Option<Value> {
    let name = text.strip_prefix(':').filter(|name| !name.is_empty())?;
    for quote in ['"', '\''] {
        if let Some((inner, _)) = name.strip_prefix(quote).and_then(|rest| rest.rsplit_once(quote))
        {
            return Some(Value::Symbol(inner.strip_prefix(':').unwrap_or(inner).into()));
        }
    }
    Some(Value::Symbol(name.into()))
}

/// Splits an optional sign off.
fn sign(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

/// `1:30` and `1:30:15.5`: to the base of 60, by Psych's own reckoning: two parts are taken for hours and minutes, and the sign is the first part's.
fn sexagesimal(text: &str) -> Option<Value> {
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text, None),
    };
    let mut parts = whole.split(':');
    let (negative, first) = sign(parts.next()?);
    if !first.starts_with(|c: char| c.is_ascii_digit())
        || !first.bytes().all(|b| b.is_ascii_digit() || b == b'_')
    {
        return None;
    }
    let rest: Vec<&str> = parts.collect();
    let minute = |part: &&str| match part.as_bytes() {
        [d] => d.is_ascii_digit(),
        [t, d] => (b'0'..=b'5').contains(t) && d.is_ascii_digit(),
        _ => false,
    };
    if !(1..=2).contains(&rest.len()) || !rest.iter().all(minute) {
        return None;
    }
    if fraction.is_some_and(|fraction| !fraction.bytes().all(|b| b.is_ascii_digit() || b == b'_')) {
        return None;
    }
    let scale = [3600, 60, 1];
    let first: i128 = first.replace('_', "").parse().ok()?;
    let mut total = if negative { -first } else { first }.checked_mul(scale[0])?;
    let last = rest.len() - 1;
    let mut exact = 0.0;
    for (index, part) in rest.iter().enumerate() {
        if let (true, Some(fraction)) = (index == last, fraction) {
            let digits: String = fraction.split('_').collect();
            #[expect(clippy::cast_precision_loss, reason = "Ruby reckons in floats here")]
            {
                exact = format!("{part}.{digits}0").parse::<f64>().ok()? * scale[index + 1] as f64;
            }
        } else {
            total = total.checked_add(part.parse::<i128>().ok()? * scale[index + 1])?;
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "Ruby reckons in floats here")]
    Some(if fraction.is_some() { Value::Float(total as f64 + exact) } else { Value::Int(total) })
}

/// `1.5`, `.5`, `1.`, `1_000.5e+3`. Without a point it is no fraction: `1e3` is a text.
fn decimal_fraction(text: &str) -> Option<Value> {
    let (_, bare) = sign(text);
    let (whole, rest) = bare.split_once('.')?;
    let (fraction, exponent) = match rest.find(['e', 'E']) {
        Some(at) => (&rest[..at], Some(&rest[at + 1..])),
        None => (rest, None),
    };
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let whole_ok = whole.is_empty()
        || (whole.as_bytes()[0].is_ascii_digit()
            && whole.bytes().all(|b| b.is_ascii_digit() || b == b'_' || b == b','));
    let exponent_ok = exponent.is_none_or(|exponent| {
        exponent.starts_with(['+', '-']) && exponent.len() > 1 && digits(&exponent[1..])
    });
    if !whole_ok || !digits(fraction) || !exponent_ok || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    let plain: String = text.chars().filter(|c| !matches!(c, '_' | ',')).collect();
    plain.replace(".e", "e").replace(".E", "e").trim_end_matches('.').parse().ok().map(Value::Float)
}

/// `0b11`, `0755`, `12_000`, `0x1f`. Numbers of more than 38 digits stay text.
fn integer(text: &str) -> Option<Value> {
    let (negative, bare) = sign(text);
    let (radix, digits) = if let Some(rest) = bare.strip_prefix("0b") {
        (2, rest)
    } else if let Some(rest) = bare.strip_prefix("0x") {
        (16, rest)
    } else if bare.len() > 1 && bare.starts_with('0') {
        (8, &bare[1..])
    } else {
        (10, bare)
    };
    let allowed = |c: char| c.is_digit(radix) || c == '_' || c == ',';
    if digits.is_empty() || !digits.chars().all(allowed) {
        return None;
    }
    // In the decimal system a separator stands between digits only.
    if radix == 10
        && (!digits.starts_with(|c: char| c.is_ascii_digit()) || !separators_stand_between(digits))
    {
        return None;
    }
    let digits: String = digits.chars().filter(|c| !matches!(c, '_' | ',')).collect();
    let digits = if digits.is_empty() && radix == 8 { "0" } else { &digits };
    let number = i128::from_str_radix(digits, radix).ok()?;
    Some(Value::Int(if negative { -number } else { number }))
}

fn separators_stand_between(digits: &str) -> bool {
    let bytes = digits.as_bytes();
    bytes.last().is_some_and(u8::is_ascii_digit)
        && bytes.windows(2).all(|pair| pair.iter().any(u8::is_ascii_digit))
}

/// `2026-01-02`, if there is such a day.
fn is_date(text: &str) -> bool {
    let mut parts = text.split('-');
    let number = |part: Option<&str>, most: usize| {
        part.filter(|p| (1..=most).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_digit()))
            .and_then(|p| p.parse::<u32>().ok())
    };
    let Some(year) = parts.next().filter(|p| p.len() == 4).and_then(|p| number(Some(p), 4)) else {
        return false;
    };
    let (Some(month), Some(day), None) =
        (number(parts.next(), 2), number(parts.next(), 2), parts.next())
    else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return false,
    };
    (1..=days).contains(&day)
}

/// `2026-01-02 03:04:05.6 +01:00` and its shorter forms.
fn is_time(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let Some(at) = text.find(['T', 't', ' ', '\t']) else { return false };
    let (date, rest) = text.split_at(at);
    let mut parts = date.split('-');
    let digits = |part: &str, least: usize, most: usize| {
        (least..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())
    };
    let dated = parts.next().is_some_and(|p| digits(p, 4, 4))
        && parts.next().is_some_and(|p| digits(p, 1, 2))
        && parts.next().is_some_and(|p| digits(p, 1, 2))
        && parts.next().is_none();
    if !dated {
        return false;
    }
    let clock = if rest.starts_with(['T', 't']) {
        &rest[1..]
    } else {
        rest.trim_start_matches([' ', '\t'])
    };
    let end = clock.find(|c: char| !c.is_ascii_digit() && c != ':').unwrap_or(clock.len());
    let (time, zone) = clock.split_at(end);
    let mut parts = time.split(':');
    let timed = parts.next().is_some_and(|p| digits(p, 1, 2))
        && parts.next().is_some_and(|p| digits(p, 2, 2))
        && parts.next().is_some_and(|p| digits(p, 2, 2))
        && parts.next().is_none();
    let zone =
        zone.strip_prefix('.').map_or(zone, |z| z.trim_start_matches(|c: char| c.is_ascii_digit()));
    timed && is_zone(zone.trim_start_matches([' ', '\t']))
}

fn is_zone(zone: &str) -> bool {
    if zone.is_empty() || zone == "Z" {
        return true;
    }
    let Some(rest) = zone.strip_prefix(['+', '-']) else { return false };
    let digits = |part: &str, least: usize, most: usize| {
        (least..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())
    };
    match rest.split_once(':') {
        Some((hours, minutes)) => {
            digits(hours, 1, 2) && (minutes.is_empty() || digits(minutes, 2, 2))
        }
        None => digits(rest, 1, 4),
    }
}
