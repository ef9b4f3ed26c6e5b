use super::*;

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir_all(data.join("nodes")).unwrap();
    for (name, text) in [
        (
            "common.yaml",
            "a: 1\nx: \"%{hiera('nope')} %{hiera('a')} %{fact} %{nofact}\"\nmysql::password: hunter2\nkept::secret: ENC[PKCS7,xx]\nused::p: 1\nunused::p: 1\n",
        ),
        ("site.yaml", "a: 2\nb: [1]\n"),
        ("nodes/web1.yaml", "a: 3\n"),
        ("bad.yaml", "a: [\n"),
        ("nodes/list.yaml", "- 1\n"),
    ] {
        std::fs::write(data.join(name), text).unwrap();
    }
    let text = format!(
        ":hierarchy:\n  - nodes/%{{fqdn}}\n  - site\n  - common\n:yaml:\n  :datadir: {}\n",
        data.display()
    );
    let set = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect());
    let known = Known { facts: set(&["fact"]), classes: set(&["used", "kept", "mysql"]) };
    let findings = lint(&Config::parse(&text).unwrap(), &known).unwrap();
    let told: Vec<String> = findings
        .iter()
        .map(|finding| {
            let name = finding
                .fault
                .file
                .as_ref()
                .and_then(|file| file.file_name())
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            format!(
                "{} {name}:{} {}",
                finding.kind,
                finding.fault.line.unwrap_or(0),
                finding.fault.key.as_deref().unwrap_or("-")
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            "unreached bad.yaml:0 -",
            "unreadable bad.yaml:1 -",
            "shadowed common.yaml:1 a",
            "unknown common.yaml:2 x",
            "unknown common.yaml:2 x",
            "secret common.yaml:3 mysql::password",
            "unused common.yaml:6 unused::p",
            "unreadable list.yaml:1 -",
        ]
    );
}

#[test]
fn templates_fit_what_they_may_become() {
    for (template, name, fits) in [
        ("common", "common", true),
        ("common", "commons", false),
        ("nodes/%{fqdn}", "nodes/web1.example.net", true),
        ("%{a}/%{b}.x", "p/q.x", true),
        ("%{a}/%{b}.x", "p.x", false),
        ("x%{}y", "xy", true),
    ] {
        assert_eq!(files::fits(template, name), fits, "{template} {name}");
    }
}
