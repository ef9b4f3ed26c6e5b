//! The graph of all catalogs: a few flat arrays, which a snapshot holds as they are.

use std::io;

use bytemuck::{Pod, Zeroable};

use groundrule_core::dependency::{Kind, Needs};
use groundrule_core::name::{NodeName, ResourceRef};

use crate::catalog::{Catalog, RawDependency, Relation};
use crate::dump::Dump;
use crate::intern::{NONE, Strings};

/// Everything that catalogs say, by position.
#[derive(Clone, Debug)]
pub struct Graph {
    /// `Type[title]` of every resource, alias and end of a dependency.
    pub references: Strings,
    /// Names of nodes, environments and classes, filters, places of declarations.
    pub words: Strings,
    /// Of each resource: which reference. The resources of a catalog stand together.
    pub reference: Vec<u32>,
    /// Of each resource: where its JSON begins in its file, in bytes.
    pub offset: Vec<u32>,
    /// Of each resource: 1 if it contains others.
    pub container: Vec<u8>,
    /// Of each resource: where its containers end in `parents`.
    pub parents_end: Vec<u32>,
    /// Containers, by position within the catalog.
    pub parents: Vec<u32>,
    /// Of each resource: where what it requires ends in `needs`.
    pub needs_end: Vec<u32>,
    /// What a resource requires in any of the four ways, by position within the catalog.
    pub needs: Vec<u32>,
    /// The catalogs.
    pub catalogs: Vec<CatalogRow>,
    /// Classes of the catalogs, one after the other.
    pub classes: Vec<u32>,
    /// Aliases of the catalogs: which reference, and the resource's position in its catalog.
    pub aliases: Vec<[u32; 2]>,
    /// Dependencies on other nodes, from catalogs and from the list beside them.
    pub dependencies: Vec<DependencyRow>,
    /// Named providers of the dependencies, one after the other.
    pub providers: Vec<u32>,
}

/// One catalog; each `_end` is where its part of an array ends and the next catalog's begins.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub struct CatalogRow {
    /// Of when it is, in seconds since 1970; the file's time where the catalog does not tell.
    pub made: i64,
    /// The node, in `words`.
    pub node: u32,
    /// The environment, in `words`.
    pub environment: u32,
    /// Its file.
    pub file: u32,
    /// How many relationships there are in it, containment not counted.
    pub relationships: u32,
    /// End of its resources.
    pub resources_end: u32,
    /// End of its classes.
    pub classes_end: u32,
    /// End of its aliases.
    pub aliases_end: u32,
    /// Keeps the size a multiple of eight bytes.
    pub padding: u32,
}

/// One declared dependency; [`NONE`] where nothing was written.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub struct DependencyRow {
    /// Who depends, in `words`.
    pub node: u32,
    /// What needs, in `references`.
    pub from: u32,
    /// What is needed, in `references`.
    pub on: u32,
    /// A filter for the providers, in `words`.
    pub matching: u32,
    /// End of its named providers.
    pub providers_end: u32,
    /// How many must stand; 0 for all.
    pub needs: u32,
    /// 1 if it is hard.
    pub hard: u32,
    /// The resource that declares it, in `words`; or the list beside the catalogs.
    pub declared_in: u32,
    /// The line in that list; 0 if a catalog declares it.
    pub line: u32,
}

impl DependencyRow {
    /// Hard or soft.
    pub fn kind(&self) -> Kind {
        if self.hard == 1 { Kind::Hard } else { Kind::Soft }
    }

    /// How many providers must stand.
    pub fn needs(&self) -> Needs {
        match self.needs {
            0 => Needs::All,
            n => Needs::AtLeast(n as usize),
        }
    }
}

impl Graph {
    pub fn new(seed: u64) -> Self {
        Self {
            references: Strings::new(seed),
            words: Strings::new(seed),
            reference: Vec::new(),
            offset: Vec::new(),
            container: Vec::new(),
            parents_end: Vec::new(),
            parents: Vec::new(),
            needs_end: Vec::new(),
            needs: Vec::new(),
            catalogs: Vec::new(),
            classes: Vec::new(),
            aliases: Vec::new(),
            dependencies: Vec::new(),
            providers: Vec::new(),
        }
    }

    /// Adds a catalog that was read.
    pub fn add(&mut self, node: &NodeName, catalog: &Catalog, file: u32, made: i64) {
        let count = catalog.resources.len();
        let mut containers = vec![Vec::new(); count];
        let mut needs = vec![Vec::new(); count];
        let mut relationships = 0;
        for edge in &catalog.edges {
            let of = &mut if edge.relation == Relation::Contains {
                &mut containers[edge.target as usize]
            } else {
                relationships += 1;
                &mut needs[edge.target as usize]
            };
            if of.last() != Some(&edge.source) {
                of.push(edge.source);
            }
        }
        for ((resource, containers), needs) in catalog.resources.iter().zip(containers).zip(needs) {
            let reference = self.references.intern(&resource.reference);
            self.reference.push(reference);
            self.offset.push(resource.offset);
            self.container.push(u8::from(resource.container));
            self.parents.extend(containers);
            self.parents_end.push(end(&self.parents));
            self.needs.extend(needs);
            self.needs_end.push(end(&self.needs));
        }
        for class in &catalog.classes {
            let class = self.words.intern(class);
            self.classes.push(class);
        }
        for (alias, position) in &catalog.aliases {
            let alias = self.references.intern(alias);
            self.aliases.push([alias, *position]);
        }
        for dependency in &catalog.dependencies {
            self.depend(node, dependency, 0);
        }
        let row = CatalogRow {
            made,
            node: self.words.intern(node.as_str()),
            environment: self.words.intern(&catalog.environment),
            file,
            relationships,
            resources_end: end(&self.reference),
            classes_end: end(&self.classes),
            aliases_end: end(&self.aliases),
            padding: 0,
        };
        self.catalogs.push(row);
    }

    /// Adds a dependency that a node declares; the line in the list beside the catalogs, or 0.
    pub fn depend(&mut self, node: &NodeName, raw: &RawDependency, line: u32) {
        for provider in &raw.nodes {
            let provider = self.words.intern(provider.as_str());
            self.providers.push(provider);
        }
        let mut reference = |of: &Option<groundrule_core::name::ResourceRef>| match of {
            Some(reference) => self.references.intern(reference.as_str()),
            None => NONE,
        };
        let (from, on) = (reference(&raw.from), reference(&raw.on));
        let row = DependencyRow {
            node: self.words.intern(node.as_str()),
            from,
            on,
            matching: raw.matching.as_ref().map_or(NONE, |filter| self.words.intern(filter)),
            providers_end: end(&self.providers),
            needs: match raw.needs {
                Needs::All => 0,
                Needs::AtLeast(n) => u32::try_from(n).unwrap_or(u32::MAX),
            },
            hard: u32::from(raw.kind == Kind::Hard),
            declared_in: self.words.intern(&raw.declared_in),
            line,
        };
        self.dependencies.push(row);
    }

    /// The resources of the nth catalog.
    pub fn catalog(&self, n: usize) -> View<'_> {
        let before =
            |end: fn(&CatalogRow) -> u32| n.checked_sub(1).map_or(0, |b| end(&self.catalogs[b]));
        let row = &self.catalogs[n];
        View {
            graph: self,
            row,
            first: before(|row| row.resources_end) as usize,
            count: (row.resources_end - before(|row| row.resources_end)) as usize,
            classes: &self.classes
                [before(|row| row.classes_end) as usize..row.classes_end as usize],
            aliases: &self.aliases
                [before(|row| row.aliases_end) as usize..row.aliases_end as usize],
        }
    }

    /// The named providers of the nth dependency.
    pub fn providers(&self, n: usize) -> &[u32] {
        let start = n.checked_sub(1).map_or(0, |before| self.dependencies[before].providers_end);
        &self.providers[start as usize..self.dependencies[n].providers_end as usize]
    }

    /// Writes or fills the arrays.
    pub fn dump(&mut self, dump: &mut impl Dump) -> io::Result<()> {
        self.references.dump(dump)?;
        self.words.dump(dump)?;
        dump.array(&mut self.reference)?;
        dump.array(&mut self.offset)?;
        dump.array(&mut self.container)?;
        dump.array(&mut self.parents_end)?;
        dump.array(&mut self.parents)?;
        dump.array(&mut self.needs_end)?;
        dump.array(&mut self.needs)?;
        dump.array(&mut self.catalogs)?;
        dump.array(&mut self.classes)?;
        dump.array(&mut self.aliases)?;
        dump.array(&mut self.dependencies)?;
        dump.array(&mut self.providers)
    }

    /// Whether the arrays fit together, so that no question can read beyond them.
    pub fn is_sound(&self) -> bool {
        let count = self.reference.len();
        let ascending = |ends: &[u32], total: usize| {
            ends.is_sorted() && ends.last().map_or(total == 0, |last| *last as usize == total)
        };
        let rows = |end: fn(&CatalogRow) -> u32, total: usize| {
            let ends: Vec<_> = self.catalogs.iter().map(end).collect();
            ascending(&ends, total)
        };
        let by_resource =
            [self.offset.len(), self.container.len(), self.parents_end.len(), self.needs_end.len()];
        let provider_ends: Vec<_> = self.dependencies.iter().map(|row| row.providers_end).collect();
        self.references.is_sound()
            && self.words.is_sound()
            && by_resource.iter().all(|len| *len == count)
            && ascending(&self.parents_end, self.parents.len())
            && ascending(&self.needs_end, self.needs.len())
            && rows(|row| row.resources_end, count)
            && rows(|row| row.classes_end, self.classes.len())
            && rows(|row| row.aliases_end, self.aliases.len())
            && ascending(&provider_ends, self.providers.len())
            && (0..self.catalogs.len()).all(|n| self.catalog(n).is_sound())
    }
}

fn end<T>(array: &[T]) -> u32 {
    u32::try_from(array.len()).expect("an estate has fewer than four thousand million resources")
}

/// One catalog within the graph; resources by position from 0.
#[derive(Clone, Copy)]
pub struct View<'g> {
    graph: &'g Graph,
    /// Its row.
    pub row: &'g CatalogRow,
    first: usize,
    /// How many resources there are.
    pub count: usize,
    /// Its classes, in `words`.
    pub classes: &'g [u32],
    aliases: &'g [[u32; 2]],
}

impl<'g> View<'g> {
    /// The references of its resources.
    pub fn references(&self) -> &'g [u32] {
        &self.graph.reference[self.first..self.first + self.count]
    }

    /// The name of the resource at a position.
    pub fn name(&self, position: usize) -> &'g str {
        self.graph.references.get(self.references()[position])
    }

    /// Whether a resource contains others.
    pub fn is_container(&self, position: usize) -> bool {
        self.graph.container[self.first + position] == 1
    }

    /// Where a resource's JSON begins in the catalog's file.
    pub fn offset(&self, position: usize) -> u32 {
        self.graph.offset[self.first + position]
    }

    /// The containers of a resource.
    pub fn parents(&self, position: usize) -> &'g [u32] {
        part(&self.graph.parents_end, &self.graph.parents, self.first + position)
    }

    /// What a resource requires.
    pub fn needs(&self, position: usize) -> &'g [u32] {
        part(&self.graph.needs_end, &self.graph.needs, self.first + position)
    }

    /// The resource of a reference, under its title or an alias.
    pub fn find(&self, reference: u32) -> Option<usize> {
        self.references().iter().position(|r| *r == reference).or_else(|| {
            let alias = self.aliases.iter().find(|[alias, _]| *alias == reference);
            alias.map(|[_, position]| *position as usize)
        })
    }

    /// The resource that Puppet would find under this reference.
    pub fn find_named(&self, reference: &ResourceRef) -> Option<usize> {
        let find = |name: &ResourceRef| self.find(self.graph.references.find(name.as_str())?);
        find(reference).or_else(|| find(&reference.without_slashes()?))
    }

    fn is_sound(&self) -> bool {
        let inside = |positions: &[u32]| positions.iter().all(|p| (*p as usize) < self.count);
        (0..self.count).all(|p| inside(self.parents(p)) && inside(self.needs(p)))
            && self.aliases.iter().all(|[_, p]| (*p as usize) < self.count)
    }
}

fn part<'g>(ends: &[u32], items: &'g [u32], n: usize) -> &'g [u32] {
    let start = n.checked_sub(1).map_or(0, |before| ends[before]);
    &items[start as usize..ends[n] as usize]
}
