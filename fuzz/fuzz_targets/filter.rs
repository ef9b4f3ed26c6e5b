//! Whatever is written as a filter is read or refused; what is read prints as it reads.
#![no_main]

use groundrule_core::filter::{Filter, Test};
use libfuzzer_sys::fuzz_target;
use serde_json::json;

fuzz_target!(|written: &str| {
    let _ = Filter::class(written);
    let _ = Filter::identity(written);
    let _ = Filter::agent(written);
    let _ = Filter::with(written);
    accepts(Filter::fact(written).ok().as_ref());
    let read = match Filter::parse(written) {
        Ok(read) => read,
        Err(error) => {
            assert!(error.at <= written.chars().count(), "{error}");
            return;
        }
    };
    accepts(Some(&read));
    let printed = read.to_string();
    match Filter::parse(&printed) {
        Ok(again) => assert_eq!(format!("{read:?}"), format!("{again:?}"), "{printed}"),
        Err(error) => assert!(error.what.contains("nested too deep"), "{printed}: {error}"),
    }
});

/// Asks every comparison of a filter about values of every type.
fn accepts(filter: Option<&Filter>) {
    let values = [json!("a"), json!("8"), json!(1.5), json!(true), json!(["a", 8]), json!({"a": 1})];
    for test in filter.map(Filter::tests).unwrap_or_default() {
        if let Test::Fact(test) = test {
            for value in &values {
                let _ = test.accepts(value);
            }
        }
    }
}
