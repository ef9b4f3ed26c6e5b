//! Dotted versions.

use std::cmp::Ordering;

/// Compares two dotted versions piece by piece: digits as numbers, anything else as text; a piece
/// that is missing counts as 0, so that `1.2` equals `1.2.0`.
#[must_use]
pub fn compare(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.split('.'), b.split('.'));
    loop {
        let order = match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (left, right) => piece(left.unwrap_or("0"), right.unwrap_or("0")),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

fn piece(a: &str, b: &str) -> Ordering {
    let digits = |piece: &str| !piece.is_empty() && piece.bytes().all(|b| b.is_ascii_digit());
    if !digits(a) || !digits(b) {
        return a.cmp(b);
    }
    let (a, b) = (a.trim_start_matches('0'), b.trim_start_matches('0'));
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn piece_by_piece() {
        use Ordering::{Equal, Greater, Less};
        for (a, b, order) in [
            ("1.10", "1.9", Greater),
            ("1.2", "1.2.0", Equal),
            ("12", "12.12", Less),
            ("1.2.a", "1.2.b", Less),
            ("2.0-rc1", "2.0-rc2", Less),
            ("1.010", "1.10", Equal),
            ("1", "1e0", Less),
        ] {
            assert_eq!(compare(a, b), order, "{a} {b}");
        }
    }
}
