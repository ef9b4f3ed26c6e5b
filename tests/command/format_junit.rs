//! `junit`: the structure that Jenkins and GitLab read, with sums that are right.

use std::collections::HashSet;

use roxmltree::{Document, Node};

use crate::running::{Place, in_checkout};

fn number(node: &Node<'_, '_>, name: &str) -> usize {
    node.attribute(name).unwrap().parse().unwrap()
}

/// Holds a document against Jenkins's and GitLab's expectations.
fn check(text: &str) -> Vec<(String, String)> {
    let document = Document::parse(text).unwrap();
    let root = document.root_element();
    assert!(root.has_tag_name("testsuites"));
    let mut names = HashSet::new();
    let mut outcomes = Vec::new();
    for suite in root.children().filter(Node::is_element) {
        assert!(suite.has_tag_name("testsuite"));
        assert!(suite.attribute("name").is_some());
        let cases: Vec<_> = suite.children().filter(Node::is_element).collect();
        assert!(!cases.is_empty() && cases.iter().all(|case| case.has_tag_name("testcase")));
        let with = |name: &str| {
            let has = |case: &&Node<'_, '_>| case.children().any(|child| child.has_tag_name(name));
            cases.iter().filter(has).count()
        };
        assert_eq!(number(&suite, "tests"), cases.len());
        assert_eq!(number(&suite, "failures"), with("failure"));
        assert_eq!(number(&suite, "errors"), with("error"));
        assert_eq!(number(&suite, "skipped"), with("skipped"));
        let time = |node: &Node<'_, '_>| node.attribute("time").unwrap().parse::<f64>().unwrap();
        assert!(
            (time(&suite) - cases.iter().map(time).sum::<f64>()).abs() < 1e-5 * cases.len() as f64
        );
        for case in &cases {
            let name = (case.attribute("classname").unwrap(), case.attribute("name").unwrap());
            assert!(names.insert(name), "{name:?} twice");
            assert!(case.attribute("file").is_some() && number(case, "line") > 0);
            let children: Vec<_> =
                case.children().filter(Node::is_element).map(|c| c.tag_name().name()).collect();
            assert_eq!(children[0], "properties");
            assert!(children.len() <= 2, "{children:?}");
            let outcome = children.get(1).copied().unwrap_or("passed");
            assert!(["passed", "failure", "error", "skipped"].contains(&outcome));
            outcomes.push((name.1.to_owned(), outcome.to_owned()));
        }
    }
    outcomes
}

#[test]
fn the_examples() {
    for (estate, outcome) in [("examples/estate", "passed"), ("examples/estate-broken", "failure")]
    {
        let outcomes =
            check(&in_checkout(&["features/", "--estate", estate, "-f", "junit"]).stdout);
        assert_eq!(outcomes.len(), 7);
        assert!(outcomes.iter().all(|(_, found)| found == outcome), "{outcomes:?}");
    }
}

#[test]
fn every_outcome_and_names_that_are_not_unique() {
    let place = Place::judging(
        "Feature: x\n  @id:one\n  Scenario: same\n    Given all nodes\n    Then there are none\n  @id:two\n  Scenario: same\n    Given nodes with class \"x\"\n    Then there are none\n  @id:three @owner:dba\n  Scenario: w\n    Given all nodes\n    Then there are none\n",
    );
    place.write("y.feature", "Feature: x\n  @id:four\n  Scenario: same\n    Given all nodes\n    Then there are exactly 3 of them\n");
    place.write(
        "w.yaml",
        "- {id: W-1, policy: three, scope: policy, reason: r, owner: o, expires: 2999-12-31}\n",
    );
    let ran = place.run(&["x.feature", "y.feature", "-f", "junit", "--waivers", "w.yaml"]);
    let expected =
        [("same", "failure"), ("same [two]", "error"), ("w", "skipped"), ("same [four]", "passed")];
    let expected = expected.map(|(name, outcome)| (name.to_owned(), outcome.to_owned()));
    assert_eq!(check(&ran.stdout), expected);
    let document = Document::parse(&ran.stdout).unwrap();
    let skipped = document.descendants().find(|node| node.has_tag_name("skipped")).unwrap();
    assert!(skipped.attribute("message").unwrap().starts_with("waived by W-1 until 2999-12-31"));
    let error = document.descendants().find(|node| node.has_tag_name("error")).unwrap();
    assert!(error.text().unwrap().contains("catalog a: "), "{}", error.text().unwrap());
    let properties = document.descendants().filter(|node| node.has_tag_name("property"));
    let owner = properties
        .filter(|p| p.attribute("name") == Some("owner"))
        .map(|p| p.attribute("value").unwrap());
    assert_eq!(owner.collect::<Vec<_>>(), ["dba"]);
}
