//! Which parameters a class has. Only its head is read: what its body does is Puppet's business.

use super::lexer::{Kind, Lexer, Token};
use crate::Fault;

/// The names of a class's parameters, in order; none where the manifest has no such class.
///
/// # Errors
///
/// With line and column, where the head of the class cannot be read.
pub fn parameters(text: &str, class: &str) -> Result<Option<Vec<String>>, Fault> {
    let mut lexer = Lexer::new(text);
    loop {
        // What stands before the class may be anything; a text in it that never ends is not ours to judge.
        let Some(token) = lexer.next()? else { return Ok(None) };
        if token.kind != Kind::Word("class".to_owned()) {
            continue;
        }
        let Some(Token { kind: Kind::Word(name), .. }) = lexer.next()? else { continue };
        if name.trim_start_matches("::").eq_ignore_ascii_case(class.trim_start_matches("::")) {
            return head(&mut lexer).map(Some);
        }
    }
}

fn head(lexer: &mut Lexer<'_>) -> Result<Vec<String>, Fault> {
    let mut names = Vec::new();
    let mut depth = 0_usize;
    // A parameter's name stands before `=`, `,` or the end; what stands behind `=` is its default, up to the next comma.
    let mut in_default = false;
    loop {
        let Some(token) = lexer.next()? else {
            return Err(Fault::new("the manifest ends in the middle of a class", "close it"));
        };
        match token.kind {
            Kind::Mark("{") if depth == 0 => return Ok(names),
            Kind::Mark("(" | "[" | "{") => depth += 1,
            Kind::Mark(")" | "]" | "}") => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    in_default = false;
                }
            }
            Kind::Mark(",") if depth == 1 => in_default = false,
            Kind::Mark("=") if depth == 1 => in_default = true,
            Kind::Variable(name) if depth == 1 && !in_default => names.push(name),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_found() {
        let text = "# class x($no)\nclass other($no) { file { '/a': content => \"${b}\" } }\n\
                    class ntp::config (\n  Array[String] $ntpservers = hiera('ntpservers', $other),\n  $port = 123, Optional[Hash[String, Integer]] $h = { 'a' => [1, $x] },\n  $last,\n) inherits ntp { $inner = 1 }\n";
        let names = |class: &str| parameters(text, class).unwrap().map(|names| names.join(" "));
        assert_eq!(names("ntp::config").as_deref(), Some("ntpservers port h last"));
        assert_eq!(names("::Other").as_deref(), Some("no"));
        assert_eq!(names("missing"), None);
        assert_eq!(parameters("class a { }", "a").unwrap(), Some(vec![]));
        assert!(parameters("class a ($x", "a").is_err());
    }
}
