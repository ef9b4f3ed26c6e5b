//! Dependencies that are not met, or perhaps not, in words.

use groundrule_core::dependency::{Declared, in_words};
use groundrule_core::name::ResourceRef;
use groundrule_core::source::{Source, Unknown};
use groundrule_engine::world::{Dependencies, Dependency, DependencyId, Failure, Standing, World};

use crate::words::list;

/// A dependency that is not met, in words: `web1 needs 2 of db1, db2 and db3, but only db1 is
/// there: db2 is shut down and no source knows db3`.
pub fn why(graph: &Dependencies, world: &World, failure: &Failure<'_>, id: DependencyId) -> String {
    format!("{} {}", graph.all[id].declared.dependent(), because(graph, world, failure, id))
}

/// The same without who needs it.
pub fn because(
    graph: &Dependencies,
    world: &World,
    failure: &Failure<'_>,
    id: DependencyId,
) -> String {
    let declared = &graph.all[id].declared;
    let providers = failure.providers(world, id);
    let names = |standing: Standing| -> Vec<&str> {
        let such = providers.iter().filter(|(_, how)| *how == standing);
        such.map(|(name, _)| name.as_str()).collect()
    };
    let reason = |standing: Standing, words: &dyn Fn(&str, bool) -> String| {
        let names = names(standing);
        (!names.is_empty()).then(|| words(&in_words(&names), names.len() == 1))
    };
    let lacking = |who: &str, one: bool| {
        let on = declared.on.as_ref().map_or("it", ResourceRef::as_str);
        if one {
            format!("the catalog of {who} lacks {on}")
        } else {
            format!("the catalogs of {who} lack {on}")
        }
    };
    let fallen = |who: &str, one: bool| match &declared.on {
        Some(on) => format!("{on} has fallen on {who}"),
        None => format!("{who} {} fallen", if one { "has" } else { "have" }),
    };
    let reasons: Vec<_> = [
        reason(Standing::ShutDown, &|who, one| {
            format!("{who} {} shut down", if one { "is" } else { "are" })
        }),
        reason(Standing::Nobody, &|who, _| format!("no source knows {who}")),
        reason(Standing::Lacking, &lacking),
        reason(Standing::Fallen, &fallen),
        reason(Standing::NotKnown, &|who, _| format!("it is not known whether {who} provides it")),
    ]
    .into_iter()
    .flatten()
    .collect();
    let standing = names(Standing::Stands);
    let are = if standing.len() == 1 { "is" } else { "are" };
    let because = match (standing.as_slice(), reasons.as_slice()) {
        // A filter: others may match, but lack what is needed.
        ([], []) => match &declared.on {
            Some(on) => format!("no other node that matches has {on}"),
            None => "no other node matches".to_owned(),
        },
        (standing, []) if declared.on.is_some() => {
            let have = if standing.len() == 1 { "has" } else { "have" };
            format!("only {} {have} it", in_words(standing))
        }
        ([], reasons) => in_words(reasons),
        (standing, []) => format!("only {} {are} there", in_words(standing)),
        (standing, reasons) => {
            format!("only {} {are} there: {}", in_words(standing), in_words(reasons))
        }
    };
    format!("needs {}, but {because}", declared.needed())
}

/// What a violation is about where a dependency is not met.
pub fn about(declared: &Declared) -> String {
    format!("dependency {}", declared.identity())
}

/// A dependency of which it is not known whether it is met, and whose fault that is.
pub fn doubt(
    graph: &Dependencies,
    world: &World,
    failure: &Failure<'_>,
    id: DependencyId,
) -> Unknown {
    let Dependency { declared, node, .. } = &graph.all[id];
    let providers = failure.providers(world, id).into_iter();
    let doubtful = providers.filter(|(_, how)| *how == Standing::NotKnown).map(|(name, _)| name);
    let doubtful: Vec<_> = doubtful.collect();
    let needed = declared.needed();
    let why = match doubtful.as_slice() {
        [] => format!("whether its dependency on {needed} is met is not known"),
        [one] => format!(
            "its dependency on {needed} may not be met: whether {one} provides it is not known"
        ),
        all => {
            let all = list(all);
            format!(
                "its dependency on {needed} may not be met: whether {all} provide it is not known"
            )
        }
    };
    world.unknown(*node, Source::Catalogs, &why.into())
}
