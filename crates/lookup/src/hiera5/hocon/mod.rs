//! HOCON: JSON with comments, dotted keys, objects that are merged, and `${references}`. There is
//! nothing that includes other files.

mod parser;
mod resolve;

use crate::Fault;
use crate::data::{Document, Limits, Value};

/// A value before its references are resolved.
#[derive(Clone, Debug, PartialEq)]
enum Node {
    /// As it is.
    Plain(Value),
    /// Unquoted text, which may be a number or such.
    Bare(String),
    /// Blanks between two parts of a text.
    Blank(String),
    Object(Members),
    Array(Vec<Node>),
    /// Parts that stand beside each other.
    Joined(Vec<Node>),
    /// What was set one after the other, where it takes references to know what is left of it.
    Stack(Vec<Node>),
    /// `${path}`, or `${?path}` where it need not exist.
    Reference {
        path: Vec<String>,
        optional: bool,
    },
}

type Members = indexmap::IndexMap<String, Node>;

/// Reads a text.
///
/// # Errors
/// With line and column, where the text is no HOCON, or more than the limits allow; with the path of
/// a reference that leads nowhere or to itself.
pub(super) fn read(text: &str, limits: &Limits) -> Result<Document, Fault> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let root = parser::Parser::new(text, limits).document()?;
    let (root, nodes) = resolve::resolve(&root, limits)?;
    Ok(Document::new(Value::Hash(root.into()), Vec::new(), nodes))
}

#[cfg(test)]
mod tests {
    use super::read;
    use crate::data::Limits;

    fn of(text: &str) -> String {
        match read(text, &Limits::default()) {
            Ok(document) => document.root.inspect(),
            Err(fault) => fault.to_string(),
        }
    }

    // As `ruby -rhocon -e 'p Hocon.parse(...)'` says, but for the order of keys in objects that are merged.
    #[test]
    fn texts_are_read_as_by_ruby() {
        for (text, expected) in [
            ("", "{}"),
            ("a = 1, b : x y\nc { d = true }", r#"{"a"=>1, "b"=>"x y", "c"=>{"d"=>true}}"#),
            (
                "a.b.c = 1\na.b.d = [1, 2.5, null, \"q\"]",
                r#"{"a"=>{"b"=>{"c"=>1, "d"=>[1, 2.5, nil, "q"]}}}"#,
            ),
            ("{ a : { x : 1 } } // end", r#"{"a"=>{"x"=>1}}"#),
            ("a { x : 1 }\na { y : 2 }", r#"{"a"=>{"x"=>1, "y"=>2}}"#),
            ("a = 1\na = 2", r#"{"a"=>2}"#),
            ("a = x\nb = ${a}/y ${?no}", r#"{"a"=>"x", "b"=>"x/y "}"#),
            (
                "a { p : 1, q : 2 }\nb = ${a} { q : 3 }",
                r#"{"a"=>{"p"=>1, "q"=>2}, "b"=>{"q"=>3, "p"=>1}}"#,
            ),
            ("a = [1]\na = ${a} [2]\na += 3", r#"{"a"=>[1, 2, 3]}"#),
            ("\"a.b\" = 1\n'c' = 2", r#"{"a.b"=>1, "'c'"=>2}"#),
            (
                "a = 1e3\nb = 2.0\nc = 2.5\nd = 1e3 x",
                r#"{"a"=>1000, "b"=>2, "c"=>2.5, "d"=>"1e3 x"}"#,
            ),
            // What need not exist leaves what was there before.
            ("a = 1\na = ${?b}\nc { x : 1 }\nc.x = ${?b}", r#"{"a"=>1, "c"=>{"x"=>1}}"#),
            (
                "a.x = [1]\na.x += 2\nb { y = [1] }\nb { y += 2 }",
                r#"{"a"=>{"x"=>[1, 2]}, "b"=>{"y"=>[1, 2]}}"#,
            ),
            (
                "a = x y\na.b = 1\nc { x : 1 }\nc = 5\nc { y : 2 }",
                r#"{"a"=>{"b"=>1}, "c"=>{"y"=>2}}"#,
            ),
            ("b.x : 1\nb = ${b.x}\nb { x : 2 }", r#"{"b"=>{"x"=>2}}"#),
            ("a = {x : 1} {y : 2} {z : 3}", r#"{"a"=>{"z"=>3, "y"=>2, "x"=>1}}"#),
            ("a { p : 1 }\na = ${?n}\na { q : 2 }", r#"{"a"=>{"q"=>2, "p"=>1}}"#),
            ("a = ${n}\na = 1", r#"{"a"=>1}"#),
            (&"a += 1\n".repeat(100), &format!("{{\"a\"=>[{}]}}", ["1"; 100].join(", "))),
            ("a = 1.10\nb = v${a}\nc = ${a} x", r#"{"a"=>1.1, "b"=>"v1.10", "c"=>"1.10 x"}"#),
            ("a = \"\"\"x \"y\"\nz\"\"\"", r#"{"a"=>"x \"y\"\nz"}"#),
            ("a = 10s # comment\nb = http\n", r#"{"a"=>"10s", "b"=>"http"}"#),
            ("a : [\n 1\n 2,\n]", r#"{"a"=>[1, 2]}"#),
        ] {
            assert_eq!(of(text), expected, "{text}");
        }
    }

    #[test]
    fn faults_say_where_and_what() {
        for (text, part) in [
            ("a = ${b}\nb = ${a}", "leads back to itself"),
            ("a = ${b}", "${b} leads nowhere"),
            ("a = [1", "line 1, column 7"),
            ("a = {", "line 1, column 6"),
            ("include \"x\"", "include"),
            ("a = \"x", "not closed"),
            ("a", "column 2"),
            ("a = [1] x", "cannot stand beside"),
            ("a = 1\na += 2", "cannot stand beside"),
            ("a = [{b += 1}]", "inside of a list"),
            ("a = [1,,2]", "line 1, column 8"),
            ("a = ${n}\na { x : 1 }", "${n} leads nowhere"),
            (&"a += 1\n".repeat(500), "more than 100 times"),
            (&format!("a = {}", "[".repeat(1000)), "deep"),
            (
                &format!(
                    "x0 = [1,1,1,1,1,1,1,1,1,1]\n{}",
                    (1..12)
                        .map(|n| format!(
                            "x{n} = [{}]\n",
                            vec![format!("${{x{}}}", n - 1); 10].join(",")
                        ))
                        .collect::<String>()
                ),
                "values",
            ),
        ] {
            assert!(of(text).contains(part), "{part} in {}", of(text));
        }
    }
}
