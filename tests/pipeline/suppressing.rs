//! The consequences of a failure are seen, and not told.

use crate::lines::{KEPT, piped, status};
use crate::running::Place;

/// web1 needs db1; web2 needs one of db1 and db2.
#[test]
fn what_depends_on_a_failure_is_suppressed_with_the_path() {
    let place = Place::new();
    place.write(
        "groundrule.toml",
        "[[notifier]]\nname = \"file\"\nkind = \"log\"\nfile = \"alerts.ndjson\"\n",
    );
    for node in ["db1", "db2", "web1", "web2"] {
        place.write(&format!("estate/facts/{node}.json"), format!("{{\"fqdn\": {node:?}}}"));
    }
    let needs = "- {node: web1, nodes: [db1]}\n- {node: web2, nodes: [db1, db2]}\n";
    place.write("estate/relationships.yaml", needs);
    let first = status("db1", "mysql", 2, 1000.0);
    let then = [status("web1", "http", 2, 1001.0), status("web2", "http", 2, 1001.0)];
    let ran = piped(&place, &KEPT, &format!("{first}\n"));
    assert_eq!(ran.code, 0, "{ran:?}");
    let ran = piped(&place, &KEPT, &then.join("\n"));
    assert_eq!(ran.code, 0, "{ran:?}");
    let shown = place.run(&["status", "--status", "sqlite:status.db"]);
    assert!(shown.stdout.contains("[because of: web1 needs db1 (hard)]"), "{shown:?}");
    let told = place.read("alerts.ndjson");
    assert!(told.contains("db1") && !told.contains("\"web1\""), "{told}");
    // web2 has another provider, which stands.
    assert!(told.contains("\"web2\""), "{told}");
    // The end of a suppressed problem is told all the same.
    piped(&place, &KEPT, &status("web1", "http", 0, 1002.0));
    let told = place.read("alerts.ndjson");
    assert!(
        told.lines().any(|line| line.contains("\"web1\"") && line.contains("\"severity\":0")),
        "{told}"
    );
}
