//! An answer as a graph: DOT, and a drawing of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use groundrule_core::plain;
use layout::backends::svg::SVGWriter;
use layout::core::base::Orientation;
use layout::core::color::Color;
use layout::core::geometry::Point;
use layout::core::style::{LineStyleKind, StyleAttr};
use layout::std_shapes::shapes::{Arrow, Element, LineEndKind, ShapeKind};
use layout::topo::layout::VisualGraph;

/// A graph with names at its nodes.
#[derive(Clone, Debug, Default)]
pub struct Picture {
    title: String,
    nodes: BTreeSet<String>,
    marked: BTreeSet<String>,
    edges: Vec<Edge>,
}

/// An arrow.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Edge {
    pub from: String,
    pub to: String,
    pub label: String,
    /// Drawn dashed.
    pub soft: bool,
}

/// More nodes than this are not drawn: nobody could read them, and it would take minutes.
const DRAWN: usize = 400;

impl Picture {
    pub(crate) fn new(title: &str) -> Self {
        Self { title: title.to_owned(), ..Self::default() }
    }

    /// A node that stands out.
    pub(crate) fn mark(&mut self, node: &str) {
        self.nodes.insert(node.to_owned());
        self.marked.insert(node.to_owned());
    }

    pub(crate) fn edge(&mut self, edge: Edge) {
        self.nodes.insert(edge.from.clone());
        self.nodes.insert(edge.to.clone());
        if !self.edges.contains(&edge) {
            self.edges.push(edge);
        }
    }

    /// In Graphviz's language.
    #[must_use]
    pub fn dot(&self) -> String {
        let mut text = format!(
            "digraph {} {{\n    rankdir = LR\n    node [shape = box]\n",
            quote(&self.title)
        );
        for node in &self.nodes {
            let bold = if self.marked.contains(node) { " [style = bold]" } else { "" };
            let _ = writeln!(text, "    {}{bold}", quote(node));
        }
        for Edge { from, to, label, soft } in &self.edges {
            let style = if *soft { "dashed" } else { "solid" };
            let (from, to, label) = (quote(from), quote(to), quote(label));
            let _ = writeln!(text, "    {from} -> {to} [label = {label}, style = {style}]");
        }
        text.push_str("}\n");
        plain::lines(&text)
    }

    /// Drawn; none where there is too much to draw.
    #[must_use]
    pub fn svg(&self) -> Option<String> {
        if self.nodes.len() > DRAWN {
            return None;
        }
        let mut graph = VisualGraph::new(Orientation::LeftToRight);
        let mut handles = BTreeMap::new();
        for node in &self.nodes {
            let text = plain::line(node);
            let mut style = StyleAttr::simple();
            if self.marked.contains(node) {
                style.line_width = 3;
            }
            style.fill_color = Some(Color::fast("white"));
            #[expect(clippy::cast_precision_loss, reason = "names are short")]
            let size = Point::new(text.chars().count() as f64 * 9.0 + 20.0, 40.0);
            let shape = ShapeKind::new_box(&escaped(&text));
            let element = Element::create(shape, style, Orientation::LeftToRight, size);
            handles.insert(node, graph.add_node(element));
        }
        for Edge { from, to, label, soft } in &self.edges {
            let line = if *soft { LineStyleKind::Dashed } else { LineStyleKind::Normal };
            let (from, to) = (handles.get(from)?, handles.get(to)?);
            if from == to {
                continue;
            }
            let arrow = Arrow::new(
                LineEndKind::None,
                LineEndKind::Arrow,
                line,
                &escaped(&plain::line(label)),
                &StyleAttr::simple(),
                &None,
                &None,
            );
            graph.add_edge(arrow, *from, *to);
        }
        let mut svg = SVGWriter::new();
        graph.do_it(false, false, false, &mut svg);
        Some(svg.finalize())
    }
}

fn quote(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("\"{}\"", plain::line(&text))
}

/// What a drawing takes for itself.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
