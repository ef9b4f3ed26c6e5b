use super::*;

struct Site(tempfile::TempDir);

impl Site {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        Self(folder)
    }

    fn ask(
        &self,
        settings: &str,
        key: &str,
        variables: &[(&str, &str)],
    ) -> Result<Option<String>, Fault> {
        let text = settings.replace("DIR", &self.0.path().display().to_string());
        let mut scope = Scope::default();
        for (name, value) in variables {
            scope.set(name, *value);
        }
        let extlookup = Extlookup::new(Config::parse(&text)?, Arc::default());
        Ok(extlookup.lookup(key, &scope, Instant::now())?.map(|answer| answer.value.inspect()))
    }
}

const CSV: &str = ":parser: CSV\n:precedence:\n  - environment_%{environment}\n  - '%{country}'\n  - common\n:csv:\n  :datadir: DIR\n";

#[test]
fn the_first_file_with_the_key_answers() {
    let site = Site::new(&[
        (
            "common.csv",
            "country,uk\nntp,1.%{country}.pool.ntp.org,2.pool.ntp.org\nq,\"a \"\"b\"\", c\"\nempty\ncolumns,\nq,second\nagain,%{first}\n\n\"two\nlines\",x\n",
        ),
        ("environment_dev.csv", "ntp,dev.example.net\r\nempty,dev\r\n"),
    ]);
    let ask = |key: &str, variables: &[(&str, &str)]| site.ask(CSV, key, variables);
    let here =
        [("country", "de"), ("environment", "prod"), ("first", "%{second}"), ("second", "x")];
    assert_eq!(
        ask("ntp", &here),
        Ok(Some(r#"["1.de.pool.ntp.org", "2.pool.ntp.org"]"#.to_owned()))
    );
    assert_eq!(ask("ntp", &[("environment", "dev")]), Ok(Some(r#""dev.example.net""#.to_owned())));
    assert_eq!(ask("q", &here), Ok(Some(r#""a \"b\", c""#.to_owned())));
    assert_eq!(ask("columns", &here), Ok(Some(r#""""#.to_owned())));
    assert_eq!(ask("empty", &here), Ok(None));
    assert_eq!(ask("again", &here), Ok(Some(r#""x""#.to_owned())));
    assert_eq!(ask("two\nlines", &here), Ok(Some(r#""x""#.to_owned())));
    assert_eq!(ask("nope", &here), Ok(None));
    let fault = ask("ntp", &[("environment", "prod")]).unwrap_err().to_string();
    assert!(fault.contains("common.csv:2:1: key 'ntp': there is no variable 'country'"), "{fault}");
    let fault =
        ask("again", &[("first", "%{second}"), ("second", "%{first}")]).unwrap_err().to_string();
    assert!(fault.contains("without end"), "{fault}");
    let fault = ask("ntp", &[("environment", "/../../secret")]).unwrap_err().to_string();
    assert!(fault.contains("leads out of the data directory"), "{fault}");
}

#[test]
fn csv_that_ruby_refuses_is_refused() {
    for (text, line) in [("a,b\nc,x\"y\n", 2), ("a,\"open\nx\n", 1), ("a,\"b\"c\n", 1)] {
        let fault = read_csv(text, &crate::data::Limits::default()).unwrap_err();
        assert_eq!(fault.line, Some(line), "{fault}");
    }
}

#[test]
fn lists_and_hashes_of_yaml_are_left_as_they_are() {
    let yaml = ":parser: YAML\n:precedence: [common]\n:yaml:\n  :datadir: DIR\n";
    let site = Site::new(&[(
        "common.yaml",
        "country: uk\nntp: ['%{country}']\ns: 'x %{country}'\nfoo.com: {docroot: /var/www}\n",
    )]);
    let here = [("country", "de")];
    assert_eq!(site.ask(yaml, "ntp", &here), Ok(Some(r#"["%{country}"]"#.to_owned())));
    assert_eq!(site.ask(yaml, "s", &here), Ok(Some(r#""x de""#.to_owned())));
    assert_eq!(site.ask(yaml, "foo.com", &here), Ok(Some(r#"{"docroot"=>"/var/www"}"#.to_owned())));
}

#[test]
fn classes_of_data_are_asked_in_the_order_of_the_seed() {
    let puppet = ":parser: Puppet\n:precedence: ['%{calling_class}', '%{calling_module}', '%{customer}']\n:puppet:\n  :datasource: data\n  :modulepath: DIR\n";
    let site = Site::new(&[
        ("data/manifests/acme.pp", "class data::acme { $a = 'customer' }"),
        ("data/manifests/ntp.pp", "class data::ntp { $a = 'data::ntp' $b = \"x ${country}\" }"),
        ("ntp/manifests/config/data.pp", "class ntp::config::data { $c = ['class'] }"),
        ("ntp/manifests/data.pp", "class ntp::data { $c = 'module' $d = 5 }"),
    ]);
    let here = [
        ("calling_class", "ntp::config"),
        ("calling_module", "ntp"),
        ("customer", "acme"),
        ("country", "de"),
    ];
    for (key, expected) in
        [("a", r#""data::ntp""#), ("b", r#""x de""#), ("c", r#"["class"]"#), ("d", "5")]
    {
        assert_eq!(site.ask(puppet, key, &here), Ok(Some(expected.to_owned())), "{key}");
    }
    assert_eq!(site.ask(puppet, "a", &here[2..]), Ok(Some(r#""customer""#.to_owned())));
    assert_eq!(site.ask(puppet, "c", &here[2..]), Ok(None));
}

#[test]
fn settings_that_are_wrong_are_told() {
    for (text, what) in [
        (":parser: XML\n:precedence: [a]\n", "1:1: key ':parser': no parser 'XML'"),
        (":parser: CSV\n", "there are no levels"),
        (":precedence: [a]\n:csv: x\n", "it is a text"),
        (":precedence: [a]\n:csv:\n  :datadir: [x]\n", ":datadir is a list"),
    ] {
        let fault = Config::parse(text).unwrap_err().of(Path::new("f")).to_string();
        assert!(fault.contains(what), "{fault}");
    }
}

#[test]
fn a_directory_becomes_data_of_hiera() {
    let converted = Converted::of("ntp,a,b\ncountry,uk\nempty\n").unwrap();
    assert_eq!(converted.yaml, "---\nntp:\n- a\n- b\ncountry: uk\n");
    assert_eq!(
        converted.json,
        "{\n  \"ntp\": [\n    \"a\",\n    \"b\"\n  ],\n  \"country\": \"uk\"\n}\n"
    );
    let config = Config::parse(CSV).unwrap();
    let text = hiera_config(&config, "yaml", "/srv/data");
    let hiera = hiera3::Config::parse(&text).unwrap();
    assert_eq!(
        (hiera.hierarchy, hiera.datadirs),
        (config.precedence, vec!["/srv/data".to_owned()])
    );
}
