//! An agent, to which its server gives the module.

use std::process::Command;

use crate::estate::{Machine, module, short};

/// Plug-in sync brings the sender, which works from the first run on.
#[test]
fn an_agent_gets_the_sender_from_its_server() {
    let server = groundrule_services::puppetserver();
    let environment = server.directory().join("code/environments/production");
    let modules = environment.join("modules");
    assert!(Command::new("cp").arg("-r").arg(module()).arg(&modules).status().unwrap().success());
    let machine = Machine::new();
    machine.configure(&format!("to: file:{}\n", machine.path("events").display()));
    let file = machine.path("files/kept");
    let manifest = format!("file {{ '{}': content => 'kept' }}", file.display());
    std::fs::write(environment.join("manifests/site.pp"), manifest).unwrap();

    let expected = ["archive 0 File[kept]", "metric 0 puppet.run", "status 0 puppet"];
    let ran = machine.agent(&server);
    assert_eq!((ran.code, ran.warnings), (2, vec![]));
    let first = machine.events("events");
    assert_eq!(short(&first), expected);
    assert!(machine.path("var/lib/facter/groundrule_events.rb").exists());

    // What somebody else changed, the agent puts right, and knows that it did.
    std::fs::write(&file, "tampered").unwrap();
    assert_eq!(machine.agent(&server).code, 2);
    let second = machine.events("events").split_off(3);
    assert_eq!(short(&second), expected);
    let corrective =
        |event: &serde_json::Value| event["extended_data"]["corrective_change"].clone();
    assert_eq!((corrective(&first[0]), corrective(&second[0])), (false.into(), true.into()));

    // A catalog that does not compile is a run that failed.
    std::fs::write(environment.join("manifests/site.pp"), "fail('no')").unwrap();
    assert_eq!(machine.agent(&server).code, 1);
    let third = machine.events("events").split_off(6);
    assert_eq!(short(&third), ["metric 0 puppet.run", "status 2 puppet"]);
}
