//! Values that are encrypted: by OpenSSL, which is what hiera-eyaml calls.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use groundrule_lookup::data::Map;
use groundrule_lookup::hiera5::{Outcome, Request, in_words};

use crate::{ask, layout};

fn openssl(directory: &Path, arguments: &[&str], input: &str) -> Vec<u8> {
    let mut child = Command::new("openssl")
        .args(arguments)
        .current_dir(directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("Debian's package openssl is installed: ci/install");
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "openssl {arguments:?}");
    output.stdout
}

/// A pair of keys, as `eyaml createkeys` makes it.
fn keys(directory: &Path, name: &str, form: &[&str]) {
    let key = format!("{name}.pem");
    let mut arguments = vec!["genrsa", "-out", &key];
    arguments.extend(form);
    arguments.push("2048");
    openssl(directory, &arguments, "");
    let certificate = format!("{name}.crt");
    openssl(
        directory,
        &["req", "-x509", "-key", &key, "-subj", "/", "-days", "9", "-out", &certificate],
        "",
    );
}

/// The text, encrypted.
fn encrypted(directory: &Path, name: &str, cipher: &str, text: &str) -> String {
    let certificate = format!("{name}.crt");
    let arguments = ["smime", "-encrypt", "-binary", cipher, "-outform", "PEM", &certificate];
    let pem = String::from_utf8(openssl(directory, &arguments, text)).unwrap();
    let body: String = pem.lines().filter(|line| !line.starts_with("---")).collect();
    format!("ENC[PKCS7,{body}]")
}

fn site(directory: &Path, data: &str) {
    let key = directory.join("good.pem");
    let config = format!(
        "version: 5\nhierarchy:\n- name: Secrets\n  lookup_key: eyaml_lookup_key\n  path: secrets.eyaml\n  options: {{pkcs7_private_key: {}}}\n- name: Common\n  path: common.yaml\n  data_hash: yaml_data\n",
        key.display()
    );
    fs::write(directory.join("hiera.yaml"), config).unwrap();
    fs::create_dir_all(directory.join("data")).unwrap();
    fs::write(directory.join("data/secrets.eyaml"), data).unwrap();
    let common = "url: \"db://%{lookup('plain')}@host\"\nindirect: \"x%{lookup('folded')}\"\n";
    fs::write(directory.join("data/common.yaml"), common).unwrap();
}

fn of(directory: &Path, key: &str) -> Outcome {
    let request = Request { explain: true, ..Request::default() };
    ask(layout(directory), &Map::default(), &[key], &request)
}

#[test]
fn what_is_encrypted_is_answered_and_shown_nowhere_else() {
    let place = tempfile::tempdir().unwrap();
    let directory = place.path();
    keys(directory, "good", &["-traditional"]);
    let text = "pass %{word}";
    let one = encrypted(directory, "good", "-aes256", text);
    let two = encrypted(directory, "good", "-aes128", "second");
    let folded = one
        .as_bytes()
        .chunks(60)
        .map(|line| String::from_utf8_lossy(line))
        .collect::<Vec<_>>()
        .join("\n  ");
    let data = format!(
        "plain: {one}\nboth: \"user:{one}/{two}\"\nfolded: >\n  {folded}\ndeep: {{a: [\"{one}\"], b: \"%{{trusted.certname}}\"}}\nclear: none\n"
    );
    site(directory, &data);
    for (key, expected, is_secret) in [
        ("plain", r#""pass %{word}""#, true),
        ("both", r#""user:pass %{word}/second""#, true),
        ("folded", r#""pass %{word}""#, true),
        ("deep", r#"{"a"=>["pass %{word}"], "b"=>"web1.example.net"}"#, true),
        ("deep.b", r#""web1.example.net""#, true),
        ("clear", r#""none""#, false),
        // What is looked up by others is interpolated there, as by Puppet.
        ("indirect", r#""xpass ""#, true),
    ] {
        let outcome = of(directory, key);
        let answer = outcome.answer.unwrap().unwrap();
        assert_eq!(
            (answer.value.inspect().as_str(), answer.is_secret),
            (expected, is_secret),
            "{key}"
        );
        let told = in_words(&outcome.steps, Some(&answer));
        assert!(!told.contains("pass ") && !told.contains("second"), "{told}");
        assert!(!format!("{:?}", outcome.steps).contains("pass "));
    }
}

#[test]
fn what_cannot_be_opened_says_so_and_nothing_more() {
    let place = tempfile::tempdir().unwrap();
    let directory = place.path();
    keys(directory, "good", &[]);
    keys(directory, "other", &[]);
    let foreign = encrypted(directory, "other", "-aes256", "hidden");
    let mut broken = encrypted(directory, "good", "-aes256", "hidden");
    broken.replace_range(40..44, "AAAA");
    let old = encrypted(directory, "good", "-des3", "hidden");
    site(
        directory,
        &format!(
            "foreign: {foreign}\nbroken: {broken}\nold: {old}\ngpg: ENC[GPG,aGlkZGVu]\nopen: ENC[PKCS7,aGlkZGVu\ntext: ENC[PKCS7,!!!]\nshort: ENC[PKCS7,aGlkZGVu]\n"
        ),
    );
    for (key, part) in [
        ("foreign", "the private key does not open an encrypted part"),
        ("broken", "encrypted part"),
        ("old", "the cipher 1.2.840.113549.3.7 is not known here"),
        ("gpg", "encryption by GPG is not known here"),
        ("open", "is not closed"),
        ("text", "is no base64"),
        ("short", "is no PKCS7 envelope"),
    ] {
        let fault = of(directory, key).answer.unwrap_err().to_string();
        assert!(fault.contains(part) && fault.contains(&format!("key '{key}'")), "{fault}");
        assert!(
            fault.contains("secrets.eyaml:")
                && !fault.contains("hidden")
                && !fault.contains("aGlk"),
            "{fault}"
        );
    }
    for text in ["", "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n"] {
        fs::write(directory.join("good.pem"), text).unwrap();
        let fault = of(directory, "foreign").answer.unwrap_err().to_string();
        assert!(fault.contains("good.pem: ") && fault.contains("no RSA private key"), "{fault}");
    }
    fs::remove_file(directory.join("good.pem")).unwrap();
    let fault = of(directory, "foreign").answer.unwrap_err().to_string();
    assert!(fault.contains("there is no such private key"), "{fault}");
}
