use super::*;
use crate::data::yaml as reader;

fn value(text: &str) -> Value {
    reader::read(text, &reader::Options::default()).unwrap().root
}

fn yaml(text: &str, key: &str, new: &str) -> String {
    set(text, Format::Yaml, key, &value(new)).unwrap_or_else(|fault| fault.to_string())
}

#[test]
fn yaml_is_changed_where_it_must_be() {
    let text = "# top\n---\na: 1 # one\n\n# of b\nb:\n  - x # in b\n  - y\n\n# of c\n'c d': {x: [1, 2]} # braces\ne: |\n  text\n  more\n\nf: &f \"q\"\ng:\nlast: 'z'";
    for (key, new, from, to) in [
        ("a", "2", "a: 1 # one", "a: 2 # one"),
        ("a", "[x, z]", "a: 1 # one", "a: # one\n- x\n- z"),
        ("a", "{p: {q: 1}}", "a: 1 # one", "a: # one\n  p:\n    q: 1"),
        ("a", "\"x\\ny\\n\"", "a: 1 # one", "a: | # one\n  x\n  y"),
        ("b", "[z]", "b:\n  - x # in b\n  - y\n", "b:\n- z\n"),
        ("b", "~", "b:\n  - x # in b\n  - y\n", "b:\n"),
        ("c d", "v", "'c d': {x: [1, 2]} # braces", "'c d': v # braces"),
        ("e", "no more", "e: |\n  text\n  more\n", "e: no more\n"),
        ("f", "r", "f: &f \"q\"", "f: r"),
        ("g", "'yes'", "g:\n", "g: 'yes'\n"),
        ("last", "1", "last: 'z'", "last: 1"),
    ] {
        assert_eq!(yaml(text, key, new), text.replacen(from, to, 1), "{key} {new}");
    }
    assert_eq!(yaml(text, "new", "[1]"), format!("{text}\nnew:\n- 1\n"));
    assert_eq!(yaml("", "new key", "a: b"), "new key:\n  a: b\n");
    assert_eq!(yaml("---\n# nothing\n", "k", "v"), "---\n# nothing\nk: v\n");
    assert_eq!(yaml("  a: 1\n  b: 2\n# end\n", "a", "[x]"), "  a:\n  - x\n  b: 2\n# end\n");
    assert_eq!(yaml("a: 1\n# end\n", "b", "2"), "a: 1\nb: 2\n# end\n");
    let long = "word ".repeat(30);
    // A long text is folded, and has no place for a comment in its first line.
    assert!(yaml("a: 1 # why\n", "a", &long).starts_with("# why\na: word"));
}

#[test]
fn yaml_loses_what_is_taken_out() {
    let out = |text: &str, key: &str| {
        unset(text, Format::Yaml, key)
            .map_or_else(|fault| fault.to_string(), Option::unwrap_or_default)
    };
    assert_eq!(out("a: 1\n# of b\nb:\n  - x\n  # in\n  - y\nc: 3\n", "b"), "a: 1\n# of b\nc: 3\n");
    assert_eq!(out("a: 1\nb: 2", "b"), "a: 1\n");
    assert_eq!(out("# x\na: 1\n", "a"), "# x\n");
    assert_eq!(out("a: 1\n", "b"), "");
    assert!(
        out("a: 1\nb: 2\na: 3\n", "a").contains("cannot be made"),
        "{}",
        out("a: 1\nb: 2\na: 3\n", "a")
    );
    assert!(out("a: &x 1\nb: *x\n", "a").contains("cannot be made"));
    assert!(out("{a: 1}\n", "a").contains("written in braces"));
    assert!(out("[1]\n", "a").contains("a list instead of a hash"));
}

#[test]
fn json_is_changed_where_it_must_be() {
    let json =
        |text: &str, key: &str, new: &str| set(text, Format::Json, key, &value(new)).unwrap();
    let out = |text: &str, key: &str| unset(text, Format::Json, key).unwrap().unwrap();
    let text = "{\n    \"a\": 1, // ünë\n    \"b\": {\"x\": [1, \"}\"]},\n    \"c\": \"z\"\n}\n";
    assert_eq!(json(text, "a", "[x]"), text.replacen("1,", "[\n      \"x\"\n    ],", 1));
    assert_eq!(json(text, "b", "2"), text.replace("{\"x\": [1, \"}\"]}", "2"));
    assert_eq!(json(text, "d", "~"), text.replace("\"z\"\n", "\"z\",\n    \"d\": null\n"));
    assert_eq!(json("{\"a\": 1}", "b", "[2]"), "{\"a\": 1, \"b\": [2]}");
    assert_eq!(json("{}\n", "b", "2"), "{\n  \"b\": 2\n}\n");
    assert_eq!(json("", "b", "2"), "{\n  \"b\": 2\n}\n");
    assert_eq!(out(text, "c"), "{\n    \"a\": 1, // ünë\n    \"b\": {\"x\": [1, \"}\"]}\n}\n");
    assert_eq!(out("{\"a\": 1, \"b\": 2}", "a"), "{\"b\": 2}");
    assert_eq!(out("{\"a\": 1}", "a"), "{}");
}

#[test]
fn files_are_replaced_whole() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let (path, link) = (folder.path().join("a.yaml"), folder.path().join("link.yaml"));
    fs::write(&path, "a: 1\n").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    std::os::unix::fs::symlink(&path, &link).unwrap();
    replace(&link, "a: 2\n").unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "a: 2\n");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    assert_eq!(
        diff("x", "a: 1\nb: 2\n", "a: 2\nb: 2\n"),
        "--- x\n+++ x\n@@ -1,2 +1,2 @@\n-a: 1\n+a: 2\n b: 2\n"
    );
}
