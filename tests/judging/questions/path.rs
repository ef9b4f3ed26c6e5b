//! How one thing comes to need another.

use groundrule_oracle::judge::questions as oracle;
use groundrule_oracle::model::Kind;
use groundrule_questions::Question;
use serde_json::Value;

use super::{Pair, catalogs, compare, target};
use crate::cases::slow_seeds;

fn hop(one: &Value) -> oracle::Hop {
    let text = |key: &str| one[key].as_str().map(str::to_owned);
    oracle::Hop {
        node: text("node").unwrap(),
        from: text("from"),
        on: text("on"),
        provider: text("provider").unwrap(),
        kind: if one["kind"] == "hard" { Kind::Hard } else { Kind::Soft },
    }
}

#[test]
fn paths_agree_with_the_oracle() {
    // From or to nodes and resources; none, short and longer ones.
    let mut found = [[0; 3]; 4];
    let several = compare(slow_seeds(1000), |case| {
        let ways = oracle::Ways::new(&case.full);
        let all = catalogs(&case.full);
        let nodes: Vec<Pair> = all.iter().filter(|(_, one)| one.is_none()).cloned().collect();
        for kind in 0..8 {
            let (kind, whole) = (kind % 4, |part: bool| if part { &all } else { &nodes });
            let from = case.one(whole(kind % 2 == 1));
            let to = case.one(whole(kind / 2 == 1));
            let (Some(from), Some(to)) = (from, to) else { continue };
            let what = format!("the way from {} to {}", target(&from), target(&to));
            let Some(answer) = case.ask(&Question::Path(target(&from), target(&to))) else {
                continue;
            };
            let hops: Option<Vec<_>> =
                answer.json["path"].as_array().map(|all| all.iter().map(hop).collect());
            let theirs = ways.hops(&from, &to);
            found[kind][theirs.unwrap_or_default().min(2)] += 1;
            if hops.as_ref().map(Vec::len) != theirs {
                case.differ(&what, &hops, &theirs);
            } else if let Some(hops) = hops
                && !ways.has(&from, &to, &hops)
            {
                case.differ(&what, &hops, &"that is no way");
            }
        }
    });
    let enough = found.iter().flatten().all(|found| *found > 20);
    assert!(!several || enough, "{found:?}");
}
