//! What holds for whatever plugins write.

use proptest::prelude::*;

use super::{Check, HOST, lines, passive_result, perfdata, read_line};
use crate::event::{Draft, Event, Kind, Severity};

fn back(line: &str) -> Event {
    let reading = read_line(1, line.as_bytes(), "test").unwrap().unwrap();
    assert_eq!(reading.complaints, [""; 0], "{line}");
    reading.draft.event()
}

proptest! {
    /// A status comes back from its passive result as it was.
    #[test]
    fn what_goes_out_comes_back(
        subject in "[a-z0-9.-]{1,20}", name in "[a-zé0-9 ./-]{0,10}[a-z]",
        text in "[a-zé \\\\;:=']{0,30}", details in proptest::option::of("[a-z\\\\;n]{1,10}"),
        severity in 0_u8..4, time in 0_u32.., labels in proptest::collection::btree_map("[a-zé'; /]{0,6}[a-z]", any::<i32>(), 0..5),
    ) {
        prop_assume!(name != HOST);
        let written = details.iter().fold(text.trim().to_owned(), |text, more| text + "\n" + more);
        let severity = Severity::of(severity).unwrap();
        let mut draft = Draft::new(Kind::Status, "test", &subject, &name, f64::from(time));
        draft = draft.severity(severity).text(&written);
        for (label, value) in &labels {
            draft = draft.metric(label, f64::from(*value) / 8.0);
        }
        let event = draft.event();
        let line = passive_result(&event).unwrap();
        let same = back(&line);
        prop_assert_eq!(same.subject(), event.subject());
        prop_assert_eq!(same.name(), event.name().trim());
        prop_assert_eq!(same.severity(), severity);
        prop_assert_eq!(same.time(), event.time());
        prop_assert_eq!(same.metrics(), event.metrics());
        if !text.trim().is_empty() {
            prop_assert_eq!(same.text(), text.trim());
        }
    }

    /// Whatever an event holds, it is one line that tells one result of one service.
    #[test]
    fn a_hostile_event_stays_one_result(subject: String, name: String, text: String, label: String) {
        let draft = Draft::new(Kind::Status, "test", &subject, &name, 5.0);
        let line = passive_result(&draft.text(text).metric(&label, 1.0).event()).unwrap();
        prop_assert!(!line.contains(['\n', '\r', '\0']));
        let read: Vec<_> = lines(line.as_bytes(), "test").collect();
        prop_assert_eq!(read.len(), 1);
        if let Ok(reading) = &read[0] {
            prop_assert_eq!(reading.draft.clone().event().severity(), Severity::Ok);
        }
    }

    /// Figures are found among each other, in any quoting.
    #[test]
    fn figures_are_found(figures in proptest::collection::btree_map("[a-z'=; é]{0,8}[a-z]", any::<i32>(), 0..8)) {
        let text: Vec<_> = figures.iter()
            .map(|(label, value)| format!("'{}'={value};1;@2:3;;", label.replace('\'', "''")))
            .collect();
        let (found, complaints) = perfdata(&text.join(" "));
        prop_assert_eq!(complaints, [""; 0]);
        let found: std::collections::BTreeMap<_, _> =
            found.into_iter().map(|figure| (figure.label, figure.value)).collect();
        prop_assert_eq!(found.len(), figures.len());
        for (label, value) in figures {
            prop_assert_eq!(found.get(&label).copied(), Some(f64::from(value)));
        }
    }

    /// Nothing that comes makes it fail in another way than saying why.
    #[test]
    fn anything_is_read_or_explained(bytes in proptest::collection::vec(any::<u8>(), 0..200), code: i64, form in 0..4_usize) {
        let starts = ["", "[1] PROCESS_SERVICE_CHECK_RESULT;h;s;0;|", "[SERVICEPERFDATA]\t1\th\ts\t\t\t\t", "DATATYPE::HOSTPERFDATA\t"];
        let line = [starts[form].as_bytes(), &bytes].concat();
        for read in lines(&line, "test") {
            match read {
                Ok(reading) => drop(reading.draft.event()),
                Err(bad) => prop_assert!(bad.line > 0 && !bad.reason.is_empty()),
            }
        }
        let check = Check { origin: "nrpe", host: "h", service: "s", time: 1.0 };
        let event = check.result(code, &bytes).draft.event();
        prop_assert_eq!(event.severity() == Severity::Unknown, !(0..3).contains(&code));
    }

    /// The same without structure: every text is read to its end.
    #[test]
    fn every_text_of_figures_is_read(text in "[a-z0-9='; .,:@~%UeE+-]{0,60}") {
        let (figures, _) = perfdata(&text);
        prop_assert!(figures.iter().all(|figure| figure.value.is_finite()));
    }
}
