//! The record of the last load, and the seal that shows whether the graph is still that.
//!
//! A load that ends counts what there is. Those counts, which the server keeps anyway, and the run are
//! read again at the end of every question.

use groundrule_core::Text;
use groundrule_core::ports::{Answer, StoreError};

use super::schema::VERSION;
use super::value::Cells;

/// Marks rows that are about no node: no node's name has a slash.
pub const RECORD: &str = "/record";
/// ... a class's.
pub const CLASS: &str = "/class";
const SEAL: &str = "/seal";

/// Counts what there is, each from a counter that the server keeps. Stands behind a match of the
/// record `l`.
macro_rules! counts {
    () => {
        "CALL () { MATCH (:Node) RETURN count(*) AS a }
CALL () { MATCH (:Resource) RETURN count(*) AS b }
CALL () { MATCH (:Dependency) RETURN count(*) AS c }
CALL () { MATCH ()-[:CONTAINS]->() RETURN count(*) AS d }
CALL () { MATCH ()-[:HOLDS]->() RETURN count(*) AS e }
CALL () { MATCH ()-[:NEEDS]->() RETURN count(*) AS f }
CALL () { MATCH ()-[:HAS_CLASS]->() RETURN count(*) AS g }
CALL () { MATCH ()-[:DECLARES]->() RETURN count(*) AS h }
CALL () { MATCH ()-[:OF]->() RETURN count(*) AS i }
WITH l, [a, b, c, d, e, f, g, h, i] AS counts"
    };
}

/// The end of every question.
pub const SEALED: &str = concat!(
    "\nUNION ALL\nMATCH (l:GroundruleLoad {name: 'graph'})\n",
    counts!(),
    "\nRETURN ['/seal', l.run, l.complete, counts] AS row"
);

macro_rules! record {
    () => {
        "MATCH (l:GroundruleLoad {name: 'graph'})
RETURN ['/record', l.schema, l.there, l.gaps, l.undeclared, l.from, l.began, l.counts] AS row"
    };
}

/// The first question about a graph.
pub const LISTED: &str = concat!(
    record!(),
    "
UNION ALL MATCH (c:Class) RETURN ['/class', c.name] AS row
UNION ALL MATCH (n:Node) WHERE n.catalog <> 'none'
RETURN [n.name, n.catalog, n.made, n.why, n.environment] AS row"
);

/// What a further load asks first.
pub const KNOWN: &str = concat!(
    record!(),
    "\nUNION ALL MATCH (n:Node) WHERE n.digest IS NOT NULL RETURN [n.name, n.digest] AS row"
);

/// Begins a load.
pub const BEGIN: &str = "\
MERGE (l:GroundruleLoad {name: 'graph'})
SET l.schema = $schema, l.run = $run, l.complete = false, l.from = $from, l.began = $began,
  l.there = $there, l.gaps = $gaps, l.undeclared = $undeclared
REMOVE l.counts, l.ended
RETURN [l.run, l.from] AS row";

/// Ends a load, if it is still the newest.
pub const END: &str = concat!(
    "MATCH (l:GroundruleLoad {name: 'graph', run: $run})\n",
    counts!(),
    "\nSET l.complete = true, l.counts = counts
RETURN [l.run, l.from] AS row"
);

/// What shows that nothing has changed: the run, and what there is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seal {
    run: String,
    complete: bool,
    counts: Vec<i64>,
}

impl Seal {
    /// Takes the last row of an answer off, which is the seal.
    pub fn take(rows: &mut Vec<Cells>) -> Answer<Self> {
        let none = || {
            StoreError("no graph was loaded there: load one with groundrule load --graph".into())
        };
        let row = rows.pop().filter(|row| row.maybe_text(0) == Some(SEAL)).ok_or_else(none)?;
        Ok(Self {
            run: row.text(1)?.to_owned(),
            complete: row.flag(2),
            counts: row.list(3).iter().filter_map(super::value::number).collect(),
        })
    }

    /// Checks that the graph is what it was.
    pub fn check(&self, now: &Self) -> Answer<()> {
        let (true, true) = (self.run == now.run, self.counts == now.counts) else {
            let why = match self.run == now.run {
                true => "the graph was changed while it was being judged",
                false => "the graph was loaded anew while it was being judged",
            };
            return Err(StoreError(why.into()));
        };
        Ok(())
    }
}

/// Whether the newest load is this one, by the row that tells it.
pub fn still(rows: &[Cells], run: &str) -> Answer<()> {
    match rows.first() {
        Some(row) if row.text(0)? == run => Ok(()),
        Some(row) => Err(StoreError(
            format!("another load, from {}, began meanwhile: this one is given up", row.text(1)?)
                .into(),
        )),
        None => Err(StoreError("the record of this load is gone: load again".into())),
    }
}

/// What the loader noted.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// Whether there are catalogs at all.
    pub there: bool,
    /// Why there may be more.
    pub gaps: Vec<Text>,
    /// Why there may be dependencies that nobody declares.
    pub undeclared: Vec<Text>,
}

impl Record {
    /// Reads the row of the record; what is wrong with the load becomes a gap.
    pub fn read(row: &Cells, seal: &Seal) -> Answer<Self> {
        let wrong = fault(row, seal)?;
        let texts = |n: usize| row.texts(n).map(Text::from).collect::<Vec<_>>();
        let mut record = Self { there: row.flag(2), gaps: texts(3), undeclared: texts(4) };
        if let Some(wrong) = wrong {
            let wrong = Text::from(wrong);
            record.gaps.push(wrong.clone());
            record.undeclared.push(wrong);
        }
        Ok(record)
    }
}

/// In which way the graph is not as a load that ended has left it; an error where it is of another form.
pub fn fault(row: &Cells, seal: &Seal) -> Answer<Option<String>> {
    let schema = row.number(1)?;
    if schema != VERSION {
        let why = format!(
            "the graph has form {schema}, and this version reads form {VERSION}: load it again"
        );
        return Err(StoreError(why.into()));
    }
    let loaded: Vec<_> = row.list(7).iter().filter_map(super::value::number).collect();
    if !seal.complete {
        let (from, began) = (row.text(5)?, row.text(6)?);
        return Ok(Some(format!(
            "the graph is incomplete: its load from {from} began at {began} and has not ended"
        )));
    }
    if loaded != seal.counts {
        let of = |counts: &[i64]| match counts {
            [nodes, resources, ..] => format!("{nodes} nodes and {resources} resources"),
            _ => "nothing".to_owned(),
        };
        let (had, has) = (of(&loaded), of(&seal.counts));
        return Ok(Some(format!(
            "something else than a load changed the graph, which had {had} and has {has}: load it again"
        )));
    }
    Ok(None)
}
