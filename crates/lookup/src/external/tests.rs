use super::of_environment;

#[test]
fn variables_are_facts() {
    let pair = |name: &str| (name.to_owned(), "v".to_owned());
    let variables =
        ["FACTER_Role", "facter_x", "FACTERy", "FACTER_", "FACTER_a-b", "MY_FACTER_x"].map(pair);
    let facts: Vec<String> = of_environment(&variables).into_iter().map(|(name, _)| name).collect();
    assert_eq!(facts, ["role", "x", "y"]);
}
