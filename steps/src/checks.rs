//! When I run the check …, Then every result …

use async_trait::async_trait;
use groundrule_core::check::CheckName;
use groundrule_core::event::Severity;
use groundrule_core::source::Known;
use groundrule_core::verdict::Violation;
use groundrule_engine::policy::{Definition, Keyword::Then, Keyword::When, Unreadable, Written};
use groundrule_engine::scene::{Misfit, Scene, Sentence, Shape, Shapes};

use crate::words::Read;

pub const RELATIONS: &[Definition] = &[Definition {
    keyword: When,
    expression: "I run the check {name}",
    doc: "runs an NRPE command on those nodes that certainly belong to the set, through MCollective; each command once on a node in a run, whoever asks for it",
    example: r#"When I run the check "check_disk""#,
    read: run,
}];

pub const SENTENCES: &[Definition] = &[
    Definition {
        keyword: Then,
        expression: "every result is OK",
        doc: "after a check; violated by each node where it came to WARNING, CRITICAL or UNKNOWN; undecided where it did not run",
        example: "Then every result is OK",
        read: |_| Ok(Box::new(Judged { worst: Severity::Ok })),
    },
    Definition {
        keyword: Then,
        expression: "every result is at worst WARNING",
        doc: "after a check; violated by each node where it came to CRITICAL or UNKNOWN; undecided where it did not run",
        example: "Then every result is at worst WARNING",
        read: |_| Ok(Box::new(Judged { worst: Severity::Warning })),
    },
];

fn run(written: &Written) -> Read {
    let check = CheckName::new(written.text(0)).map_err(|error| {
        let help = "write letters, digits, _, - and . as between the brackets of command[…] in NRPE's configuration";
        Unreadable::new(error.to_string(), help)
    })?;
    Ok(Box::new(Run(check)))
}

struct Run(CheckName);

#[async_trait]
impl Sentence for Run {
    fn fit(&self, shapes: &mut Shapes) -> Result<(), Misfit> {
        shapes.want(&[Shape::Nodes])?;
        shapes.checked = true;
        Ok(())
    }

    async fn perform(&self, scene: &mut Scene) {
        // A check does something: not where it is not even known that somebody wants it.
        let Some(nodes) = scene.judged_nodes() else { return };
        let results = scene.world.check(&self.0, &nodes.known).await;
        scene.check = Some((self.0.clone(), results));
    }
}

struct Judged {
    /// The worst state that is good enough. Of the states of Nagios, UNKNOWN is worse than WARNING.
    worst: Severity,
}

#[async_trait]
impl Sentence for Judged {
    fn fit(&self, shapes: &mut Shapes) -> Result<(), Misfit> {
        shapes.want(&[Shape::Nodes])?;
        if shapes.checked || shapes.unknown {
            return Ok(());
        }
        Err(Misfit {
            what: "this sentence is about the results of a check, and none is run".to_owned(),
            help: "run one before it: When I run the check \"check_disk\"".to_owned(),
        })
    }

    async fn perform(&self, scene: &mut Scene) {
        let Some((check, mut results)) = scene.check.clone() else { return };
        // A scenario may have added nodes since.
        let not_run = Known::Unknown(format!("the check {check} was not run on it").into());
        results.values.resize(scene.world.size(), not_run);
        scene.judge_each(&results, |world, node, result| {
            let result = result.filter(|result| result.state > self.worst)?;
            let (name, state) = (world.name(node).to_string(), result.state.name());
            let said = match &*result.output {
                "" => String::new(),
                output => format!(": {output}"),
            };
            let message = format!("the check {check} is {state} on {name}{said}");
            let violation = Violation::new(vec![name], format!("check {check}"), message)
                .with("check", check.as_str())
                .with("exit_code", result.code)
                .with("state", state);
            Some(violation.with("output", &*result.output))
        });
    }
}
