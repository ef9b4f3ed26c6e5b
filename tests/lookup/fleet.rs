//! `groundrule hiera -m`: the scope of a machine is what it tells of itself over a real MCollective.

use crate::site::{Ran, Site, program};

#[test]
fn the_scope_is_the_inventory_of_a_machine() {
    let broker = groundrule_services::activemq();
    let fleet = groundrule_services::mcollective(&broker);
    let site = Site::new(&[
        (
            "hiera.yaml",
            ":backends: yaml\n:hierarchy: ['%{location}', common]\n:yaml:\n  :datadir: DIR/data\n",
        ),
        ("data/common.yaml", "ntp: everywhere\n"),
        ("data/dc2.yaml", "ntp: \"%{hostname} in dc2\"\n"),
    ]);
    let ask = |node: &str| -> Ran {
        let arguments = ["hiera", "-c", "hiera.yaml", "-m", node, "ntp"];
        let mut command = program(site.path("").as_path(), &arguments);
        let config = format!("-c {}", fleet.client_config().display());
        command.env("MCOLLECTIVE_EXTRA_OPTS", config).output().unwrap().into()
    };
    for (node, expected) in
        [("web2.example.net", "web2 in dc2\n"), ("web1.example.net", "everywhere\n")]
    {
        let ran = ask(node);
        assert_eq!((ran.code, ran.stdout.as_str()), (0, expected), "{ran:?}");
    }
    fleet.kill_process("web2.example.net");
    let ran = ask("web2.example.net");
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{ran:?}");
    assert!(ran.stderr.contains("web2.example.net does not answer"), "{ran:?}");
}
