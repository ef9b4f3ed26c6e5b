//! What must never be green: a sentence that panics, and two sentences that match.
#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use groundrule_core::ports::Sources;
use groundrule_core::verdict::Status;
use groundrule_engine::estate::{Estate, Settings};
use groundrule_engine::event::{Event, RunFinished};
use groundrule_engine::policy::{
    Definition, Fault, Keyword, PathSpec, Selection, Unreadable, Vocabulary, Written, read,
};
use groundrule_engine::run::{Options, run};
use groundrule_engine::scene::{Misfit, Scene, Sentence, Shapes};
use groundrule_engine::waiver::{Mode, Waivers};
use jiff::Timestamp;

struct Says(fn());

#[async_trait]
impl Sentence for Says {
    fn fit(&self, _: &mut Shapes) -> Result<(), Misfit> {
        Ok(())
    }

    async fn perform(&self, _: &mut Scene) {
        (self.0)();
    }
}

/// How often the sentence was carried out that panics the first time only.
static TIMES: AtomicUsize = AtomicUsize::new(0);

const fn then(
    expression: &'static str,
    read: fn(&Written) -> Result<Box<dyn Sentence>, Unreadable>,
) -> Definition {
    Definition { keyword: Keyword::Then, expression, doc: "", example: "", read }
}

static SENTENCES: &[Definition] = &[
    then("it holds", |_| Ok(Box::new(Says(|| ())))),
    then("it panics", |_| Ok(Box::new(Says(|| panic!("a bug in a sentence"))))),
    then("it panics once", |_| {
        Ok(Box::new(Says(|| {
            let first = TIMES.fetch_add(1, Ordering::Relaxed) == 0;
            assert!(!first, "a bug that hides");
        })))
    }),
    then("it is {name}", |_| Ok(Box::new(Says(|| ())))),
    then("it is {value}", |_| Ok(Box::new(Says(|| ())))),
];

type Told = (Vec<(String, Status)>, Arc<RunFinished>);

/// Judges a feature: the ids and statuses that were told, in their order, and the end.
fn judge(feature: &str) -> Result<Told, Vec<Fault>> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("x.feature");
    std::fs::write(&path, feature).unwrap();
    let vocabulary = Vocabulary::new(&[SENTENCES]).unwrap();
    let plan = read(&[PathSpec { path, lines: Vec::new() }], &vocabulary, &Selection::default())?;
    let options = Options {
        run: "test".into(),
        estate: "estate".into(),
        fail_fast: false,
        concurrency: 4,
        waivers: Waivers::default(),
        mode: Mode::Ci,
        complete: true,
        problems: Vec::new(),
    };
    let mut judged = Vec::new();
    let mut end = None;
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let settings = Settings::at(Timestamp::UNIX_EPOCH);
        let estate = Arc::new(Estate::open(Sources::default(), settings).await);
        run(plan, &vocabulary, estate, options, |event| match event {
            Event::Judged(policy) => judged.push((policy.policy.id.clone(), policy.status)),
            Event::Finished(finished) => end = Some(finished),
            Event::Started(_) => {}
        })
        .await
    });
    Ok((judged, end.unwrap()))
}

#[test]
fn a_sentence_that_panics_is_a_bug_and_never_held() {
    let (judged, end) = judge(
        "Feature: x\n  Scenario: a\n    Then it holds\n  Scenario: b\n    Then it panics\n    And it holds\n  Scenario: c\n    Then it holds\n",
    )
    .unwrap();
    let held = |id: &str| (id.to_owned(), Status::Held);
    assert_eq!(judged, [held("x-a"), held("x-c")]);
    assert_eq!(end.summary.policies, 2);
    let lost: Vec<_> = end.not_judged.iter().map(|policy| policy.id.as_str()).collect();
    assert_eq!(lost, ["x-b"]);
    assert_eq!(end.crashed.len(), 1);
    assert!(end.crashed[0].ends_with("x.feature:4: a bug in a sentence"), "{:?}", end.crashed);
}

#[test]
fn a_retry_does_not_hide_a_panic() {
    let (judged, end) =
        judge("Feature: x\n  @retry(2)\n  Scenario: a\n    Then it panics once\n").unwrap();
    assert_eq!(judged, []);
    assert_eq!((end.summary.policies, end.not_judged.len(), end.crashed.len()), (0, 1, 1));
}

#[test]
fn two_sentences_that_match_are_a_fault() {
    let Err(faults) = judge("Feature: x\n  Scenario: a\n    Then it is \"so\"\n") else {
        panic!("it was judged");
    };
    assert_eq!(faults.len(), 1);
    assert_eq!((faults[0].line, faults[0].column), (3, 5));
    assert_eq!(faults[0].what, "2 sentences match: Then it is {name}; Then it is {value}");
}
