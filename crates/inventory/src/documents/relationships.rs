//! Dependencies that are declared beside the catalogs: `relationships.yaml`.

use groundrule_core::name::NodeName;
use serde::Deserialize;
use serde_json::Value;
use serde_saphyr::Spanned;

use crate::catalog::RawDependency;
use crate::catalog::declared::Fields;
use crate::fault::Fault;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    node: String,
    from: Option<Value>,
    on: Option<Value>,
    nodes: Option<Value>,
    matching: Option<Value>,
    kind: Option<Value>,
    needs: Option<Value>,
}

/// A dependency with the node that has it and the line on which it is declared.
#[derive(Debug)]
pub struct Listed {
    /// Who depends.
    pub node: NodeName,
    /// On whom, and how.
    pub dependency: RawDependency,
    /// From 1.
    pub line: u64,
}

/// Reads the whole list.
///
/// # Errors
/// The first fault, with its line: a list that is only half understood is not used at all.
pub fn read(text: &str) -> Result<Vec<Listed>, Fault> {
    let rows: Option<Vec<Spanned<Row>>> = serde_saphyr::from_str(text)?;
    rows.unwrap_or_default().into_iter().map(listed).collect()
}

fn listed(row: Spanned<Row>) -> Result<Listed, Fault> {
    let line = row.referenced.line();
    let at = |fault: Fault| fault.at(line, 1);
    let row = row.value;
    let node = NodeName::new(&row.node)
        .map_err(|error| at(Fault::new(error.to_string(), "write the node that depends")))?;
    let mut dependency = RawDependency::read(Fields {
        from: row.from.as_ref(),
        on: row.on.as_ref(),
        nodes: row.nodes.as_ref(),
        matching: row.matching.as_ref(),
        kind: row.kind.as_ref(),
        needs: row.needs.as_ref(),
    })
    .map_err(at)?
    .ok_or_else(|| {
        at(Fault::new(
            format!("{node} depends on nobody"),
            "name the providers under nodes, or select them with matching",
        ))
    })?;
    dependency.declared_in = format!("relationships.yaml, line {line}");
    Ok(Listed { node, dependency, line })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows() {
        let rows = read(
            "# the archive\n- node: Files1.example.net\n  nodes: [a, b, a]\n  needs: all\n  kind: soft\n\
             - node: x\n  from: service[a]\n  on: Service[b]\n  matching: role=db\n",
        )
        .unwrap();
        assert_eq!(rows.len(), 2);
        assert_eq!(
            (rows[0].node.as_str(), rows[0].dependency.nodes.len(), rows[0].line),
            ("files1.example.net", 2, 2)
        );
        assert_eq!(rows[1].dependency.from.as_ref().unwrap().as_str(), "Service[a]");
        assert!(read("").unwrap().is_empty());
    }

    #[test]
    fn faults_tell_their_line() {
        for (text, line, what) in [
            ("- node: a\n  nodes: [b]\n- node: c\n", 3, "c depends on nobody"),
            ("- node: a\n  nodes: b\n  kind: firm\n", 1, "kind is \"firm\""),
            ("- node: a\n  nodes: b\n  needs: 0\n", 1, "needs is 0"),
            (
                "- node: a\n  nodes: b\n  on: mysql\n",
                1,
                "on: \"mysql\" is no resource: write it as Type[title], for instance Service[nginx]",
            ),
            (
                "- node: a\n  nodes: b\n  matching: c\n",
                1,
                "a dependency has both nodes and matching",
            ),
            (
                "- node: a\n  matching: 'x='\n",
                1,
                "the filter \"x=\" cannot be read: the value is missing at character 3",
            ),
        ] {
            let fault = read(text).unwrap_err();
            assert_eq!((fault.line, fault.what.as_str()), (Some(line), what), "{text}");
        }
        for text in ["node: a", "- node: a\n  nodes: b\n  colour: red\n", "- [", "- 7"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
