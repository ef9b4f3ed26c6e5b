//! What to schedule downtime on, and in which order to stop.

use std::fmt::Write as _;
use std::sync::Arc;

use groundrule_core::name::{NodeName, ResourceRef};
use groundrule_engine::estate::Estate;
use groundrule_engine::world::{Outage, Place, World};
use serde::Serialize;

use crate::answer::{Answer, Wrong};
use crate::impact::unknown;
use crate::picture::{Edge, Picture};
use crate::plan::{Item, Plan};
use crate::target::{Target, places};

#[derive(Serialize)]
struct Order {
    of: Vec<String>,
    #[serde(flatten)]
    plan: Plan,
}

/// Which nodes and services stop with these nodes, in the order of stopping.
///
/// # Errors
/// When nobody knows one of them, or a store does not answer.
pub(crate) async fn downtime(estate: &Arc<Estate>, of: &[NodeName]) -> Result<Answer, Wrong> {
    let world = World::today(Arc::clone(estate));
    let begins = places(&world, of)?;
    let names = of.iter().map(ToString::to_string).collect();
    ordered(&world, &begins, names).await.map(|(answer, _)| answer)
}

/// In which order to stop what falls with something, and that at last. `template` makes a line of
/// each step, which then is the text of the answer.
///
/// # Errors
/// When nobody knows it, a store does not answer, or the template has an unknown word.
pub(crate) async fn shutdown_order(
    estate: &Arc<Estate>,
    of: &Target,
    template: Option<&Template>,
) -> Result<Answer, Wrong> {
    let world = World::today(Arc::clone(estate));
    let begins = [of.find(&world).await?];
    let (answer, order) = ordered(&world, &begins, vec![of.to_string()]).await?;
    Ok(match template {
        None => answer,
        Some(template) => Answer {
            text: order.plan.steps.iter().map(|step| template.line(&step.item)).collect(),
            ..answer
        },
    })
}

async fn ordered(
    world: &World,
    begins: &[Place],
    of: Vec<String>,
) -> Result<(Answer, Order), Wrong> {
    let outage = Outage::of(world, begins).await?;
    let order = Order { of, plan: Plan::of(world, &outage, begins).await? };
    let answer = Answer::new(&order, &text(&order), unknown(world, &outage));
    let picture = picture(&order);
    Ok((answer.with(picture), order))
}

fn name(item: &Item) -> String {
    match &item.resource {
        Some(resource) => format!("{}/{resource}", item.node),
        None => item.node.to_string(),
    }
}

fn text(order: &Order) -> String {
    let mut text = String::new();
    for (n, step) in order.plan.steps.iter().enumerate() {
        let _ = write!(text, "{:>3}  {}", n + 1, name(&step.item));
        if !step.waits_for.is_empty() {
            let first: Vec<_> = step.waits_for.iter().map(name).collect();
            let _ = write!(text, "  after {}", first.join(", "));
        }
        text.push('\n');
    }
    for cycle in &order.plan.cycles {
        let all: Vec<_> = cycle.iter().map(name).collect();
        let _ = writeln!(
            text,
            "\nthere is no order among these, which need each other: {}",
            all.join(", ")
        );
    }
    text
}

fn picture(order: &Order) -> Picture {
    let mut picture = Picture::new(&order.of.join(", "));
    for of in &order.of {
        picture.mark(of);
    }
    for step in &order.plan.steps {
        for first in &step.waits_for {
            let (from, to) = (name(first), name(&step.item));
            picture.edge(Edge { from, to, label: String::new(), soft: false });
        }
    }
    picture
}

/// A line for each step, with `{node}`, `{resource}`, `{type}` and `{title}` in it.
#[derive(Clone, Debug)]
pub struct Template(Vec<Piece>);

#[derive(Clone, Debug)]
enum Piece {
    Text(String),
    Word(Word),
}

#[derive(Clone, Copy, Debug)]
enum Word {
    Node,
    Resource,
    Type,
    Title,
}

/// Words of a template.
const WORDS: [(&str, Word); 4] = [
    ("node", Word::Node),
    ("resource", Word::Resource),
    ("type", Word::Type),
    ("title", Word::Title),
];

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// When it has a word that is not known, or a brace that is not closed.
    pub fn parse(text: &str) -> Result<Self, Wrong> {
        let help = "write {node}, {resource}, {type} or {title}";
        let (mut pieces, mut rest) = (Vec::new(), text);
        while let Some((before, after)) = rest.split_once('{') {
            let Some((word, after)) = after.split_once('}') else {
                return Err(Wrong::new(format!("a brace in {text:?} is not closed"), help));
            };
            let Some((_, word)) = WORDS.into_iter().find(|(known, _)| *known == word) else {
                return Err(Wrong::new(format!("{{{word}}} in {text:?} is not known"), help));
            };
            pieces.extend([Piece::Text(before.to_owned()), Piece::Word(word)]);
            rest = after;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        Ok(Self(pieces))
    }

    /// The line of a step; names stand in it as a shell reads them as one word.
    fn line(&self, item: &Item) -> String {
        let resource = item.resource.as_deref().and_then(ResourceRef::stored);
        let mut line = String::new();
        for piece in &self.0 {
            match (piece, &resource) {
                (Piece::Text(text), _) => line.push_str(text),
                (Piece::Word(Word::Resource), Some(r)) => line.push_str(&quoted(r.as_str())),
                (Piece::Word(Word::Type), Some(r)) => line.push_str(&quoted(r.type_name())),
                (Piece::Word(Word::Title), Some(r)) => line.push_str(&quoted(r.title())),
                (Piece::Word(Word::Type), None) => line.push_str("Node"),
                (Piece::Word(_), _) => line.push_str(&quoted(item.node.as_str())),
            }
        }
        line.push('\n');
        line
    }
}

fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/:@+=,%".contains(c);
    match !text.is_empty() && text.chars().all(plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_makes_lines_that_a_shell_reads_as_meant() {
        let template = Template::parse("ssh {node} systemctl stop {title} # {type}").unwrap();
        let node = NodeName::new("db1").unwrap();
        let item = |resource: Option<&str>| Item {
            node: node.clone(),
            resource: resource.map(str::to_owned),
        };
        let line = template.line(&item(Some("Service[mysql]")));
        assert_eq!(line, "ssh db1 systemctl stop mysql # Service\n");
        let line = template.line(&item(Some("Service[a'; rm -rf /]")));
        assert_eq!(line, "ssh db1 systemctl stop 'a'\\''; rm -rf /' # Service\n");
        assert_eq!(template.line(&item(None)), "ssh db1 systemctl stop db1 # Node\n");
    }

    #[test]
    fn a_template_is_checked() {
        for (text, what) in [
            ("{host}", "{host} in \"{host}\" is not known"),
            ("x {node", "a brace in \"x {node\" is not closed"),
        ] {
            assert_eq!(Template::parse(text).unwrap_err().what, what);
        }
    }
}
