//! `groundrule steps`: prints the vocabulary.

use groundrule_core::comparison::PHRASES;
use groundrule_engine::policy::{Definition, Keyword};
use serde_json::json;

use super::Ended;
use crate::cli::StepsFormat;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::sink;

/// Prints every sentence with its meaning and an example.
pub fn print(format: StepsFormat) -> Result<Ended, Failure> {
    let vocabulary = super::vocabulary()?;
    let text = match format {
        StepsFormat::Text => text(vocabulary.definitions()),
        StepsFormat::Json => json(vocabulary.definitions()),
        StepsFormat::Markdown => markdown(vocabulary.definitions()),
    };
    let mut out = sink::stdout();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(Exit::Held.into())
}

const KEYWORDS: [(Keyword, &str); 3] = [
    (Keyword::Given, "Given selects who a rule is about."),
    (Keyword::When, "When relates them to something, or supposes that something happened."),
    (Keyword::Then, "Then judges, and names everyone who breaks the rule."),
];

fn text(definitions: &[&Definition]) -> String {
    let mut text = String::new();
    for (keyword, what) in KEYWORDS {
        text.push_str(&format!("{what}\n\n"));
        for definition in definitions.iter().filter(|d| d.keyword == keyword) {
            text.push_str(&format!(
                "{keyword} {}\n    {}\n",
                definition.expression, definition.doc
            ));
            for line in definition.example.lines() {
                text.push_str(&format!("    > {line}\n"));
            }
            text.push('\n');
        }
    }
    text
}

fn json(definitions: &[&Definition]) -> String {
    let rows: Vec<_> = definitions
        .iter()
        .map(|d| json!({"keyword": d.keyword.to_string(), "expression": d.expression, "doc": d.doc, "example": d.example}))
        .collect();
    format!("{:#}\n", json!({ "steps": rows }))
}

fn markdown(definitions: &[&Definition]) -> String {
    let comparisons: Vec<_> = PHRASES.iter().map(|(words, _)| format!("`{words}`")).collect();
    let mut text = format!(
        "# The sentences that policies are written in\n\n\
         This page is what `groundrule steps --format markdown` prints.\n\n\
         `a/b` is one of the words, `(s)` may be left out, and what stands in braces is what you fill in:\n\n\
         - `{{name}}` is a quoted string. Where it names a class, an environment, an agent, a type, a resource or a\n  \
           node, `\"/…/\"` is a regular expression, searched anywhere in the name (`\"/…/i\"` ignores case).\n\
         - `{{value}}` is a quoted string or a number, `{{number}}` a whole number from 0.\n\
         - `{{comparison}}` is one of {}.\n\
         - `{{keep}}` is `only` or `except`, `{{kind}}` is `hard` or `soft`.\n\
         - `{{facts}}` is any number of `and the fact {{name}} as {{value}}`.\n\n\
         `as \"a name\"` at the end of any Given names the set that it leaves.\n",
        comparisons.join(", ")
    );
    for (keyword, what) in KEYWORDS {
        text.push_str(&format!("\n## {keyword}\n\n{what}\n"));
        for definition in definitions.iter().filter(|d| d.keyword == keyword) {
            let doc = capitalised(definition.doc);
            text.push_str(&format!(
                "\n### {keyword} {}\n\n{doc}.\n\n```gherkin\n{}\n```\n",
                definition.expression, definition.example
            ));
        }
    }
    text
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
