use super::*;

fn variables(text: &str) -> Result<String, Fault> {
    let document = read(text, &Limits::default())?;
    Ok(class(&document, "data::common")
        .map_or_else(|| "none".to_owned(), |class| class.root.inspect()))
}

fn body(body: &str) -> Result<String, Fault> {
    variables(&format!("class data::common {{\n{body}\n}}\n"))
}

#[test]
fn literal_variables_are_read() {
    for (text, expected) in [
        ("$ntpservers = [\"a\", 'b',]", r#"{"ntpservers"=>["a", "b"]}"#),
        (
            "$a = 1 # one\n/* two\n */ $b = -2.5 $c = 0755 $d = 0x1F $e = 1e3",
            r#"{"a"=>1, "b"=>-2.5, "c"=>493, "d"=>31, "e"=>1000.0}"#,
        ),
        ("$a = true\n$b = undef $c = present", r#"{"a"=>true, "b"=>nil, "c"=>"present"}"#),
        (
            "$h = { 'a' => 1, b => { c => [] }, 3 => x, }",
            r#"{"h"=>{"a"=>1, "b"=>{"c"=>[]}, 3=>"x"}}"#,
        ),
        (
            r#"$a = "x ${::domain} $fqdn ${facts['os'][family]}""#,
            r#"{"a"=>"x %{::domain} %{fqdn} %{facts.os.family}"}"#,
        ),
        (
            r#"$base = "/srv" $a = "${base}/x" $b = $base"#,
            r#"{"base"=>"/srv", "a"=>"/srv/x", "b"=>"/srv"}"#,
        ),
        (
            r#"$a = "q\"\n\t\$x \u{e9}\u00e9\d" $b = 'it\'s \n'"#,
            r#"{"a"=>"q\"\n\t$x éé\\d", "b"=>"it's \\n"}"#,
        ),
        ("$a = '%{x}'", r#"{"a"=>"%{literal('%')}{x}"}"#),
        ("", "{}"),
    ] {
        assert_eq!(body(text).as_deref(), Ok(expected), "{text}");
    }
    assert_eq!(
        variables("class other { $a = 1 }\nclass Data::Common { $a = 2 }").as_deref(),
        Ok(r#"{"a"=>2}"#)
    );
    assert_eq!(variables("class other {}").as_deref(), Ok("none"));
}

#[test]
fn what_is_not_literal_is_refused_at_its_place() {
    for (text, place, what) in [
        ("$a = 1\n$b = template('x')", (3, 6), "template is a function"),
        ("$a = 1 + 2", (2, 8), "'+'"),
        ("file { '/x': }", (2, 1), "'file'"),
        ("$a = File['/x']", (2, 6), "a type"),
        ("$a = $unknown", (2, 6), "not set above"),
        ("$a = \"${x.upcase}\"", (2, 6), "more than a variable"),
        ("$a = [1, 2", (3, 1), "'}'"),
        ("$a = 'open", (2, 6), "no end"),
        ("$a = 1\n$a = 2", (3, 1), "twice"),
        ("$a = 08x", (2, 6), "no number"),
        ("if $x { $a = 1 }", (2, 1), "'if'"),
        ("$a += 1", (2, 4), "'+='"),
        ("$a = @(END)", (2, 6), "'@'"),
    ] {
        let fault = body(text).unwrap_err();
        assert_eq!((fault.line, fault.column), (Some(place.0), Some(place.1)), "{text}: {fault}");
        assert!(fault.what.contains(what), "{text}: {fault}");
    }
    for (text, what) in [
        ("class data::common ($a = 1) { }", "has parameters"),
        ("class data::common inherits x { }", "inherits"),
        ("node default { }", "'node'"),
        ("class data::common { $a = 1", "ends in the middle"),
        ("/* x", "no end"),
    ] {
        assert!(variables(text).unwrap_err().what.contains(what), "{text}");
    }
}

#[test]
fn files_of_classes_are_known() {
    assert_eq!(file_of("data::common").as_deref(), Some("data/manifests/common.pp"));
    assert_eq!(file_of("ntp::config::data").as_deref(), Some("ntp/manifests/config/data.pp"));
    assert_eq!(file_of("ntp").as_deref(), Some("ntp/manifests/init.pp"));
    for name in ["data::web1.example.net", "data::../x", "Data", "data::", "", "data::a/b"] {
        assert_eq!(file_of(name), None, "{name}");
    }
}
