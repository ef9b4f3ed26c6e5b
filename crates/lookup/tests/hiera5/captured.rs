//! What `puppet lookup` 7.23 said.

use std::fs;

use groundrule_lookup::data::Value;
use groundrule_lookup::hiera5::types::parse;
use groundrule_lookup::hiera5::{Merge, Request};
use groundrule_lookup::render::yaml;

use crate::{ask, captured, facts, layout};

/// One captured call.
struct Call {
    name: String,
    code: u8,
    keys: Vec<String>,
    facts: String,
    options: Vec<(String, String)>,
}

impl Call {
    fn read(line: &str) -> Self {
        let fields: Vec<&str> = line.split('\t').collect();
        let command = fields[3].replace('\\', "");
        let mut words = command.split_whitespace().skip(2);
        let (mut keys, mut facts, mut options) = (Vec::new(), String::new(), Vec::new());
        while let Some(word) = words.next() {
            match word.split_once('=').unwrap_or((word, "")) {
                ("--facts", _) => facts = words.next().unwrap().to_owned(),
                (
                    flag @ ("--sort-merged-arrays"
                    | "--merge-hash-arrays"
                    | "--explain"
                    | "--explain-options"),
                    _,
                ) => {
                    options.push((flag.to_owned(), String::new()));
                }
                (option, value) if option.starts_with("--") && !value.is_empty() => {
                    options.push((option.to_owned(), value.to_owned()));
                }
                (option, _) if option.starts_with("--") => {
                    options.push((option.to_owned(), words.next().unwrap().to_owned()));
                }
                _ => keys.push(word.to_owned()),
            }
        }
        Self { name: fields[0].to_owned(), code: fields[1].parse().unwrap(), keys, facts, options }
    }

    fn option(&self, name: &str) -> Option<&str> {
        self.options.iter().find(|(option, _)| option == name).map(|(_, value)| value.as_str())
    }

    fn request(&self) -> Request {
        let merge = self.option("--merge").map(|name| {
            let mut merge = Merge::read(&name.into()).unwrap();
            if let Merge::Deep(deep) = &mut merge {
                deep.knockout_prefix = self.option("--knock-out-prefix").map(str::to_owned);
                deep.sort_merged_arrays = self.option("--sort-merged-arrays").is_some();
                deep.merge_hash_arrays = self.option("--merge-hash-arrays").is_some();
            }
            merge
        });
        let expected = self.option("--type").map(|text| (text.to_owned(), parse(text).unwrap()));
        Request {
            merge,
            expected,
            default: self.option("--default").map(Value::from),
            explain: false,
        }
    }
}

#[test]
fn each_call_is_answered_as_by_puppet() {
    let index = fs::read_to_string(captured("answers/index.tsv")).unwrap();
    let calls: Vec<Call> = index.lines().map(Call::read).collect();
    assert!(calls.len() >= 35);
    let mut asked = 0;
    for call in &calls {
        let path = captured(&call.facts);
        // How an answer is explained is our own; bad files of facts are the command's.
        if call.name.starts_with("explain") || !path.exists() || call.name == "incompletefacts" {
            continue;
        }
        let keys: Vec<&str> = call.keys.iter().map(String::as_str).collect();
        let outcome =
            ask(layout(&captured("env/production")), &facts(&path), &keys, &call.request());
        let said = match &outcome.answer {
            Ok(Some(answer)) => match call.option("--render-as") {
                Some("s") => format!("{}\n", answer.value.to_s()),
                Some("json") => format!("{}\n", serde_json::Value::from(&answer.value)),
                _ => yaml(&answer.value),
            },
            Ok(None) | Err(_) => String::new(),
        };
        let expected = fs::read_to_string(captured(&format!("answers/{}.out", call.name))).unwrap();
        assert_eq!(said, expected, "{}: {:?}", call.name, outcome.answer);
        assert_eq!(matches!(outcome.answer, Ok(Some(_))), call.code == 0, "{}", call.name);
        asked += 1;
    }
    assert!(asked >= 27, "{asked} calls");
}

#[test]
fn failures_say_what_failed() {
    let of = |facts_file: &str, key: &str, request: &Request| {
        let outcome = ask(
            layout(&captured("env/production")),
            &facts(&captured(facts_file)),
            &[key],
            request,
        );
        outcome.answer.unwrap_err().to_string()
    };
    let none = Request::default();
    let merged = |name: &str| Request {
        merge: Some(Merge::read(&name.into()).unwrap()),
        ..Request::default()
    };
    for (said, parts) in [
        (of("facts5bad.json", "ntpserver", &none), &["data/dcbad.yaml:", "not YAML"][..]),
        (
            of("facts5.json", "loop_a", &none),
            &["common.yaml:13:1", "loop_a", "leads back to itself"],
        ),
        (of("facts5.json", "ntpserver.foo", &none), &["key 'ntpserver.foo'", "asked of a text"]),
        (of("facts5.json", "users", &merged("unique")), &["unique wants", "a hash"]),
        (of("facts5.json", "classes", &merged("hash")), &["hash wants hashes", "a list"]),
        (
            of(
                "facts5.json",
                "classes",
                &Request {
                    expected: Some(("Integer".to_owned(), parse("Integer").unwrap())),
                    ..Request::default()
                },
            ),
            &["key 'classes'", "Integer is expected, this is Array"],
        ),
    ] {
        for part in parts {
            assert!(said.contains(part), "{part} in {said}");
        }
    }
}

#[test]
fn data_of_a_module_that_is_not_its_own_is_told() {
    let facts = facts(&captured("facts5.json"));
    let outcome =
        ask(layout(&captured("env/production")), &facts, &["ntp::servers"], &Request::default());
    assert_eq!(outcome.notices.len(), 1);
    assert!(
        outcome.notices[0].contains("m.yaml: key 'other::key' is left out"),
        "{:?}",
        outcome.notices
    );
}
