//! From feature files to policies that can be carried out.

use std::collections::HashMap;
use std::sync::Arc;

use cucumber::gherkin;
use cucumber::step::Collection;

use super::files::{self, FeatureFile, Origin};
use super::tags::{Tags, slug};
use super::vocabulary::{Definition, Match, Vocabulary, Written, nothing};
use super::{Fault, PathSpec, Policy, Selection, Step};
use crate::scene::{Shape, Shapes};

/// What is to be run.
pub struct Plan {
    /// The selected policies, in the order of their files.
    pub policies: Vec<Arc<Policy>>,
    /// The ids of all policies that were read, selected or not.
    pub known: Vec<String>,
    /// Lines that were asked for and on which no policy is, with their files.
    pub missed: Vec<(String, usize)>,
    /// The features that `cucumber` runs: they hold the selected scenarios only.
    pub(crate) features: Vec<gherkin::Feature>,
}

/// Reads, matches and checks every policy below the given paths, and selects.
///
/// # Errors
/// Everything that is wrong with any of the paths and files, selected or not.
pub fn read(
    paths: &[PathSpec],
    vocabulary: &Vocabulary,
    selection: &Selection,
) -> Result<Plan, Vec<Fault>> {
    let (files, mut faults) = files::find(paths);
    match compile(files, vocabulary, selection) {
        Ok(plan) if faults.is_empty() => Ok(plan),
        Ok(_) => Err(faults),
        Err(more) => {
            faults.extend(more);
            Err(faults)
        }
    }
}

/// Matches every policy with the vocabulary, checks it, and selects.
///
/// # Errors
/// Everything that is wrong in any of the files, selected or not.
pub fn compile(
    files: Vec<FeatureFile>,
    vocabulary: &Vocabulary,
    selection: &Selection,
) -> Result<Plan, Vec<Fault>> {
    let collection = vocabulary.collection::<()>(nothing);
    let mut compiler = Compiler { vocabulary, collection, faults: Vec::new(), ids: HashMap::new() };
    let mut plan =
        Plan { policies: Vec::new(), known: Vec::new(), missed: Vec::new(), features: Vec::new() };
    for file in files {
        compiler.file(file, selection, &mut plan);
    }
    compiler.faults.sort();
    // A background is part of every scenario, and wrong only once.
    compiler.faults.dedup();
    if compiler.faults.is_empty() { Ok(plan) } else { Err(compiler.faults) }
}

struct Compiler<'v> {
    vocabulary: &'v Vocabulary,
    collection: Collection<()>,
    faults: Vec<Fault>,
    /// Where each id is.
    ids: HashMap<String, (String, usize)>,
}

impl Compiler<'_> {
    fn file(&mut self, file: FeatureFile, selection: &Selection, plan: &mut Plan) {
        let FeatureFile { file, text, mut feature, origins, lines } = file;
        let missed = lines.iter().filter(|line| !origins.iter().any(|o| is_on(o, &[**line])));
        plan.missed.extend(missed.map(|line| (file.clone(), *line)));
        let mut origins = origins.into_iter();
        let whole = feature.clone();
        let mut rules = std::mem::take(&mut feature.rules);
        let scenarios = std::mem::take(&mut feature.scenarios);
        let mut select = |rule: Option<&gherkin::Rule>, scenarios: Vec<gherkin::Scenario>| {
            let mut selected = Vec::new();
            for (scenario, origin) in scenarios.into_iter().zip(&mut origins) {
                let policy = self.policy(&file, &text, &whole, rule, &scenario, &origin);
                let Some(policy) = policy else {
                    continue;
                };
                plan.known.push(policy.id.clone());
                if is_on(&origin, &lines) && selection.includes(&policy) {
                    plan.policies.push(Arc::new(policy));
                    selected.push(scenario);
                }
            }
            selected
        };
        feature.scenarios = select(None, scenarios);
        for rule in &mut rules {
            let scenarios = std::mem::take(&mut rule.scenarios);
            let of_rule = rule.clone();
            rule.scenarios = select(Some(&of_rule), scenarios);
        }
        rules.retain(|rule| !rule.scenarios.is_empty());
        feature.rules = rules;
        if !feature.scenarios.is_empty() || !feature.rules.is_empty() {
            plan.features.push(feature);
        }
    }

    fn fault(
        &mut self,
        file: &str,
        at: gherkin::LineCol,
        width: usize,
        what: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.faults.push(Fault {
            file: file.to_owned(),
            line: at.line,
            column: at.col,
            width,
            what: what.into(),
            help: help.into(),
        });
    }

    fn policy(
        &mut self,
        file: &str,
        text: &str,
        feature: &gherkin::Feature,
        rule: Option<&gherkin::Rule>,
        scenario: &gherkin::Scenario,
        origin: &Origin,
    ) -> Option<Policy> {
        let of_rule = rule.map_or(&[][..], |rule| &rule.tags);
        let tags: Vec<String> =
            scenario.tags.iter().chain(of_rule).chain(&feature.tags).cloned().collect();
        let read = match Tags::read(&tags, &scenario.tags) {
            Ok(read) => read,
            Err(all) => {
                for (tag, what, help) in all {
                    let (at, width) = tag_at(text, scenario.position, &tag);
                    self.fault(file, at, width, what, help);
                }
                return None;
            }
        };
        let name = read.id.map_or_else(
            || format!("{}-{}", slug(&feature.name), slug(&scenario.name)),
            str::to_owned,
        );
        let id = match origin.row {
            Some(row) => format!("{name}-{row}"),
            None => name,
        };
        if let Some((other, line)) =
            self.ids.insert(id.clone(), (file.to_owned(), scenario.position.line))
        {
            let what = format!("two policies have the id {id}: the other one is {other}:{line}");
            self.fault(
                file,
                scenario.position,
                0,
                what,
                "give one of them another tag @id:… or another name",
            );
        }
        let background =
            feature.background.iter().chain(rule.and_then(|rule| rule.background.as_ref()));
        let steps: Vec<_> = background.flat_map(|b| &b.steps).chain(&scenario.steps).collect();
        let steps = self.steps(file, scenario, &steps)?;
        Some(Policy {
            id,
            feature: feature.name.clone(),
            feature_line: feature.position.line,
            description: feature.description.clone(),
            name: scenario.name.clone(),
            file: file.to_owned(),
            line: scenario.position.line,
            keyword: scenario.keyword.clone(),
            severity: read.severity,
            owner: read.owner.map(str::to_owned),
            allow_empty: read.allow_empty,
            tags: tags.iter().map(|tag| format!("@{tag}")).collect(),
            steps,
        })
    }

    fn steps(
        &mut self,
        file: &str,
        scenario: &gherkin::Scenario,
        steps: &[&gherkin::Step],
    ) -> Option<Vec<Step>> {
        let mut shapes = Shapes::default();
        let mut read = Vec::new();
        let before = self.faults.len();
        for step in steps {
            shapes.judged |= step.ty == gherkin::StepType::Then;
            match self.step(step, &mut shapes) {
                Ok(step) => read.push(step),
                Err((what, help)) => {
                    shapes.unknown = true;
                    let keyword = step.keyword.trim_end().chars().count();
                    let width = keyword + 1 + step.value.chars().count();
                    self.fault(file, step.position, width, what, help);
                }
            }
        }
        if !shapes.judged && self.faults.len() == before {
            self.fault(
                file,
                scenario.position,
                0,
                format!("the scenario {:?} judges nothing", scenario.name),
                "add a Then, for instance: Then there are none",
            );
        }
        (self.faults.len() == before).then_some(read)
    }

    /// Reads a sentence, or says what is wrong with it and what to do. After a sentence that is
    /// wrong it is not known what it would have left: nothing is checked against that until a
    /// sentence selects anew.
    fn step(&self, step: &gherkin::Step, shapes: &mut Shapes) -> Result<Step, Complaint> {
        let (definition, written, name) = self.find(step)?;
        // What stands below a sentence is seen in its example.
        let wants_text = definition.example.contains("\"\"\"");
        let wants_table = definition.expression.ends_with(':') && !wants_text;
        if wants_table && step.table.is_none() {
            let help = "write one name a row below it: | web1.example.net |";
            return Err(("the table is missing".to_owned(), help.to_owned()));
        }
        let text = step.docstring.is_some() && !wants_text;
        if text || (step.table.is_some() && !wants_table) {
            let what = "nothing may stand below this sentence";
            return Err((what.to_owned(), "take the table or the text away".to_owned()));
        }
        let sentence = (definition.read)(&written).map_err(|error| (error.what, error.help))?;
        if shapes.unknown {
            let mut anew = Shapes { named: shapes.named.clone(), ..Shapes::default() };
            if sentence.fit(&mut anew).is_ok() && anew.current != Shape::Nothing {
                *shapes = Shapes { judged: shapes.judged, ..anew };
            }
        } else {
            sentence.fit(shapes).map_err(|misfit| (misfit.what, misfit.help))?;
        }
        if let Some(name) = &name {
            shapes.named.insert(name.clone(), shapes.current);
        }
        Ok(Step {
            keyword: step.keyword.trim().to_owned(),
            text: step.value.clone(),
            line: step.position.line,
            definition,
            sentence: Arc::from(sentence),
            name,
        })
    }

    fn find(&self, step: &gherkin::Step) -> Result<Found, Complaint> {
        match self.vocabulary.find(&self.collection, step) {
            Match::One(definition, written, name) => Ok((definition, written, name)),
            Match::None(nearest) => {
                let help = match nearest {
                    Some(near) => format!("did you mean: {} {}", near.keyword, near.expression),
                    None => "`groundrule steps` lists every sentence".to_owned(),
                };
                Err((format!("there is no such sentence: {:?}", step.value), help))
            }
            Match::Several(all) => {
                let patterns: Vec<_> =
                    all.iter().map(|d| format!("{} {}", d.keyword, d.expression)).collect();
                let what = format!("{} sentences match: {}", all.len(), patterns.join("; "));
                Err((what, "this is a bug of the vocabulary: please report it".to_owned()))
            }
        }
    }
}

/// What is wrong, and what to do.
type Complaint = (String, String);

/// A sentence, what was written in its open places, and the name that it gives.
type Found = (&'static Definition, Written, Option<String>);

/// Where a tag stands: the nearest place above a scenario, with its width; else the scenario itself.
fn tag_at(text: &str, scenario: gherkin::LineCol, tag: &str) -> (gherkin::LineCol, usize) {
    let tag = format!("@{tag}");
    let above: Vec<_> = (1..).zip(text.lines()).take(scenario.line).collect();
    let found = above.iter().rev().filter(|(_, text)| text.trim_start().starts_with('@')).find_map(
        |(line, text)| {
            let start = text.split_whitespace().find(|word| *word == tag)?;
            let before = start.as_ptr() as usize - text.as_ptr() as usize;
            Some(gherkin::LineCol { line: *line, col: text[..before].chars().count() + 1 })
        },
    );
    found.map_or((scenario, 0), |at| (at, tag.chars().count()))
}

/// Whether a scenario is on one of the lines: on its own, on its row of examples, or on something
/// that it shares with others.
fn is_on(origin: &Origin, lines: &[usize]) -> bool {
    let on = |line: &usize| {
        if let Some(row) = origin.row
            && origin.rows.contains(line)
        {
            return origin.rows.get(row - 1) == Some(line);
        }
        let shared = origin.shared.iter().any(|shared| shared.contains(line));
        shared || (*line > origin.after && *line <= origin.last)
    };
    lines.is_empty() || lines.iter().any(on)
}
