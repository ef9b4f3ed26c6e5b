//! Values that a query of one's own gives.

use crate::server::{graph, load, turn};

#[tokio::test]
async fn times_are_told_as_iso_8601_writes_them() {
    let turn = turn();
    let server = turn.0;
    load(server, "values", &["a"]).await.unwrap();
    let text = "UNWIND [date('2024-02-03'), localtime('01:02:03.5'), time('01:02:03+01:00'),
localdatetime('2024-02-03T04:05:06'), datetime('2024-02-03T04:05:06.5+01:00'),
datetime('2024-07-03T04:05:06[Europe/Paris]')] AS value RETURN value";
    let rows = graph(server).await.query(text).await.unwrap();
    let told: Vec<_> = rows.iter().map(|row| row["value"].as_str().unwrap()).collect();
    let expected = [
        "2024-02-03",
        "01:02:03.500",
        "01:02:03+01:00",
        "2024-02-03T04:05:06",
        "2024-02-03T04:05:06.500+01:00",
        "2024-07-03T04:05:06[Europe/Paris]",
    ];
    assert_eq!(told, expected);
}
