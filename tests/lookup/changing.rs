//! `groundrule data get`, `set`, `unset` and `levels`.

use crate::site::Site;

fn site() -> Site {
    Site::new(&[
        (
            "hiera.yaml",
            ":backends: [yaml, json]\n:hierarchy: ['%{location}', common]\n:yaml:\n  :datadir: DIR/data\n:json:\n  :datadir: DIR/data\n",
        ),
        ("data/common.yaml", "# who\ncontact: ops # at night\nntp:\n  - a\n"),
        ("data/bad.yaml", "a: [\n"),
    ])
}

#[test]
fn keys_are_read_and_changed() {
    let site = site();
    let data =
        |arguments: &[&str]| site.run(&[&["data"], arguments, &["--hiera", "hiera.yaml"]].concat());
    assert_eq!(data(&["get", "common"]).stdout, "contact\nntp\n");
    assert_eq!(data(&["get", "common", "ntp"]).stdout, "---\n- a\n");
    assert_eq!(data(&["get", "common", "nope"]).code, 1);
    let dry = data(&["set", "common", "contact", "dba", "--dry-run"]);
    assert!(dry.stdout.contains("-contact: ops # at night\n+contact: dba # at night\n"), "{dry:?}");
    assert!(site.read("data/common.yaml").contains("ops"));
    assert_eq!(data(&["set", "common", "contact", "dba"]).code, 0);
    assert_eq!(data(&["set", "common", "list", "[1, two]"]).code, 0);
    assert_eq!(data(&["unset", "common", "ntp"]).code, 0);
    assert_eq!(
        site.read("data/common.yaml"),
        "# who\ncontact: dba # at night\nlist:\n- 1\n- two\n"
    );
    assert_eq!(data(&["set", "dc1", "a", "1", "--backend", "json"]).code, 0);
    assert_eq!(site.read("data/dc1.json"), "{\n  \"a\": 1\n}\n");
    for (arguments, what) in [
        (&["set", "bad", "a", "1"][..], "data/bad.yaml:"),
        (&["set", "../x", "a", "1"], "no level's name"),
        (&["set", "common", "a", "[1"], "the value: "),
        (&["set", "common", "a", "1", "--backend", "puppet"], "no such data files"),
    ] {
        let ran = data(arguments);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.stderr.contains(what), "{}", ran.stderr);
    }
}

#[test]
fn levels_are_listed_in_order() {
    let site = site();
    let ran = site.run(&["data", "levels", "location=bad", "--hiera", "hiera.yaml", "--json"]);
    assert_eq!(ran.code, 1);
    let rows: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let names: Vec<String> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| format!("{} {} {}", row["backend"], row["level"], row["keys"]))
        .collect();
    assert_eq!(
        names,
        [
            "\"yaml\" \"bad\" null",
            "\"yaml\" \"common\" 2",
            "\"json\" \"bad\" null",
            "\"json\" \"common\" null"
        ]
    );
    assert!(rows[0]["fault"].as_str().unwrap().contains("bad.yaml:"), "{rows}");
}
