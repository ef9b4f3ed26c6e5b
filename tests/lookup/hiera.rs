//! `groundrule hiera` beside captured output of Ruby's `hiera` 3.10, and its own options.

use std::fs;
use std::path::Path;

use crate::site::{Ran, Site, program};

/// What is captured: crates/lookup/tests/hiera3.
fn captured() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/lookup/tests/hiera3")
}

#[test]
fn captured_commands_print_and_end_the_same() {
    let folder = captured();
    let index = fs::read_to_string(folder.join("out/index.tsv")).unwrap();
    let mut cases = 0;
    for row in index.lines() {
        let cells: Vec<&str> = row.split('\t').collect();
        let [name, code, _, command] = cells[..] else { panic!("{row}") };
        let command = command.replace("\\'", "'");
        let arguments: Vec<&str> = command.split_whitespace().collect();
        assert_eq!(arguments[0], "hiera");
        let ran: Ran = program(&folder, &arguments).output().unwrap().into();
        let expected = fs::read_to_string(folder.join(format!("out/{name}.out"))).unwrap();
        assert_eq!(
            (ran.stdout.as_str(), ran.code.to_string().as_str()),
            (expected.as_str(), code),
            "{name}: {ran:?}"
        );
        assert_eq!(ran.code != 0, ran.stderr.contains("error: "), "{name}: {ran:?}");
        cases += 1;
    }
    assert!(cases >= 38, "{cases}");
}

#[test]
fn faults_tell_file_line_and_key() {
    for (arguments, what) in [
        (["ntpserver", "location=dcbad"], "data3/dcbad.yaml:1:12: key 'ntpserver': not YAML"),
        (
            ["ntpserver", "location=dclist"],
            "data3/dclist.yaml:1:1: key 'ntpserver': it holds a list instead of a hash",
        ),
        (
            ["loop_a", "location=dc1"],
            "data3/common.yaml:10:1: key 'loop_a': an interpolation leads back to itself: hiera('loop_b') -> hiera('loop_a') -> hiera('loop_b')",
        ),
        (["ntpserver", "location=../data3/dc1"], "leads out of the data directory"),
        (
            ["-h", "ntpserver"],
            "data3/common.yaml:2:1: key 'ntpserver': Hiera type mismatch: expected Hash and got String",
        ),
        (["a..b", "x=y"], "key 'a..b': syntax error"),
    ] {
        let ran: Ran =
            program(&captured(), &["hiera", "-c", "hiera3.yaml", arguments[0], arguments[1]])
                .output()
                .unwrap()
                .into();
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{ran:?}");
        assert!(ran.stderr.contains(what), "{what}: {}", ran.stderr);
    }
}

#[test]
fn the_command_line_is_that_of_ruby() {
    let run = |arguments: &[&str]| -> Ran {
        program(&captured(), &[&["hiera"], arguments].concat()).output().unwrap().into()
    };
    assert_eq!(run(&["-V"]).stdout, "3.10.0\n");
    assert!(run(&["--help"]).stdout.starts_with("Usage: groundrule hiera [options] key"));
    for (arguments, what) in [
        (&["-c", "hiera3.yaml"][..], "Please supply a data item to look up"),
        (&["-x", "k"], "invalid option: -x"),
        (&["-f", "xml", "k"], "Unknown output format: xml"),
        (&["-c", "hiera3.yaml", "-j", "nope.json", "k"], "nope.json: there is no such file"),
        (&["-c", "hiera3.yaml", "-m", "-rf", "k"], "no node's identity"),
    ] {
        let ran = run(arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{ran:?}");
        assert!(ran.stderr.contains(what), "{}", ran.stderr);
    }
    let json = run(&["-c", "hiera3.yaml", "-jfacts.json", "--form=json", "jsononly"]);
    assert_eq!(json.stdout, "{\"a\":[1,null,true]}\n");
    assert_eq!(
        run(&["-c", "hiera3.yaml", "ntpserver", "a", "b"]).stderr,
        "Don't know how to parse scope argument: b\n"
    );
}

#[test]
fn a_nodes_facts_are_the_scope() {
    let site = Site::new(&[
        ("hiera.yaml", ":hierarchy: ['%{::location}', common]\n:yaml:\n  :datadir: DIR/data\n"),
        ("data/dc2.yaml", "ntp: 'ntp.%{os.family}'\n"),
        ("estate/facts/web1.json", r#"{"location": "dc2", "os": {"family": "Debian"}}"#),
    ]);
    for option in ["-i", "--node", "--inventory_service"] {
        let ran =
            site.run(&["hiera", "-c", "hiera.yaml", "--estate", "estate", option, "web1", "ntp"]);
        assert_eq!((ran.code, ran.stdout.as_str()), (0, "ntp.Debian\n"), "{ran:?}");
    }
    let ran = site.run(&["--estate", "estate", "hiera", "-c", "hiera.yaml", "-i", "web2", "ntp"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.stderr.contains("there are no facts of web2")
            && ran.stderr.contains("did you mean web1?"),
        "{}",
        ran.stderr
    );
}

#[test]
fn the_puppet_backend_comes_after_the_files() {
    let site = Site::new(&[
        (
            "hiera.yaml",
            "---\n:backends:\n  - yaml\n  - puppet\n:hierarchy:\n  - \"%{location}\"\n  - common\n:yaml:\n  :datadir: DIR/hieradb\n:puppet:\n  :modulepath: DIR/modules\n",
        ),
        ("hieradb/dc1.yaml", "ntpservers:\n  - ntp1.dc1.example.com\n  - ntp2.dc1.example.com\n"),
        (
            "modules/data/manifests/common.pp",
            "class data::common { $ntpservers = [\"ntp1.example.com\", \"ntp2.example.com\"] $x = template('a') }\n",
        ),
        (
            "modules/ntp/manifests/data.pp",
            "class ntp::data { $ntpservers = [\"1.pool.ntp.org\"] $port = 123 $name = \"ntp on ${fqdn}\" }\n",
        ),
    ]);
    let ask = |arguments: &[&str]| site.run(&[&["hiera", "-c", "hiera.yaml"], arguments].concat());
    assert_eq!(
        ask(&["ntpservers", "location=dc1"]).stdout,
        "[\"ntp1.dc1.example.com\", \"ntp2.dc1.example.com\"]\n"
    );
    let fault = ask(&["ntpservers"]);
    assert_eq!(fault.code, 1);
    assert!(
        fault
            .stderr
            .contains("modules/data/manifests/common.pp:1:82: key '$x': template is a function"),
        "{}",
        fault.stderr
    );
    fs::write(
        site.path("modules/data/manifests/common.pp"),
        "class data::common { $ntpservers = ['ntp1.example.com'] }",
    )
    .unwrap();
    let own = ["calling_class=ntp::config", "fqdn=web1"];
    assert_eq!(ask(&[&["ntpservers"], &own[..]].concat()).stdout, "[\"ntp1.example.com\"]\n");
    assert_eq!(ask(&[&["port"], &own[..]].concat()).stdout, "123\n");
    assert_eq!(ask(&[&["name"], &own[..]].concat()).stdout, "ntp on web1\n");
    assert_eq!(
        ask(&[&["-a", "ntpservers"], &own[..]].concat()).stdout,
        "[\"ntp1.example.com\", \"1.pool.ntp.org\"]\n"
    );
}

#[test]
fn files_that_are_none_are_told() {
    let site = Site::new(&[
        ("hiera.yaml", ":hierarchy: ['%{level}', common]\n:yaml:\n  :datadir: DIR/data\n"),
        ("data/common.yaml", "k: v\n"),
    ]);
    let made =
        std::process::Command::new("mkfifo").arg(site.path("data/fifo.yaml")).status().unwrap();
    assert!(made.success());
    std::os::unix::fs::symlink("loop.yaml", site.path("data/loop.yaml")).unwrap();
    fs::create_dir(site.path("data/folder.yaml")).unwrap();
    fs::File::create(site.path("data/huge.yaml")).unwrap().set_len(1 << 30).unwrap();
    fs::write(site.path("data/latin1.yaml"), b"k: caf\xe9\n").unwrap();
    let bomb: String = (1..12)
        .fold("a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned(), |text, n| {
            format!("{text}a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 9].join(", "))
        });
    fs::write(site.path("data/bomb.yaml"), bomb).unwrap();
    for (level, what) in [
        ("fifo", "no regular file"),
        ("loop", "cannot be read"),
        ("folder", "it is a directory"),
        ("huge", "larger than"),
        ("latin1", "data/latin1.yaml:1:7: key 'k': a character that is not UTF-8"),
        ("bomb", "aliases counted each time"),
        ("../x", "leads out of the data directory"),
    ] {
        let ran = site.run(&["hiera", "-c", "hiera.yaml", "k", &format!("level={level}")]);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{level}: {ran:?}");
        assert!(
            ran.stderr.contains(what) && !ran.stderr.contains("panicked"),
            "{level}: {}",
            ran.stderr
        );
    }
    assert_eq!(site.run(&["hiera", "-c", "hiera.yaml", "k", "level=none"]).stdout, "v\n");
}
