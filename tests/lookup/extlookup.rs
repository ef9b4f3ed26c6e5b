//! `groundrule extlookup` and `groundrule extlookup2hiera`.

use crate::site::Site;

fn site() -> Site {
    Site::new(&[
        (
            "extlookup.yaml",
            "---\n:parser: CSV\n:precedence:\n  - environment_%{environment}\n  - common\n:csv:\n  :datadir: DIR/ext\n",
        ),
        ("ext/common.csv", "ntp,1.%{country}.pool.ntp.org,2.pool.ntp.org\ncountry,uk\n"),
        ("ext/environment_dev.csv", "country,%{home}\n"),
        ("estate/facts/web1.json", r#"{"environment": "dev", "home": "nl", "country": "de"}"#),
    ])
}

#[test]
fn keys_are_looked_up() {
    let site = site();
    let ask = |arguments: &[&str]| {
        site.run(&[&["extlookup", "--file", "extlookup.yaml"], arguments].concat())
    };
    assert_eq!(ask(&["country"]).stdout, "uk\n");
    assert_eq!(ask(&["ntp", "country=de"]).stdout, "[\"1.de.pool.ntp.org\", \"2.pool.ntp.org\"]\n");
    assert_eq!(
        ask(&["--estate", "estate", "--node", "web1", "-f", "json", "country"]).stdout,
        "\"nl\"\n"
    );
    assert_eq!(ask(&["nope", "the default"]).stdout, "the default\n");
    let ran = ask(&["nope"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("no file has the key 'nope'"), "{}", ran.stderr);
    let ran = ask(&["ntp"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.contains("ext/common.csv:1:1: key 'ntp': there is no variable 'country'"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_directory_answers_the_same_as_hieras_data() {
    let site = site();
    let ran = site.run(&["extlookup2hiera", "ext", "new", "--file", "extlookup.yaml"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    for variables in [&["country=de"][..], &["environment=dev", "home=nl", "country=de"]] {
        for key in ["ntp", "country"] {
            let before =
                site.run(&[&["extlookup", "--file", "extlookup.yaml", key], variables].concat());
            let after = site.run(&[&["hiera", "-c", "new/hiera.yaml", key], variables].concat());
            assert_eq!(before, after);
        }
    }
    assert_eq!(site.run(&["extlookup2hiera", "ext", "new"]).code, 2);
    assert_eq!(site.run(&["extlookup2hiera", "ext/common.csv", "one.json"]).code, 0);
    assert!(site.read("one.json").contains("\"country\": \"uk\""));
    assert_eq!(site.run(&["extlookup2hiera", "ext/common.csv", "one.txt"]).code, 2);
}
