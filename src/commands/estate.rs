//! `groundrule estate`: what was read, one node's graph, and who a filter selects.

use std::time::Duration;

use groundrule_core::filter::{Filter, FilterError};
use groundrule_core::name::NodeName;
use groundrule_core::plain;
use groundrule_engine::estate::describe;
use groundrule_engine::world::World;
use groundrule_inventory::{NoGraph, NodeGraph, Overview};
use jiff::Timestamp;

use super::{Ended, open};
use crate::cli::{self, Global, GraphFormat, ShowFormat};
use crate::config::Config;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::nearest::{self, nearest};
use crate::sink;

/// Looks at the estate.
pub fn look(context: &Context, global: &Global, what: cli::Estate) -> Result<Ended, Failure> {
    let config = Config::load(context, global)?;
    match what {
        cli::Estate::Show { format } => show(&config, format),
        cli::Estate::Graph { node, format } => {
            graph(&config, &node, format, context.color(global.color, context.stderr_is_terminal))
        }
        cli::Estate::Nodes(filter) => nodes(&config, &filter),
    }
}

fn write(text: &str) -> Result<(), Failure> {
    let mut out = sink::stdout();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(())
}

fn show(config: &Config, format: ShowFormat) -> Result<Ended, Failure> {
    let overview = open::directory(config)?.overview();
    write(&match format {
        ShowFormat::Json => format!("{:#}\n", serde_json::json!(overview)),
        ShowFormat::Text => in_words(&overview, config.trust.now),
    })?;
    Ok(Exit::Held.into())
}

fn in_words(overview: &Overview, now: Timestamp) -> String {
    let age = |at: Option<Timestamp>| {
        let age = at.and_then(|at| Duration::try_from(now.duration_since(at)).ok());
        age.map_or_else(|| "from the future".to_owned(), |age| format!("{} old", describe(age)))
    };
    let ages = |oldest: Option<Timestamp>, newest: Option<Timestamp>| match (oldest, newest) {
        (None, _) | (_, None) => String::new(),
        (oldest, newest) if oldest == newest => format!(", {}", age(oldest)),
        (oldest, newest) => format!(", {} to {}", age(newest), age(oldest)),
    };
    let source = |name: &str, source: &groundrule_inventory::SourceOverview| {
        if !source.there {
            return format!("  {name:<14} none\n");
        }
        let unreadable = match source.unreadable {
            0 => String::new(),
            n => format!(", {n} cannot be read"),
        };
        format!(
            "  {name:<14} {}{unreadable}{}\n",
            source.documents,
            ages(source.oldest, source.newest)
        )
    };
    let catalogs = &overview.catalogs;
    let mut text = format!("{}: {} nodes\n\n", overview.estate, overview.nodes);
    text.push_str(&source("catalogs", &catalogs.source));
    if catalogs.source.there {
        text.push_str(&format!(
            "  {:<14} {} resources ({} containers), {} relationships\n",
            "", catalogs.resources, catalogs.containers, catalogs.relationships
        ));
    }
    text.push_str(&source("facts", &overview.facts));
    text.push_str(&source("registrations", &overview.registrations));
    let discovery = &overview.discovery;
    text.push_str(&match (discovery.there, discovery.readable) {
        (false, _) => format!("  {:<14} none\n", "discovery"),
        (true, false) => format!("  {:<14} cannot be read\n", "discovery"),
        (true, true) => format!(
            "  {:<14} {} nodes{}\n",
            "discovery",
            discovery.nodes,
            ages(discovery.at, discovery.at)
        ),
    });
    let relationships = &overview.relationships;
    text.push_str(&match (relationships.there, relationships.readable) {
        (false, _) => format!("  {:<14} none\n", "relationships"),
        (true, false) => format!("  {:<14} cannot be read\n", "relationships"),
        (true, true) => format!("  {:<14} {} rows\n", "relationships", relationships.rows),
    });
    let dependencies = &overview.dependencies;
    text.push_str(&format!(
        "  {:<14} {} hard, {} soft\n",
        "dependencies", dependencies.hard, dependencies.soft
    ));
    for cycle in &overview.cycles {
        text.push_str(&format!(
            "\nPuppet refuses to apply the catalog of {}, where these wait for each other:\n  {}\n",
            cycle.node,
            cycle.resources.join(", ")
        ));
    }
    text.push_str(&match overview.problems.len() {
        0 => "\nno problems\n".to_owned(),
        1 => "\n1 problem:\n".to_owned(),
        n => format!("\n{n} problems:\n"),
    });
    for problem in &overview.problems {
        text.push_str(&format!("  {}\n", plain::line(&format!("{problem}: {}", problem.help))));
    }
    plain::lines(&text)
}

fn graph(config: &Config, node: &str, format: GraphFormat, color: bool) -> Result<Ended, Failure> {
    let name =
        NodeName::new(node).map_err(|error| Failure::new(error.to_string(), "name a node"))?;
    let directory = open::directory(config)?;
    let graph = match directory.node_graph(&name, &config.reading) {
        Ok(graph) => graph,
        Err(NoGraph::UnknownNode) => {
            let names = directory.node_names();
            let near = nearest(names.iter().map(String::as_str), name.as_str());
            let help = nearest::help(near, nearest::LIST);
            return Err(Failure::new(format!("no source knows the node {name}"), help));
        }
        Err(NoGraph::NoCatalog) => {
            return Err(Failure::new(
                format!("there is no catalog of {name}"),
                "compile one, and put it into catalogs/",
            ));
        }
        Err(NoGraph::Unreadable(why)) => {
            Failure::new(format!("the catalog of {name} cannot be read: {why}"), "repair it")
                .show(color);
            return Ok(Exit::Undecided.into());
        }
    };
    write(&match format {
        GraphFormat::Json => format!("{:#}\n", serde_json::json!(graph)),
        GraphFormat::Dot => dot(&graph),
    })?;
    Ok(Exit::Held.into())
}

fn dot(graph: &NodeGraph) -> String {
    let quote = |text: &str| {
        let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        format!("\"{}\"", plain::line(&text))
    };
    let mut text = format!(
        "digraph {} {{\n    rankdir = LR\n    node [shape = box]\n",
        quote(graph.node.as_str())
    );
    for resource in &graph.resources {
        text.push_str(&format!("    {}\n", quote(resource)));
    }
    for edge in &graph.edges {
        let style = if edge.relationship == "contains" { "dotted" } else { "solid" };
        text.push_str(&format!(
            "    {} -> {} [label = {}, style = {style}]\n",
            quote(&edge.source),
            quote(&edge.target),
            quote(edge.relationship)
        ));
    }
    text.push_str("}\n");
    plain::lines(&text)
}

fn nodes(config: &Config, wanted: &cli::Filter) -> Result<Ended, Failure> {
    let filter = filter(wanted)?;
    let runtime = open::runtime()?;
    let opened = runtime.block_on(open::sources(config))?;
    let (selected, unknown) = runtime.block_on(async {
        let world = World::today(opened.estate(config).await);
        let truth = world.filter(&filter).await;
        let names: Vec<_> = truth.yes.ones().map(|node| world.name(node).to_string()).collect();
        let unknown: Vec<_> = truth.maybe.values().cloned().collect();
        (names, unknown)
    });
    write(&match wanted.format {
        ShowFormat::Json => {
            format!("{:#}\n", serde_json::json!({"nodes": selected, "unknown": unknown}))
        }
        ShowFormat::Text => {
            let unknown = unknown.iter().map(|unknown| {
                let node = unknown.node.as_ref().map_or("", NodeName::as_str);
                format!("# perhaps {node}: {}\n", unknown.why)
            });
            plain::lines(
                &selected.iter().map(|name| format!("{name}\n")).chain(unknown).collect::<String>(),
            )
        }
    })?;
    Ok(if unknown.is_empty() { Exit::Held } else { Exit::Undecided }.into())
}

fn filter(wanted: &cli::Filter) -> Result<Filter, Failure> {
    let read = |option: &str, text: &str, filter: Result<Filter, FilterError>| {
        filter.map_err(|error| {
            Failure::new(
                format!("{option} {text:?} cannot be read: {error}"),
                "write it as for mco: `groundrule estate nodes --help`",
            )
        })
    };
    let all = |option: &str, texts: &[String], parse: fn(&str) -> Result<Filter, FilterError>| {
        texts.iter().map(|text| read(option, text, parse(text))).collect::<Result<Vec<_>, _>>()
    };
    let mut filters = all("-F", &wanted.facts, Filter::fact)?;
    filters.extend(all("-C", &wanted.classes, Filter::class)?);
    filters.extend(all("-A", &wanted.agents, Filter::agent)?);
    filters.extend(all("-W", &wanted.with, Filter::with)?);
    filters.extend(all("-S", &wanted.select, Filter::parse)?);
    let identities = all("-I", &wanted.identities, Filter::identity)?;
    if !identities.is_empty() {
        filters.push(Filter::Or(identities));
    }
    Ok(Filter::And(filters))
}
