//! Where a data file lies: names that came from variables do not lead out of their directory.

use crate::Fault;

/// Refuses a name in which variables brought in a step upwards. `template` is the name as it is configured, with `%{}` in it, `name` what became of it.
/// A step upwards that is written in the configuration is the administrator's own.
///
/// # Errors
///
/// Where `name` has more `..` in it than `template` has of its own, or a NUL.
pub fn stays(template: &str, name: &str) -> Result<(), Fault> {
    if name.contains('\0') {
        return Err(Fault::new(
            format!("the level {template} has a NUL in its name"),
            "correct the variable's value",
        ));
    }
    if !name.contains("..") || steps_up(name) <= own_steps_up(template) {
        return Ok(());
    }
    Err(Fault::new(
        format!("the level {template} becomes {name}, which leads out of the data directory"),
        "a variable must not hold `..`: correct its value",
    ))
}

fn steps_up(name: &str) -> usize {
    name.split('/').filter(|part| *part == "..").count()
}

/// Steps that stand in the template itself, whatever its variables are.
fn own_steps_up(template: &str) -> usize {
    let mut bare = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(start) = rest.find("%{") {
        bare.push_str(&rest[..start]);
        bare.push('x');
        rest = rest[start..].find('}').map_or("", |end| &rest[start + end + 1..]);
    }
    bare.push_str(rest);
    steps_up(&bare)
}

#[cfg(test)]
mod tests {
    use super::stays;

    #[test]
    fn variables_do_not_lead_upwards() {
        for (template, name, good) in [
            ("%{location}", "dc1", true),
            ("%{location}", "eu/dc1", true),
            ("%{location}", "a..b", true),
            ("%{location}", "../secret", false),
            ("x/%{location}", "x/..", false),
            ("../shared/%{location}", "../shared/dc1", true),
            ("../shared/%{location}", "../shared/../dc1", false),
            ("%{a}%{b}/x", "../x", false),
            (".%{b}/x", "../x", false),
            ("%{a}", "x\0y", false),
        ] {
            assert_eq!(stays(template, name).is_ok(), good, "{template} {name}");
        }
    }
}
