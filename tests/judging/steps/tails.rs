//! What may be written in the open places of a sentence: comparisons, filters, names of sets.

use serde_json::json;

use super::case::{Different, Sentence, check, given, held, then, undecided, violated};
use super::estate::{Answer, Estate, estate, node};

/// One node with a fact of each kind.
fn one() -> Estate {
    estate([node("web1")
        .class("nginx")
        .fact("cpus", "8")
        .fact("load", 0.5)
        .fact("kernel", "Linux")
        .fact("version", "1.10.2")
        .fact("virtual", true)
        .fact("os.name", "written with a dot")
        .fact("os", json!({"name": "Debian", "release": {"major": "12"}}))
        .fact("models", json!(["Xeon", "Epyc", 7]))])
}

pub fn sentences() -> Vec<Sentence> {
    vec![comparisons(), facts(), filters(), names()]
}

fn comparisons() -> Sentence {
    given(
        "node(s) whose fact {name} {comparison} {value}",
        one(),
        vec![
            held("Given nodes whose fact 'cpus' is '8.0'; Then there is exactly 1 of it"),
            held("Given nodes whose fact 'cpus' is 8; Then there is exactly 1 of it"),
            held("Given nodes whose fact 'virtual' is 'true'; Then there is exactly 1 of it"),
            held("Given nodes whose fact 'kernel' is 'linux'; Then there are none"),
            held("Given nodes whose fact 'kernel' is '/^LIN/i'; Then there is exactly 1 of it"),
            held("Given nodes whose fact 'kernel' is not 'Linux'; Then there are none"),
            held("Given nodes whose fact 'nosuch' is not 'Linux'; Then there are none"),
            held("Given nodes whose fact 'kernel' matches 'in.x$'; Then there is exactly 1 of it"),
            held("Given nodes whose fact 'models' includes 'Epyc'; Then there is exactly 1 of it"),
            held("Given nodes whose fact 'models' includes '7.0'; Then there is exactly 1 of it"),
            held("Given nodes whose fact 'models' includes 'Epy'; Then there are none"),
            held("Given nodes whose fact 'kernel' includes 'inu'; Then there is exactly 1 of it"),
            held("Given nodes whose fact 'cpus' is at least 8; Then there is exactly 1 of it"),
            held("Given nodes whose fact 'cpus' is at most 7; Then there are none"),
            held("Given nodes whose fact 'cpus' is more than 8; Then there are none"),
            held("Given nodes whose fact 'cpus' is more than '7.5'; Then there is exactly 1 of it"),
            held("Given nodes whose fact 'load' is less than 1; Then there is exactly 1 of it"),
            held("Given nodes whose fact 'load' is less than +0.5; Then there are none"),
            held("Given nodes whose fact 'kernel' is at least 1; Then there are none"),
            held("Given nodes whose fact 'cpus' is at most 'many'; Then there are none"),
            held(
                "Given nodes whose fact 'version' is at least version '1.9'; Then there is exactly 1 of it",
            ),
            held("Given nodes whose fact 'version' is at most version '1.10'; Then there are none"),
            held(
                "Given nodes whose fact 'version' is more than version '1.10.2'; Then there are none",
            ),
            held(
                "Given nodes whose fact 'version' is less than version '1.10.10'; Then there is exactly 1 of it",
            ),
            held(
                "Given nodes whose fact 'kernel' is one of 'Darwin,  Linux'; Then there is exactly 1 of it",
            ),
            held("Given nodes whose fact 'kernel' is one of 'Darwin'; Then there are none"),
        ],
    )
}

/// As it is written first, then into structures; names ignore case.
fn facts() -> Sentence {
    then(
        "the fact {name} of every one {comparison} {value}",
        one(),
        vec![
            held("Given all nodes; Then the fact 'os.name' of every one is 'written with a dot'"),
            held("Given all nodes; Then the fact 'OS.Release.major' of every one is 12"),
            held("Given all nodes; Then the fact 'models.1' of every one is 'Epyc'"),
            violated("Given all nodes; Then the fact 'models.3' of every one is 'Epyc'", &["web1"])
                .says("web1 has no fact models.3"),
            violated("Given all nodes; Then the fact 'kernel' of every one is at least 5", &["web1"])
                .says("the fact kernel of web1 is \"Linux\", and it should be at least \"5\""),
            violated("Given all nodes; Then the fact 'kernel' of every one matches '/^D/'", &["web1"])
                .says("the fact kernel of web1 is \"Linux\", and it should match \"/^D/\""),
            violated("Given all nodes; Then the fact 'models' of every one includes 'Ryzen'", &["web1"])
                .says("the fact models of web1 is [\"Xeon\",\"Epyc\",7], and it should include \"Ryzen\""),
            violated("Given all nodes; Then the fact 'version' of every one is less than version '1.9'", &["web1"])
                .says("the fact version of web1 is \"1.10.2\", and it should be less than version \"1.9\""),
            violated("Given all nodes; Then the fact 'kernel' of every one is not 'Linux'", &["web1"])
                .says("the fact kernel of web1 is \"Linux\", and it should not be \"Linux\""),
        ],
    )
}

fn filters() -> Sentence {
    given(
        "node(s) matching {name}",
        one(),
        vec![
            held("Given nodes matching 'kernel=Linux'; Then there is exactly 1 of it"),
            held("Given nodes matching 'cpus>=8 and cpus<10'; Then there is exactly 1 of it"),
            held(
                "Given nodes matching 'nginx and not (kernel=/^D/ or load>1)'; Then there is exactly 1 of it",
            ),
            held("Given nodes matching '!/^ngin/'; Then there are none"),
            // What it asks of the machine itself is not known.
            undecided(r#"Given nodes matching "fstat('/etc/passwd').size>0"; Then there are none"#)
                .because("only the machine itself can answer fstat"),
            // Whatever the stranger is, it is not both.
            held("Given nodes matching 'nginx and kernel=Darwin'; Then there are none"),
            undecided(
                "Given nodes matching 'nginx or kernel=Darwin'; Then there is exactly 1 of it",
            )
            .on(one().and(node("new1").only(Answer))),
        ],
    )
}

/// `as {name}` names what a Given leaves, also a narrowed set.
fn names() -> Sentence {
    let estate = estate([node("a").class("x"), node("b").class("x").class("y"), node("c")]);
    given(
        "{keep} those with class {name}",
        estate,
        vec![
            held(
                "Given nodes with class 'x' as 'all x'; And only those with class 'y' as 'both'; When the 'both' is shut down; Given nodes with class 'x'; Then there is exactly 1 of it",
            ),
            held(
                "Given nodes with class 'x' as 'set'; And only those with class 'y'; When the 'set' are shut down; Given all nodes; Then there is exactly 1 of it",
            ),
            // A name that is given twice means the later set.
            held(
                "Given nodes with class 'x' as 'set'; And only those with class 'y' as 'set'; When the 'set' are shut down; Given all nodes; Then there are exactly 2 of them",
            ),
        ],
    )
}

#[test]
fn verdicts() -> Result<(), Different> {
    check(&sentences())
}
