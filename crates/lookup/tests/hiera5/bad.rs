//! Data and configuration that cannot be read: each says where, and what.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use groundrule_lookup::data::Map;
use groundrule_lookup::hiera5::{Merge, Request};

use crate::{ask, json, layout};

const CONFIG: &str = "version: 5\nhierarchy:\n- name: Node\n  path: \"%{facts.location}.yaml\"\n- name: Common\n  path: common.yaml\n";

/// The fault of a lookup; the answer where there is none.
fn said(directory: &Path, key: &str, facts: &str) -> String {
    let facts = json(facts).as_hash().cloned().unwrap_or_default();
    match ask(layout(directory), &facts, &[key], &Request::default()).answer {
        Ok(Some(answer)) => format!("answer {}", answer.value.inspect()),
        Ok(None) => "nothing".to_owned(),
        Err(fault) => fault.to_string(),
    }
}

fn site(config: &str, data: &str) -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("hiera.yaml"), config).unwrap();
    fs::create_dir(place.path().join("data")).unwrap();
    fs::write(place.path().join("data/common.yaml"), data).unwrap();
    place
}

#[test]
fn data_that_is_none_says_where() {
    for (data, parts) in [
        ("a: [unclosed\n", &["common.yaml:", "not YAML"][..]),
        ("- a\n- b\n", &["common.yaml:1:1", "a list instead of a hash"]),
        ("just text\n", &["common.yaml:1:1", "a text instead of a hash"]),
        ("a: 2026-01-02\n", &["common.yaml:1:4", "2026-01-02 is a date"]),
        ("a: &x [*x]\n", &["common.yaml:1:8", "alias inside"]),
        ("a: !ruby/object:Object {}\n", &["common.yaml:1:4", "object of Ruby's"]),
        ("b: 1\na: \"%{lookup('a')}\"\n", &["common.yaml:2:1", "key 'a'", "a -> a"]),
        ("a: \"%{foo('b')}\"\n", &["common.yaml:1:1", "no interpolation method 'foo'"]),
        ("a: \"x %{alias('b')}\"\n", &["common.yaml:1:1", "does not stand alone"]),
        ("a: \"%{facts.location.x}\"\n", &["common.yaml:1:1", "'x' is asked of a text"]),
    ] {
        let place = site(CONFIG, data);
        let said = said(place.path(), "a", r#"{"location": "dc1"}"#);
        for part in parts {
            assert!(said.contains(part), "{part} in {said}");
        }
    }
    let empty = site(CONFIG, "");
    assert_eq!(said(empty.path(), "a", "{}"), "nothing");
    let latin = site(CONFIG, "");
    fs::write(latin.path().join("data/common.yaml"), b"b: 1\na: \xe9\n").unwrap();
    assert!(
        said(latin.path(), "a", "{}").contains("common.yaml:2:4: a character that is not UTF-8")
    );
}

#[test]
fn files_that_are_none_are_never_waited_for() {
    let place = site(CONFIG, "a: 1\n");
    let at = |name: &str| place.path().join("data").join(name);
    nix::unistd::mkfifo(&at("fifo.yaml"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    fs::create_dir(at("folder.yaml")).unwrap();
    symlink("loop.yaml", at("loop.yaml")).unwrap();
    fs::File::create(at("large.yaml")).unwrap().set_len(1 << 30).unwrap();
    let mut bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
    for n in 1..12 {
        let before = format!("*a{}", n - 1);
        bomb += &format!("a{n}: &a{n} [{}]\n", [before.as_str(); 10].join(","));
    }
    fs::write(at("bomb.yaml"), bomb).unwrap();
    for (location, part) in [
        ("fifo", "fifo.yaml: it is no regular file"),
        ("folder", "folder.yaml: it is a directory"),
        ("loop", "loop.yaml: cannot be read"),
        ("large", "large.yaml: the file is larger"),
        ("bomb", "bomb.yaml:"),
    ] {
        let said = said(place.path(), "a", &format!(r#"{{"location": "{location}"}}"#));
        assert!(said.contains(part), "{part} in {said}");
    }
}

#[test]
fn facts_do_not_lead_out_of_the_data() {
    let place = site(CONFIG, "a: inside\n");
    fs::write(place.path().join("outside.yaml"), "a: outside\n").unwrap();
    let outside = place.path().join("outside");
    for location in ["../outside", "x/../../outside", outside.to_str().unwrap()] {
        let said = said(place.path(), "a", &format!(r#"{{"location": "{location}"}}"#));
        assert!(
            said.contains("leads out of the data directory") && said.contains("level \"Node\""),
            "{said}"
        );
    }
    assert_eq!(said(place.path(), "a", r#"{"location": "a..b"}"#), "answer \"inside\"");
}

#[test]
fn a_configuration_that_is_wrong_says_where() {
    for (config, parts) in [
        ("version: 4\n", &["hiera.yaml:1:1", "version 4 is not known"][..]),
        ("", &["hiera.yaml", "it is empty"]),
        ("version: 5\nhierarchi: []\n", &["hiera.yaml:2:1", "\"hierarchi\" is not known"]),
        ("version: 5\nhierarchy: x\n", &["hierarchy", "it is no list"]),
        ("version: 5\nhierarchy:\n- path: a\n", &["hierarchy[0]", "has no name"]),
        ("version: 5\nhierarchy:\n- {name: a, path: x, paths: [y]}\n", &["both path and paths"]),
        (
            "version: 5\nhierarchy:\n- {name: a, path: x}\n- {name: a, path: y}\n",
            &["hierarchy[1]", "two levels \"a\""],
        ),
        (
            "version: 5\nhierarchy:\n- {name: a, path: x, data_hash: y, lookup_key: z}\n",
            &["says twice"],
        ),
        (
            "version: 5\ndefaults: {datadir: d}\nhierarchy:\n- {name: a, path: x}\n",
            &["does not say how it is read"],
        ),
        ("version: 5\nhierarchy:\n- {name: a, path: \"%{lookup('x')}\"}\n", &["calls a function"]),
        ("version: 5\nhierarchy:\n- {name: a, mapped_paths: [x, y]}\n", &["needs three texts"]),
        ("version: 5\ndefault_hierarchy: []\n", &["only a module can have one"]),
        (
            "version: 5\nhierarchy:\n- {name: a, path: x, options: {path: y}}\n",
            &["which Hiera sets itself"],
        ),
        (
            "version: 5\nhierarchy:\n- {name: a, path: x, data_dig: my::own}\n",
            &["data_dig: my::own, which is not known here"],
        ),
        ("version: [\n", &["hiera.yaml:", "not YAML"]),
    ] {
        let place = site(config, "a: 1\n");
        let said = said(place.path(), "a", "{}");
        for part in parts {
            assert!(said.contains(part), "{part} in {said} of {config}");
        }
    }
}

#[test]
fn options_that_are_wrong_say_which() {
    for (options, part) in [
        ("x", "lookup_options is a text instead of a hash"),
        ("{a: {merge: nope}}", "there is no merge behaviour nope"),
        ("{a: {merge: {knockout_prefix: x}}}", "merge has no strategy"),
        ("{a: {merge: {strategy: deep, nope: 1}}}", "the option nope of merge"),
        ("{a: {merge: {strategy: hash, knockout_prefix: x}}}", "only deep has the option"),
        ("{a: first}", "key 'lookup_options.a': it is a text instead of a hash"),
        ("{'^(a': {merge: first}}", "the pattern ^(a"),
        ("{a: {convert_to: Nope}}", "Nope in the type Nope is not known"),
        ("{a: {convert_to: Integer}}", "cannot be converted"),
    ] {
        let place = site(CONFIG, &format!("a: text\nlookup_options: {options}\n"));
        let said = said(place.path(), "a", "{}");
        assert!(said.contains(part), "{part} in {said}");
    }
}

#[test]
fn values_that_do_not_merge_say_which_level() {
    let place = site(CONFIG, "a: {x: 1}\n");
    fs::write(place.path().join("data/dc1.yaml"), "a: text\n").unwrap();
    let facts = json(r#"{"location": "dc1"}"#).as_hash().cloned().unwrap_or_default();
    for (merge, part) in
        [("hash", "hash wants hashes, and a level has a text"), ("unique", "unique wants texts")]
    {
        let request =
            Request { merge: Some(Merge::read(&merge.into()).unwrap()), ..Request::default() };
        let fault =
            ask(layout(place.path()), &facts, &["a"], &request).answer.unwrap_err().to_string();
        assert!(fault.contains(part), "{fault}");
    }
}

#[test]
fn keys_that_are_none_are_refused() {
    for key in ["", ".", "a..b", "'a"] {
        assert!(groundrule_lookup::hiera5::Key::read(key).is_err(), "{key}");
    }
    let place = site(CONFIG, "lookup_options: {}\n");
    let outcome =
        ask(layout(place.path()), &Map::default(), &["lookup_options"], &Request::default());
    assert!(outcome.answer.unwrap().is_none());
}
