//! `groundrule ask`: the questions that the graph answers.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use groundrule_core::plain;
use groundrule_engine::estate::Estate;
use groundrule_questions::{
    Answer, Keys, Latency, Placing, Question, Settings, Target, Template, Wrong, diff, nodes,
};

use super::{Ended, open, print};
use crate::cli::{self, AnswerFormat, Global};
use crate::config::Config;
use crate::config::pipeline::duration;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// Answers a question.
pub fn ask(context: &Context, global: &Global, asked: cli::Ask) -> Result<Ended, Failure> {
    let config = Config::load(context, global)?;
    let answer = open::runtime()?.block_on(async {
        match asked.question {
            cli::Question::Diff { before, after } => {
                let (before, after) = (other(&config, before).await?, other(&config, after).await?);
                diff(&before, &after).await.map_err(wrong)
            }
            question => {
                let question = read(question, &settings(&config), asked.format)?;
                let estate = open::sources(&config).await?.estate(&config).await;
                question.answer(&estate).await.map_err(wrong)
            }
        }
    })?;
    print(in_format(&answer, asked.format)?.as_bytes())?;
    Ok(if answer.unknown.is_empty() { Exit::Held } else { Exit::Undecided }.into())
}

/// What the questions take from the configuration.
pub fn settings(config: &Config) -> Settings {
    let (usual, ask) = (Settings::default(), config.ask.clone());
    Settings {
        zone: ask.zone.unwrap_or(usual.zone),
        keys: Keys {
            owners: ask.owners.unwrap_or(usual.keys.owners),
            contacts: ask.contacts.unwrap_or(usual.keys.contacts),
        },
    }
}

fn read(
    question: cli::Question,
    settings: &Settings,
    format: AnswerFormat,
) -> Result<Question, Failure> {
    use cli::Question as Asked;
    let target = |text: &str| Target::parse(text).map_err(wrong);
    let several = |names: &[String]| nodes(names).map_err(wrong);
    Ok(match question {
        Asked::Impact { of } => Question::Impact(target(&of)?),
        Asked::Suppress { of } => Question::Suppress(target(&of)?),
        Asked::Downtime { nodes } => Question::Downtime(several(&nodes)?),
        Asked::Spof => Question::Spof,
        Asked::Stakeholders { nodes } => {
            Question::Stakeholders(several(&nodes)?, settings.keys.clone())
        }
        Asked::ShutdownOrder { of, template } => {
            Question::ShutdownOrder(target(&of)?, lines(template.as_deref(), format)?)
        }
        Asked::Unmanaged => Question::Unmanaged,
        Asked::Undeclared => Question::Undeclared,
        Asked::Place { class, count, latency, zone } => Question::Place(Placing {
            class,
            count: usize::from(count),
            zone: zone.unwrap_or_else(|| settings.zone.clone()),
            latency: latency.as_deref().map(distances).transpose()?.unwrap_or_default(),
        }),
        Asked::Missing { stale } => Question::Missing { stale: duration("--stale", &stale)? },
        Asked::Path { from, to } => Question::Path(target(&from)?, target(&to)?),
        Asked::Diff { .. } => {
            return Err(Failure::new("diff is about two estates", "this is a bug"));
        }
    })
}

/// The template of commands, where commands are asked for.
fn lines(template: Option<&str>, format: AnswerFormat) -> Result<Option<Template>, Failure> {
    match (template, format) {
        (Some(text), AnswerFormat::Commands) => Template::parse(text).map(Some).map_err(wrong),
        (None, AnswerFormat::Commands) => Err(Failure::new(
            "-f commands needs a template",
            "add --template \"ssh {node} systemctl stop {title}\"",
        )),
        (Some(_), _) => Err(Failure::new("a template makes commands", "add -f commands")),
        (None, _) => Ok(None),
    }
}

fn distances(file: &Path) -> Result<Latency, Failure> {
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file).map_err(|error| {
        Failure::new(format!("{name}: {error}"), "name a file that is there and that you may read")
    })?;
    Latency::parse(&name, &text).map_err(wrong)
}

/// An estate that the command line names.
async fn other(config: &Config, directory: PathBuf) -> Result<Arc<Estate>, Failure> {
    let opened = open::at(&directory, &config.reading)?;
    Ok(open::estate(config, &opened).await)
}

fn in_format(answer: &Answer, format: AnswerFormat) -> Result<String, Failure> {
    let picture = || {
        answer
            .picture
            .as_ref()
            .ok_or_else(|| Failure::new("this answer is no graph", "ask for -f text or -f json"))
    };
    Ok(match format {
        AnswerFormat::Text | AnswerFormat::Commands => plain::lines(&answer.text),
        AnswerFormat::Json => format!("{:#}\n", answer.json),
        AnswerFormat::Dot => picture()?.dot(),
        AnswerFormat::Svg => picture()?.svg().ok_or_else(|| {
            Failure::new("this graph has too many nodes to be drawn", "ask for -f dot or -f json")
        })?,
    })
}

fn wrong(wrong: Wrong) -> Failure {
    Failure::new(wrong.what, wrong.help)
}
