//! What holds of every filter.

use proptest::prelude::*;

use super::{Combine, Filter, FilterError};
use crate::logic::Tri;

impl Combine for Tri {
    fn complement(self) -> Self {
        !self
    }
    fn intersection(self, other: Self) -> Self {
        self.and(other)
    }
    fn union(self, other: Self) -> Self {
        self.or(other)
    }
}

/// A filter as somebody might write it.
fn written() -> impl Strategy<Value = String> {
    let operator = prop_oneof!["=", "==", "!=", "=~", "<", "<=", "=<", ">", ">=", "=>"];
    let value = prop_oneof![
        "[a-z0-9.~=<>!(]{1,4}",
        "/[a-z.^$ ]{0,4}(\\\\/[a-z]{0,2}|\\\\\\\\)?/",
        "\"([a-z /~()=]|\\\\\\\\|\\\\\"){0,5}\"",
        "'[a-z /~()=\"]{0,5}'",
    ];
    let name = prop_oneof!["[a-zA-Z][a-z_.!:]{0,4}", "fact\\(['][a-z =!/]{0,4}[']\\)[.]value"];
    let test = prop_oneof![
        (name, " ?", operator, " ?", value).prop_map(|(n, a, o, b, v)| format!("{n}{a}{o}{b}{v}")),
        "(::)?[a-zA-Z]{1,4}(::[a-z]{1,3})?",
        "/[a-z^. ]{0,4}(\\\\/)?/",
        "f[(]'[a-z]{0,2}'[)][.]x(=[a-z])?",
    ];
    test.prop_recursive(4, 24, 3, |inner| {
        let word = prop_oneof![Just(" and "), Just(" or ")];
        prop_oneof![
            (inner.clone(), word, inner.clone()).prop_map(|(a, word, b)| format!("{a}{word}{b}")),
            inner.clone().prop_map(|a| format!("({a})")),
            inner.clone().prop_map(|a| format!("( {a} )")),
            inner.clone().prop_map(|a| format!("not {a}")),
            inner.prop_map(|a| format!("!{a}")),
        ]
    })
}

/// Printing what was read, and reading that, changes nothing.
fn prints_as_it_reads(written: &str) {
    let Ok(read) = Filter::parse(written) else {
        return;
    };
    let printed = read.to_string();
    match Filter::parse(&printed) {
        Ok(again) => assert_eq!(format!("{again:?}"), format!("{read:?}"), "{written} {printed}"),
        Err(FilterError { what, .. }) if what.contains("nested too deep") => {}
        Err(error) => panic!("{written} is printed as {printed}: {error}"),
    }
}

#[test]
fn most_of_what_is_written_here_can_be_read() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let read = (0..500).filter(|_| {
        let tree = written().new_tree(&mut runner).unwrap();
        Filter::parse(&proptest::strategy::ValueTree::current(&tree)).is_ok()
    });
    assert!(read.count() > 250);
}

proptest! {
    #[test]
    fn well_formed_filters_print_as_they_read(written in written()) {
        prints_as_it_reads(&written);
    }

    #[test]
    fn anything_prints_as_it_reads(written in "[abN/=<>!~:()'\" \\\\]{0,24}|(and|or|not|[(]|[)]|a|fact[(]'|'[)][.]value|=| ){0,12}|.{0,16}") {
        prints_as_it_reads(&written);
        let _ = Filter::fact(&written);
        let _ = Filter::class(&written);
        let _ = Filter::identity(&written);
        let _ = Filter::agent(&written);
        let _ = Filter::with(&written);
    }

    /// A fact that is not known makes an answer unknown, or changes nothing.
    #[test]
    fn ignorance_never_turns_an_answer_round(
        written in written(),
        answers in prop::collection::vec((any::<bool>(), any::<bool>()), 64),
    ) {
        let Ok(filter) = Filter::parse(&written) else {
            return Ok(());
        };
        let all = answers.iter().map(|(yes, _)| Tri::from(*yes));
        let some = answers.iter().map(|(yes, hidden)| if *hidden { Tri::Unknown } else { Tri::from(*yes) });
        let whole = filter.combine(&Tri::True, &mut all.cycle());
        let part = filter.combine(&Tri::True, &mut some.cycle());
        prop_assert!(whole != Tri::Unknown);
        prop_assert!(part == whole || part == Tri::Unknown, "{} {:?} {:?}", filter, whole, part);
    }
}
