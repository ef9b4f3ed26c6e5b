//! The end of a pipeline: what it took in is done, and nothing that nobody would send again is lost.

use std::io::Write as _;
use std::net::TcpStream;

use groundrule_services::free_port;

use crate::lines::status;
use crate::process::{Pipeline, until};
use crate::running::Place;

#[test]
fn lines_that_were_sent_before_it_was_told_to_end_are_kept() {
    const LINES: usize = 20_000;
    let place = Place::new();
    place.write("groundrule.toml", "[pipeline]\narchive = \"sqlite:events.db\"\n");
    let port = free_port();
    let from = format!("tcp://127.0.0.1:{port}");
    let pipeline = Pipeline::start(&place, &["--from", &from], &[]);
    let mut connection = None;
    until("it listens", || match TcpStream::connect(("127.0.0.1", port)) {
        Ok(stream) => {
            connection = Some(stream);
            Ok(())
        }
        Err(error) => Err(error),
    });
    let mut connection = connection.unwrap();
    let lines: String =
        (0..LINES).map(|n| format!("{}\n", status("web1", &format!("n{n}"), 0, 1000.0))).collect();
    connection.write_all(lines.as_bytes()).unwrap();
    // The connection stays open, as that of a log shipper does.
    assert_eq!(pipeline.end(), Some(0), "{}", place.read("pipeline.log"));
    drop(connection);
    let listed = place.run(&["events", "list", "-f", "ndjson"]);
    assert_eq!(listed.stdout.lines().count(), LINES);
}
