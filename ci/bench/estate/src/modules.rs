//! What every machine has besides: module after module, until the catalog is full.

use serde_json::json;

use crate::catalog::Writer;
use crate::plan::Machine;

const MODULES: [&str; 24] = [
    "rsyslog",
    "sshd",
    "sudo",
    "collectd",
    "logrotate",
    "auditd",
    "fail2ban",
    "postfix",
    "unattended",
    "ldap",
    "nscd",
    "kerberos",
    "backup",
    "filebeat",
    "telegraf",
    "consul",
    "haveged",
    "snmpd",
    "lldpd",
    "smartd",
    "puppet",
    "multipath",
    "iscsi",
    "sysctl",
];

/// Fills the catalog up.
pub fn fill(catalog: &mut Writer, machine: &Machine) {
    for n in 0.. {
        if catalog.left() < 12 {
            break;
        }
        let name = match n / MODULES.len() {
            0 => MODULES[n].to_owned(),
            again => format!("{}{again}", MODULES[n % MODULES.len()]),
        };
        module(catalog, machine, &name);
    }
    for n in 0..catalog.left() {
        catalog.resource("File", &format!("/etc/local/{n}.conf"), json!({"ensure": "file"}));
    }
}

fn module(catalog: &mut Writer, machine: &Machine, name: &str) {
    let mut capital = name.to_owned();
    capital[..1].make_ascii_uppercase();
    catalog.class(&capital);
    let package = catalog.resource("Package", name, json!({"ensure": "installed"}));
    let user = catalog.resource(
        "User",
        name,
        json!({"ensure": "present", "system": true, "home": format!("/var/lib/{name}"), "shell": "/usr/sbin/nologin"}),
    );
    let folder = catalog.resource(
        "File",
        &format!("/etc/{name}"),
        json!({"ensure": "directory", "owner": name, "group": "root", "mode": "0750", "require": [package.as_str(), user.as_str()]}),
    );
    let main = catalog.resource(
        "File",
        &format!("/etc/{name}/{name}.conf"),
        json!({
            "ensure": "file",
            "owner": name,
            "mode": "0640",
            "content": format!(
                "# Managed by Puppet\nlisten = 127.0.0.1\nidentity = {}\nzone = eu-1{}\nlog = /var/log/{name}/{name}.log\n",
                machine.name, machine.zone
            ),
            "notify": [format!("Service[{name}]")],
        }),
    );
    check(catalog, name);
    let rotate = catalog.resource(
        "Logrotate::Rule",
        name,
        json!({"path": format!("/var/log/{name}/*.log"), "rotate": 14, "compress": true}),
    );
    catalog.inside(
        &rotate,
        "File",
        &format!("/etc/logrotate.d/{name}"),
        json!({"ensure": "file", "content": format!("/var/log/{name}/*.log {{\n  rotate 14\n  compress\n}}\n")}),
    );
    catalog.resource(
        "Service",
        name,
        json!({"ensure": "running", "enable": true, "hasrestart": true, "require": package}),
    );
    // Drop-in files: most of what a real catalog has are files like these.
    let parts = 8 + name.len() % 5;
    for n in 0..parts.min(catalog.left().saturating_sub(2)) {
        catalog.resource(
            "File",
            &format!("/etc/{name}/conf.d/{n:02}-part.conf"),
            json!({
                "ensure": "file",
                "owner": name,
                "mode": "0640",
                "source": format!("puppet:///modules/{name}/conf.d/{n:02}-part.conf"),
                "require": folder,
                "notify": format!("Service[{name}]"),
            }),
        );
    }
    if catalog.left() > 1 {
        catalog.resource(
            "Exec",
            &format!("{name} certificate of {}", machine.name),
            json!({
                "command": format!("/usr/bin/{name}-ctl enrol --name {}", machine.name),
                "creates": format!("/etc/{name}/tls/{}.pem", machine.name),
                "refreshonly": false,
                "subscribe": main,
                "before": [format!("Service[{name}]")],
            }),
        );
    }
}

fn check(catalog: &mut Writer, name: &str) {
    let check = catalog.resource(
        "Base::Check",
        name,
        json!({"command": format!("check_procs -c 1: -C {name}")}),
    );
    catalog.inside(
        &check,
        "File",
        &format!("/etc/nagios/nrpe.d/{name}.cfg"),
        json!({
            "ensure": "file",
            "content": format!("command[check_{name}]=/usr/lib/nagios/plugins/check_procs -c 1: -C {name}\n"),
            "require": "Package[nagios-nrpe-server]",
            "notify": "Service[nagios-nrpe-server]",
        }),
    );
}
