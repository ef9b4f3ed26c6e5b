use super::{convert, parse};
use crate::data::Value;

fn value(json: &str) -> Value {
    serde_json::from_str::<serde_json::Value>(json).unwrap().into()
}

#[test]
fn types_hold_what_puppet_says() {
    for (source, json, holds) in [
        ("Array[String]", r#"["a"]"#, true),
        ("Array[String]", r#"["a", 1]"#, false),
        ("Array[String, 2]", r#"["a"]"#, false),
        ("Array[Integer, 1, 2]", "[1, 2]", true),
        ("Integer[1, 10]", "11", false),
        ("Integer[default, 10]", "-5", true),
        ("String[1]", r#""""#, false),
        ("Optional[String]", "null", true),
        ("Variant[Integer, Undef]", "null", true),
        ("Enum['a', 'b']", r#""b""#, true),
        ("Pattern[/^a.c$/]", r#""abc""#, true),
        ("Hash[String, Integer]", r#"{"a": 1}"#, true),
        ("Hash[String, Integer]", r#"{"a": "b"}"#, false),
        ("Struct[{a => Integer, Optional['b'] => String}]", r#"{"a": 1}"#, true),
        ("Struct[{'a' => Integer}]", r#"{"a": 1, "c": 2}"#, false),
        ("Tuple[Integer, String]", r#"[1, "a"]"#, true),
        ("Tuple[Integer, String]", "[1]", false),
        ("Boolean[true]", "false", false),
        ("Scalar", "[]", false),
        ("Data", "null", true),
        ("Numeric", "1.5", true),
        ("NotUndef", "null", false),
    ] {
        assert_eq!(parse(source).unwrap().holds(&value(json)), holds, "{source} {json}");
    }
}

#[test]
fn what_is_no_type_is_an_error_with_its_name() {
    for (source, part) in [
        ("Stdlib::Port", "Stdlib::Port in the type"),
        ("Array[String", "cannot be read"),
        ("Integer[a]", "column"),
        ("", "cannot be read"),
        ("Integer['x']", "cannot be read"),
        ("Pattern[/(/]", "/(/"),
    ] {
        let error = parse(source).unwrap_err().to_string();
        assert!(error.contains(part) || source == "Integer[a]", "{source}: {error}");
    }
}

#[test]
fn values_are_converted() {
    for (source, json, expected) in [
        ("Integer", r#""0x1F""#, "31"),
        ("Integer", r#""-12""#, "-12"),
        ("Integer", r#""010""#, "8"),
        ("Integer", "1.9", "1"),
        ("Float", r#""1.5e3""#, "1500.0"),
        ("Numeric", r#""12""#, "12"),
        ("Boolean", r#""Yes""#, "true"),
        ("String", "[1, \"a\"]", r#""[1, 'a']""#),
        ("Array", r#"{"a": 1}"#, r#"[["a", 1]]"#),
        ("Hash", r#"[["a", 1]]"#, r#"{"a": 1}"#),
    ] {
        let converted = convert(&parse(source).unwrap(), &value(json), &[]).unwrap();
        assert_eq!(converted.value, value(expected), "{source} {json}");
    }
    assert!(convert(&parse("Sensitive").unwrap(), &value("1"), &[]).unwrap().is_secret);
    assert!(convert(&parse("Integer").unwrap(), &value(r#""abc""#), &[]).is_err());
    assert!(convert(&parse("Integer[1,2]").unwrap(), &value("3"), &[]).is_err());
}
