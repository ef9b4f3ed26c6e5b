//! What the machines of each role are made of, and what they need from others.

use serde_json::json;

use crate::catalog::Writer;
use crate::plan::{Fault, GROUP, Machine, Role};

/// Writes the classes that a machine has because of its role.
pub fn write(catalog: &mut Writer, machine: &Machine) {
    base(catalog, machine);
    match machine.role {
        Role::Monitor => service(catalog, "Profile::Monitor", "icinga2", "icinga2"),
        Role::Mysql => mysql(catalog, machine),
        Role::Mongo => mongo(catalog, machine),
        Role::Cache => service(catalog, "Memcached", "memcached", "memcached"),
        Role::Smarthost => service(catalog, "Exim::Smarthost", "exim4", "exim4-daemon-heavy"),
        Role::Balancer => balancer(catalog, machine),
        Role::App => app(catalog, machine),
        Role::Batch => batch(catalog, machine),
        Role::Web => web(catalog, machine),
    }
}

fn base(catalog: &mut Writer, machine: &Machine) {
    catalog.class("Base");
    for name in ["chrony", "mcollective", "nagios-nrpe-server"] {
        catalog.resource("Package", name, json!({"ensure": "installed"}));
    }
    catalog.resource(
        "File",
        "/etc/chrony/chrony.conf",
        json!({
            "ensure": "file",
            "content": "server ntp1.example.net iburst\nserver ntp2.example.net iburst\n",
            "require": "Package[chrony]",
            "notify": ["Service[chrony]"],
        }),
    );
    catalog.resource("Service", "chrony", json!({"ensure": "running", "enable": true}));
    catalog.resource(
        "Service",
        "mcollective",
        json!({"ensure": "running", "enable": true, "subscribe": "Package[mcollective]"}),
    );
    catalog.resource(
        "Service",
        "nagios-nrpe-server",
        json!({"ensure": "running", "enable": true, "require": "Package[nagios-nrpe-server]"}),
    );
    if machine.fault == Some(Fault::DeclaresNothing) {
        return;
    }
    if machine.role != Role::Monitor {
        catalog.depend(
            "monitoring",
            json!({
                "nodes": machine.sibling(Role::Monitor, 1),
                "on": "Service[icinga2]",
                "kind": "soft",
            }),
        );
    }
    if machine.role != Role::Smarthost {
        catalog.depend(
            "mail out",
            json!({
                "on": "Service[exim4]",
                "nodes": [machine.sibling(Role::Smarthost, 1), machine.sibling(Role::Smarthost, 2)],
                "kind": "soft",
            }),
        );
    }
}

/// A class with a package, its configuration and its service.
fn service(catalog: &mut Writer, class: &str, name: &str, package: &str) {
    catalog.class(class);
    catalog.resource("Package", package, json!({"ensure": "installed"}));
    let configuration = catalog.resource(
        "File",
        &format!("/etc/{name}/{name}.conf"),
        json!({
            "ensure": "file",
            "owner": "root",
            "mode": "0644",
            "source": format!("puppet:///modules/{name}/{name}.conf"),
            "require": format!("Package[{package}]"),
        }),
    );
    catalog.resource(
        "Service",
        name,
        json!({"ensure": "running", "enable": true, "subscribe": configuration}),
    );
}

fn mysql(catalog: &mut Writer, machine: &Machine) {
    service(catalog, "Mysql::Server", "mariadb", "mariadb-server");
    let database = format!("product_{}", machine.product);
    let define = catalog.resource("Mysql::Database", &database, json!({"charset": "utf8mb4"}));
    catalog.inside(
        &define,
        "Exec",
        &format!("create database {database}"),
        json!({
            "command": format!("/usr/bin/mariadb -e 'create database {database}'"),
            "unless": format!("/usr/bin/mariadb -e 'use {database}'"),
            "require": "Service[mariadb]",
        }),
    );
    if machine.number > 1 {
        catalog.depend(
            "replication",
            json!({
                "from": "Class[Mysql::Server]",
                "on": "Class[Mysql::Server]",
                "nodes": machine.sibling(Role::Mysql, 1),
                "kind": "soft",
            }),
        );
    }
}

fn mongo(catalog: &mut Writer, machine: &Machine) {
    service(catalog, "Mongodb::Shard", "mongod", "mongodb-org-server");
    if let Some(shard) = &machine.shard {
        catalog.depend(
            &format!("replication of {shard}"),
            json!({
                "from": "Service[mongod]",
                "on": "Service[mongod]",
                "matching": format!("mongodb::shard and shard={shard}"),
                "kind": "soft",
                "needs": "all",
            }),
        );
    }
}

fn balancer(catalog: &mut Writer, machine: &Machine) {
    service(catalog, "Haproxy", "haproxy", "haproxy");
    catalog.depend(
        "web servers",
        json!({
            "from": "Service[haproxy]",
            "on": "Service[nginx]",
            "matching": format!("profile::web and product={}", machine.product_name()),
            "needs": 2,
        }),
    );
    if machine.fault == Some(Fault::NeedsTheMissing) {
        catalog.depend(
            "sessions",
            json!({
                "from": "Service[haproxy]",
                "on": "Service[redis]",
                "nodes": machine.sibling(Role::Cache, 1),
                "kind": "soft",
            }),
        );
    }
}

fn app(catalog: &mut Writer, machine: &Machine) {
    service(catalog, "Profile::App", "app", "product-app");
    let product = machine.product_name();
    catalog.depend(
        "app database",
        json!({
            "from": "Service[app]",
            "on": "Service[mariadb]",
            "matching": format!("mysql::server and product={product}"),
        }),
    );
    for shard in 1..=2 {
        catalog.depend(
            &format!("app documents {shard}"),
            json!({
                "from": "Service[app]",
                "on": "Service[mongod]",
                "matching": format!("mongodb::shard and shard={product}-shard{shard}"),
            }),
        );
    }
    cache(catalog, machine, "app");
    if !machine.product.is_multiple_of(GROUP) {
        let before = machine.product - 1;
        catalog.depend(
            "accounts",
            json!({
                "from": "Service[app]",
                "on": "Service[app]",
                "nodes": [
                    format!("app1.p{before:03}.example.net"),
                    format!("app2.p{before:03}.example.net"),
                ],
            }),
        );
    }
}

fn batch(catalog: &mut Writer, machine: &Machine) {
    service(catalog, "Profile::Batch", "batch", "product-batch");
    catalog.depend(
        "batch database",
        json!({
            "from": "Service[batch]",
            "on": "Service[mariadb]",
            "nodes": [machine.sibling(Role::Mysql, 1), machine.sibling(Role::Mysql, 2)],
        }),
    );
    if machine.fault == Some(Fault::NeedsTheGone) {
        catalog.depend(
            "old reports",
            json!({
                "from": "Service[batch]",
                "nodes": format!("reports1.p{:03}.example.net", machine.product),
            }),
        );
    }
}

fn web(catalog: &mut Writer, machine: &Machine) {
    service(catalog, "Profile::Web", "nginx", "nginx");
    let site = format!("{}.example.net", machine.product_name());
    let define = catalog.resource(
        "Nginx::Vhost",
        &site,
        json!({"upstream": "127.0.0.1:8080", "require": "Service[nginx]"}),
    );
    catalog.inside(
        &define,
        "File",
        &format!("/etc/nginx/sites-enabled/{site}.conf"),
        json!({"ensure": "file", "source": "puppet:///modules/nginx/vhost", "notify": "Service[nginx]"}),
    );
    catalog.depend(
        "web application",
        json!({
            "from": "Service[nginx]",
            "on": "Service[app]",
            "matching": format!("profile::app and product={}", machine.product_name()),
            "needs": 2,
        }),
    );
    cache(catalog, machine, "nginx");
}

fn cache(catalog: &mut Writer, machine: &Machine, service: &str) {
    catalog.depend(
        &format!("{service} cache"),
        json!({
            "from": format!("Service[{service}]"),
            "on": "Service[memcached]",
            "nodes": [machine.sibling(Role::Cache, 1), machine.sibling(Role::Cache, 2)],
            "kind": "soft",
        }),
    );
}
