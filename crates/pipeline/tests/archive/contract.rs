//! What holds for every archive.

use groundrule_core::event::{Draft, Event, Kind, Severity};
use groundrule_pipeline::archive::{Archive, ArchiveError, Query};

use crate::events::{again, entry, entry_of, id, named, numbers, raw, texts, time, unique};

/// Every promise of the port, one after the other, on an archive that is empty at first.
pub async fn holds(archive: &dyn Archive) {
    kept_in_their_order(archive).await;
    found_by_identity(archive).await;
    selected(archive).await;
    limited_to_the_newest(archive).await;
    stopped_when_told(archive).await;
    kept_once(archive).await;
    of_two_that_look_the_same_none_is_lost(archive).await;
    unique_ones_are_kept_once(archive).await;
    named_ones_are_kept_once(archive).await;
    kept_as_they_are(archive).await;
}

async fn kept_in_their_order(archive: &dyn Archive) {
    assert_eq!(numbers(archive, &Query::default()).await, [0_u64; 0]);
    archive.append(Vec::new()).await.unwrap();
    archive.append((0..300).map(entry).collect()).await.unwrap();
    for number in 300..310 {
        archive.append(vec![entry(number)]).await.unwrap();
    }
    let all = numbers(archive, &Query::default()).await;
    assert_eq!(all, (0..310).collect::<Vec<u64>>());
}

async fn found_by_identity(archive: &dyn Archive) {
    for number in [0, 150, 299, 305, 309] {
        let found = archive.get(&id(number).to_string()).await.unwrap();
        assert_eq!(found, [entry(number).event.raw().clone()]);
    }
    assert!(archive.get(&id(310).to_string()).await.unwrap().is_empty());
    let error = archive.get("4d9a33").await.unwrap_err();
    assert!(matches!(error, ArchiveError::Refused(_)));
    assert_eq!(error.to_string(), "\"4d9a33\" is no eventid: 24 hexadecimal digits");
}

async fn selected(archive: &dyn Archive) {
    let draft = |subject: &str, name: &str, kind, number| {
        entry_of(number, Draft::new(kind, "test", subject, name, time(number)))
    };
    let tagged = Draft::new(Kind::Archive, "test", "db1", "disk", time(2003))
        .tag("a.b", "x")
        .tag("$c", "y")
        .severity(Severity::Critical);
    archive
        .append(vec![
            draft("db1", "load", Kind::Metric, 2000),
            draft("db1", "disk", Kind::Alert, 2001),
            draft("db2", "disk", Kind::SimpleCounter, 2002),
            entry_of(2003, tagged),
        ])
        .await
        .unwrap();
    let query = Query::default;
    let some = |text: &str| Some(text.to_owned());
    let tag = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let cases: [(Query, &[u64]); 11] = [
        (Query { subject: some("db1"), ..query() }, &[2000, 2001, 2003]),
        (Query { name: some("disk"), ..query() }, &[2001, 2002, 2003]),
        (Query { subject: some("db1"), name: some("disk"), ..query() }, &[2001, 2003]),
        (Query { kind: Some(Kind::SimpleCounter), ..query() }, &[2002]),
        (Query { tags: vec![tag("a.b", "x"), tag("$c", "y")], ..query() }, &[2003]),
        (Query { tags: vec![tag("a.b", "y")], ..query() }, &[]),
        (Query { since: Some(time(2002)), ..query() }, &[2002, 2003]),
        (Query { since: Some(time(308)), until: Some(time(2000)), ..query() }, &[308, 309]),
        (Query { subject: some("db1"), limit: Some(2), ..query() }, &[2001, 2003]),
        (Query { subject: some("nobody"), ..query() }, &[]),
        (Query { subject: some("web1"), until: Some(time(2)), ..query() }, &[0, 1]),
    ];
    for (query, expected) in cases {
        assert_eq!(numbers(archive, &query).await, expected, "{query:?}");
    }
}

async fn limited_to_the_newest(archive: &dyn Archive) {
    let newest = async |limit| {
        let query =
            Query { subject: Some("web1".to_owned()), limit: Some(limit), ..Query::default() };
        numbers(archive, &query).await
    };
    assert_eq!(newest(0).await, [0_u64; 0]);
    assert_eq!(newest(1).await, [309]);
    assert_eq!(newest(20).await, (290..310).collect::<Vec<u64>>());
    assert_eq!(newest(1000).await, (0..310).collect::<Vec<u64>>());
}

async fn stopped_when_told(archive: &dyn Archive) {
    let mut count = 0;
    let mut each = |_: &Event| {
        count += 1;
        count < 7
    };
    archive.list(&Query::default(), &mut each).await.unwrap();
    assert_eq!(count, 7);
}

async fn of_tag(archive: &dyn Archive, subject: &str) -> Vec<String> {
    texts(archive, &Query { subject: Some(subject.to_owned()), ..Query::default() }).await
}

async fn kept_once(archive: &dyn Archive) {
    let about =
        |number| entry_of(number, Draft::new(Kind::Archive, "test", "once", "n", time(number)));
    archive.append((3000..3010).map(about).collect()).await.unwrap();
    // They come again, with others among them; whoever hands them in gives them new identities.
    let came_again = |number: u64| {
        let mut entry = again(about(number));
        entry.event = about(number + 100).event;
        entry
    };
    let mut second: Vec<_> = (3005..3010).map(came_again).collect();
    second.push(again(about(3010)));
    archive.append(second).await.unwrap();
    archive.append(vec![again(about(3010))]).await.unwrap();
    // One comes twice in one append.
    archive.append(vec![about(3011), again(about(3011))]).await.unwrap();
    // What was handed in and not known to be kept is handed in once more as it is.
    let expected: Vec<String> = (3000..3012).map(|number| format!("number {number}")).collect();
    assert_eq!(of_tag(archive, "once").await, expected);
}

async fn of_two_that_look_the_same_none_is_lost(archive: &dyn Archive) {
    let same = |number| {
        let mut entry =
            entry_of(number, Draft::new(Kind::SimpleCounter, "test", "same", "n", time(number)));
        entry.hash = 77_777;
        entry
    };
    archive.append(vec![same(4000), same(4001)]).await.unwrap();
    archive.append(vec![again(same(4002)), again(same(4003))]).await.unwrap();
    assert_eq!(of_tag(archive, "same").await, ["number 4000", "number 4001"]);
    archive.append(vec![again(same(4004)), again(same(4005))]).await.unwrap();
    let all = ["number 4000", "number 4001", "number 4004", "number 4005"];
    assert_eq!(of_tag(archive, "same").await, all);
}

async fn unique_ones_are_kept_once(archive: &dyn Archive) {
    let about = |number| {
        unique(entry_of(number, Draft::new(Kind::Archive, "t", "unique", "n", time(number))))
    };
    assert_eq!(archive.append((4500..4510).map(about).collect()).await.unwrap(), 10);
    // However often they come again, alone, together and among new ones.
    for _ in 0..3 {
        let mut second: Vec<_> = (4505..4512).map(about).map(again).collect();
        second.extend((4505..4512).map(about).map(again));
        let new = archive.append(second).await.unwrap();
        assert!(new == 2 || new == 0, "{new}");
    }
    // Nor does it matter which copy comes first: the other one may not be marked.
    assert_eq!(archive.append((4509..4513).map(about).collect()).await.unwrap(), 1);
    let expected: Vec<String> = (4500..4513).map(|number| format!("number {number}")).collect();
    assert_eq!(of_tag(archive, "unique").await, expected);
}

async fn named_ones_are_kept_once(archive: &dyn Archive) {
    let with = |text: &str, hash: u64| {
        let event = raw(&format!(
            r#"{{"eventid":"4D9a33eb2bce3479f50a86e0","type":"archive","subject":"named","name":"n","text":"{text}","eventtime":1}}"#
        ));
        let mut entry = named(entry(5000));
        (entry.event, entry.hash) = (event, hash);
        entry
    };
    archive.append(vec![with("one", 1 << 63), with("one", 1 << 63)]).await.unwrap();
    archive.append(vec![with("one", 1 << 63), with("two", 8)]).await.unwrap();
    archive.append(vec![again(with("two", 8)), again(with("one", 1 << 63))]).await.unwrap();
    assert_eq!(of_tag(archive, "named").await, ["one", "two"]);
    let found = archive.get("4d9a33eb2bce3479f50a86e0").await.unwrap();
    assert_eq!(found, [with("one", 0).event.raw().clone(), with("two", 0).event.raw().clone()]);
}

/// Whatever an event has, it has afterwards.
async fn kept_as_they_are(archive: &dyn Archive) {
    let odd = [
        r#""x":{"a.b":1,"$c":{"$d":[1,2.0,-0.0,1e300,null,true]},"":"empty"}"#,
        r#""x":18446744073709551615,"y":9223372036854775807,"z":-9223372036854775808"#,
        r#""x":"\u0000\u2028\"","a\u0000b":1"#,
        r#""_id":5,"hash":"h","_groundrule":{"x":1}"#,
        r#""x":1.0,"y":1,"z":1E2,"w":0.1"#,
        r#""x" : [ [ ] , { } ]"#,
        r#""x":{"$oid":"4d9a33eb2bce3479f50a86e0"},"y":{"$numberLong":"1"},"z":{"$date":5}"#,
    ];
    for (number, odd) in (6000..).zip(odd) {
        let event = raw(&format!(
            r#"{{"type":"archive","subject":"odd","name":"n","eventtime":1.5,{odd}}}"#
        ));
        let mut entry = entry(number);
        entry.event = event.identified(|| id(number), 0.0);
        archive.append(vec![entry.clone()]).await.unwrap();
        let found = archive.get(&id(number).to_string()).await.unwrap();
        assert_eq!(found.len(), 1, "{odd}");
        let found = Event::read(found[0].clone()).unwrap();
        assert_eq!(found.value(), entry.event.value(), "{odd}");
    }
    let large = Draft::new(Kind::Archive, "test", "large", "n", 1.0).text("x".repeat(1 << 20));
    let mut entry = entry(6100);
    entry.event = large.event().identified(|| id(6100), 0.0);
    archive.append(vec![entry.clone()]).await.unwrap();
    let found = archive.get(&id(6100).to_string()).await.unwrap();
    assert_eq!(found[0].len(), entry.event.raw().len());
}
