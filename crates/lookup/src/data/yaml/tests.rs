use super::*;
use crate::data::Value;

fn value(text: &str) -> String {
    read(text, &Options { times: Times::Keep, ..Options::default() }).unwrap().root.inspect()
}

fn fault(text: &str) -> Fault {
    read(text, &Options::default()).unwrap_err()
}

#[test]
fn documents_are_read_as_by_psych() {
    for (text, expected) in [
        ("", "nil"),
        ("# nothing\n", "nil"),
        ("---\n...\n", "nil"),
        ("\u{feff}a: 1\n", r#"{"a"=>1}"#),
        ("a: 1\n---\nb: [\n", r#"{"a"=>1}"#),
        ("a: 1\nb: 2\na: 3\n", r#"{"a"=>3, "b"=>2}"#),
        ("a:\nb: ''\nc: !!str\n", r#"{"a"=>nil, "b"=>"", "c"=>""}"#),
        ("1: x\n~: y\n:s: z\ntrue: t\n", r#"{1=>"x", nil=>"y", :s=>"z", true=>"t"}"#),
        ("a: &x {b: 1}\nc: *x\n", r#"{"a"=>{"b"=>1}, "c"=>{"b"=>1}}"#),
        (
            "d: &d {a: 1, b: 2}\ne:\n  b: 3\n  <<: *d\n  c: 4\n",
            r#"{"d"=>{"a"=>1, "b"=>2}, "e"=>{"b"=>2, "a"=>1, "c"=>4}}"#,
        ),
        (
            "x: &x {a: 1}\ny: &y {a: 2, b: 2}\nz:\n  <<: [*x, *y]\n",
            r#"{"x"=>{"a"=>1}, "y"=>{"a"=>2, "b"=>2}, "z"=>{"a"=>1, "b"=>2}}"#,
        ),
        (
            "a: !!int '5'\nb: !!str 5\nc: !!float 1\nd: '5'\n",
            r#"{"a"=>5, "b"=>"5", "c"=>1.0, "d"=>"5"}"#,
        ),
        ("a: |\n  x\n  y\nb: >-\n  x\n  y\n", r#"{"a"=>"x\ny\n", "b"=>"x y"}"#),
    ] {
        assert_eq!(value(text), expected, "{text}");
    }
}

#[test]
fn faults_tell_their_place() {
    for (text, place, what) in [
        ("a: [unclosed\n", None, "not YAML"),
        ("a: 1\nb: *nope\n", Some((2, 4)), "not YAML"),
        ("a: 2026-01-02\n", Some((1, 4)), "a date or a time"),
        ("a: &a [*a]\n", Some((1, 8)), "inside of what it stands for"),
        ("a:\n  - !ruby/object:Object {}\n", Some((2, 5)), "an object of Ruby's"),
        ("a: !!binary aGk=\n", Some((1, 4)), "binary"),
    ] {
        let fault = fault(text);
        assert!(fault.what.contains(what), "{fault}");
        assert!(fault.line.is_some());
        if let Some((line, column)) = place {
            assert_eq!((fault.line, fault.column), (Some(line), Some(column)), "{fault}");
        }
    }
}

#[test]
fn bombs_and_towers_are_refused() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let alias = format!("*a{}", level - 1);
        bomb += &format!("a{level}: &a{level} [{}]\n", vec![alias; 9].join(", "));
    }
    assert!(fault(&bomb).what.contains("more than 2000000 values"));
    let tower = format!("a: {}{}", "[".repeat(150), "]".repeat(150));
    assert!(fault(&tower).what.contains("deep"), "{}", fault(&tower));
    assert!(!fault(&"[".repeat(100_000)).what.is_empty());
}

#[test]
fn places_of_keys_are_known() {
    let document = read("---\na: 1\n\n'b c': {x: 1}\n", &Options::default()).unwrap();
    assert_eq!(
        (document.place("a"), document.place("b c"), document.place("x")),
        ((2, 1), (4, 1), (0, 0))
    );
}

#[test]
fn objects_of_ruby_can_be_taken_as_hashes() {
    let options = Options { objects: Objects::Hash, times: Times::Keep, ..Options::default() };
    let text = "--- !ruby/object:Puppet::Node::Facts\nname: web1\nvalues:\n  a: b\n";
    let document = read(text, &options).unwrap();
    assert_eq!(document.root.as_hash().and_then(|map| map.get("name")), Some(&Value::from("web1")));
}
