//! `groundrule enc`, asked by hand and by the real Puppet.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use crate::site::{Ran, Site};

fn site() -> Site {
    Site::new(&[
        (
            "hiera.yaml",
            ":backends: json\n:hierarchy: ['%{location}', common]\n:json:\n  :datadir: DIR/data\n",
        ),
        ("data/common.json", r#"{"classes": "users::common", "parameters": {"contact": "ops"}}"#),
        ("data/dc1.json", r#"{"classes": ["users::dc1"], "environment": "production"}"#),
        ("extlookup.yaml", ":precedence: ['%{location}', common]\n:csv:\n  :datadir: DIR/ext\n"),
        ("ext/common.csv", "classes,ntp,users::common\nservers,a,b\nntp::port,123\nport,1\n"),
        (
            "modules/ntp/manifests/init.pp",
            "class ntp($servers, $port = 5, $other = 6) { notify { \"${servers} ${port}\": } }\n",
        ),
        ("modules/users/manifests/common.pp", "class users::common { }\n"),
        ("modules/users/manifests/dc1.pp", "class users::dc1 { }\n"),
        (
            "estate/facts/web1.example.net.json",
            r#"{"location": "dc1", "fqdn": "web1.example.net"}"#,
        ),
    ])
}

#[test]
fn a_node_is_classified_by_its_facts() {
    let site = site();
    let ran = site.run(&["enc", "web1.example.net", "--estate", "estate", "--hiera", "hiera.yaml"]);
    assert_eq!(
        ran.stdout,
        "---\nclasses:\n  users::dc1: {}\n  users::common: {}\nparameters:\n  contact: ops\nenvironment: production\n",
        "{ran:?}"
    );
    let ran = site.run(&[
        "enc",
        "web1.example.net",
        "--estate",
        "estate",
        "--extlookup",
        "extlookup.yaml",
        "--modulepath",
        "modules",
    ]);
    assert_eq!(
        ran.stdout,
        "---\nclasses:\n  ntp:\n    servers:\n    - a\n    - b\n    port: '123'\n  users::common: {}\nparameters: {}\n",
        "{ran:?}"
    );
    let unknown = ["enc", "web9.example.net", "--estate", "estate", "--hiera", "hiera.yaml"];
    assert_eq!(site.run(&unknown).code, 2);
    let ran = site.run(&[&unknown[..], &["--allow-unknown"]].concat());
    assert_eq!((ran.code, ran.stdout.contains("users::common")), (0, true));
    assert!(ran.stderr.contains("there are no facts of web9.example.net"), "{}", ran.stderr);
}

#[test]
fn puppet_takes_the_answer() {
    let site = site();
    let script = site.path("classify");
    let here = site.path("");
    let line = format!(
        "#!/bin/sh\nexec {} enc \"$1\" --estate {here}/estate --extlookup {here}/extlookup.yaml --modulepath {here}/modules\n",
        env!("CARGO_BIN_EXE_groundrule"),
        here = here.display()
    );
    fs::write(&script, line).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    fs::create_dir_all(site.path("code/environments/production/manifests")).unwrap();
    let setting = |name: &str, value: &str| format!("--{name}={value}");
    let folder = |name: &str| site.path(name).display().to_string();
    let output = Command::new("puppet")
        .args([
            "catalog",
            "compile",
            "web1.example.net",
            "--render-as",
            "json",
            "--log_level",
            "err",
            "--facts_terminus",
            "yaml",
        ])
        .args([
            setting("node_terminus", "exec"),
            setting("external_nodes", &folder("classify")),
            setting("confdir", &folder("conf")),
            setting("vardir", &folder("var")),
            setting("codedir", &folder("code")),
            setting("basemodulepath", &folder("modules")),
        ])
        .env("HOME", site.path(""))
        .output()
        .expect("puppet must be installed: run ci/install");
    let ran = Ran::from(output);
    assert_eq!(ran.code, 0, "{ran:?}");
    let start = ran.stdout.find('{').unwrap_or_else(|| panic!("{ran:?}"));
    let catalog: serde_json::Value = serde_json::from_str(&ran.stdout[start..]).unwrap();
    let classes = catalog["classes"].as_array().unwrap();
    for class in ["ntp", "users::common"] {
        assert!(classes.iter().any(|known| known == class), "{classes:?}");
    }
    let ntp = catalog["resources"]
        .as_array()
        .unwrap()
        .iter()
        .find(|resource| resource["title"] == "Ntp")
        .unwrap();
    assert_eq!(
        ntp["parameters"],
        serde_json::json!({"servers": ["a", "b"], "port": "123", "other": 6})
    );
}
