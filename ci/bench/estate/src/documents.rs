//! Facts, registrations and the discovery reply.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::Path;

use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::{Map, Value, json};

use crate::catalog::COMPILED;
use crate::plan::{Fault, Machine, Plan, Role};

/// What `facter --json` prints on a machine.
pub fn facts(machine: &Machine) -> Value {
    let mut random = SmallRng::seed_from_u64(machine.seed);
    let (name, short) = (&machine.name, &machine.short);
    let ip =
        format!("10.{}.{}.{}", machine.product / 250, machine.product % 250, random.random::<u8>());
    let cores = 4 << (machine.seed % 3);
    let total: u64 = cores * (4 << 30);
    let models = vec!["AMD EPYC 7443P 24-Core Processor"; usize::try_from(cores).unwrap_or(4)];
    let uptime: u32 = random.random_range(3_600..20_000_000);
    let mut mounts = Map::new();
    for path in ["/", "/boot", "/home", "/opt", "/srv", "/tmp", "/var", "/var/log"] {
        let used: u64 = random.random_range(1 << 28..1 << 34);
        mounts.insert(
            path.to_owned(),
            json!({
                "device": format!("/dev/mapper/vg0-{}", path.trim_matches('/').replace('/', "_")),
                "filesystem": "ext4",
                "options": ["rw", "relatime", "errors=remount-ro"],
                "size_bytes": 1u64 << 34,
                "used_bytes": used,
                "available_bytes": (1u64 << 34) - used,
            }),
        );
    }
    let mut facts = json!({
        "architecture": "amd64",
        "availability_zone": format!("eu-1{}", machine.zone),
        "bios_vendor": "SeaBIOS",
        "contact": format!("{}@example.net", machine.product_name()),
        "disks": {
            "vda": {"model": "Virtio Block Device", "size_bytes": 1u64 << 37, "type": "ssd"},
            "vdb": {"model": "Virtio Block Device", "size_bytes": 1u64 << 39, "type": "ssd"},
        },
        "domain": format!("{}.example.net", machine.product_name()),
        "facterversion": "4.3.0",
        "fips_enabled": false,
        "fqdn": name,
        "hostname": short,
        "ipaddress": ip,
        "is_virtual": true,
        "kernel": "Linux",
        "kernelrelease": "6.1.0-41-amd64",
        "kernelversion": "6.1.0",
        "load_averages": {"1m": f64::from(random.random_range(0..400u32)) / 100.0, "5m": 0.25, "15m": 0.2},
        "memory": {
            "swap": {"total": "4.00 GiB", "total_bytes": 1u64 << 32, "used_bytes": 0},
            "system": {
                "total": format!("{}.00 GiB", total >> 30),
                "total_bytes": total,
                "used_bytes": random.random_range(total / 8..total / 2),
            },
        },
        "mountpoints": mounts,
        "networking": {
            "domain": "example.net",
            "fqdn": name,
            "hostname": short,
            "interfaces": {
                "eth0": {
                    "bindings": [{"address": ip, "netmask": "255.255.252.0", "network": "10.0.0.0"}],
                    "ip": ip,
                    "mac": format!("52:54:00:{:02x}:{:02x}:{:02x}", random.random::<u8>(), random.random::<u8>(), random.random::<u8>()),
                    "mtu": 1500,
                    "operational_state": "up",
                },
                "lo": {"bindings": [{"address": "127.0.0.1", "netmask": "255.0.0.0"}], "ip": "127.0.0.1", "mtu": 65_536},
            },
            "ip": ip,
            "netmask": "255.255.252.0",
            "primary": "eth0",
        },
        "os": {
            "architecture": "amd64",
            "distro": {"codename": "bookworm", "id": "Debian", "release": {"full": "12.12", "major": "12", "minor": "12"}},
            "family": "Debian",
            "hardware": "x86_64",
            "name": "Debian",
            "release": {"full": "12.12", "major": "12", "minor": "12"},
            "selinux": {"enabled": false},
        },
        "owner": format!("team{}", machine.product % 40),
        "path": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/puppetlabs/bin",
        "processorcount": cores,
        "processors": {"count": cores, "isa": "x86_64", "models": models, "physicalcount": 1},
        "product": machine.product_name(),
        "rack": machine.rack,
        "role": machine.role.name(),
        "ruby": {"platform": "x86_64-linux-gnu", "sitedir": "/usr/local/lib/site_ruby", "version": "3.1.2"},
        "ssh": {
            "ed25519": {"fingerprints": {"sha256": format!("SSHFP 4 2 {:032x}{:032x}", random.random::<u128>(), random.random::<u128>())}, "type": "ssh-ed25519"},
            "rsa": {"fingerprints": {"sha256": format!("SSHFP 1 2 {:032x}{:032x}", random.random::<u128>(), random.random::<u128>())}, "type": "ssh-rsa"},
        },
        "system_uptime": {"days": uptime / 86_400, "hours": uptime / 3_600, "seconds": uptime},
        "tier": "production",
        "timezone": "UTC",
        "virtual": "kvm",
    });
    if let (Some(shard), Value::Object(facts)) = (&machine.shard, &mut facts) {
        facts.insert("cluster".to_owned(), json!(machine.product_name()));
        facts.insert("shard".to_owned(), json!(shard));
    }
    facts
}

/// One file for each zone, as a receiver writes them: a line a message.
pub fn registrations(folder: &Path, plan: &Plan) -> io::Result<()> {
    for zone in ['a', 'b', 'c'] {
        let file = File::create_new(folder.join(format!("eu-1{zone}.ndjson")))?;
        let mut file = BufWriter::new(file);
        for machine in plan.machines.iter().filter(|machine| machine.zone == zone) {
            serde_json::to_writer(&mut file, &registration(machine))?;
            file.write_all(b"\n")?;
        }
        file.flush()?;
    }
    Ok(())
}

fn registration(machine: &Machine) -> Value {
    let mut facts = json!({
        "availability_zone": format!("eu-1{}", machine.zone),
        "contact": format!("{}@example.net", machine.product_name()),
        "fqdn": machine.name,
        "hostname": machine.short,
        "is_virtual": "true",
        "kernel": "Linux",
        "operatingsystem": "Debian",
        "operatingsystemrelease": "12.12",
        "owner": format!("team{}", machine.product % 40),
        "processorcount": (4 << (machine.seed % 3)).to_string(),
        "product": machine.product_name(),
        "rack": machine.rack,
        "role": machine.role.name(),
        "tier": "production",
        "timezone": "UTC",
        "virtual": "kvm",
    });
    if let (Some(shard), Value::Object(facts)) = (&machine.shard, &mut facts) {
        facts.insert("shard".to_owned(), json!(shard));
    }
    json!({
        "senderid": machine.name,
        "collective": "mcollective",
        "msgtime": COMPILED + i64::try_from(machine.seed % 900).unwrap_or_default(),
        "agent": "registration",
        "body": {
            "identity": machine.name,
            "agentlist": ["discovery", "nrpe", "puppet", "rpcutil", "service"],
            "facts": facts,
            "classes": ["settings", "default", "base", class_of(machine.role)],
        },
    })
}

fn class_of(role: Role) -> &'static str {
    match role {
        Role::Monitor => "profile::monitor",
        Role::Mysql => "mysql::server",
        Role::Mongo => "mongodb::shard",
        Role::Cache => "memcached",
        Role::Smarthost => "exim::smarthost",
        Role::Balancer => "haproxy",
        Role::App => "profile::app",
        Role::Batch => "profile::batch",
        Role::Web => "profile::web",
    }
}

/// What `mco rpc rpcutil ping -j` prints.
pub fn discovery(path: &Path, plan: &Plan) -> io::Result<()> {
    let mut file = BufWriter::new(File::create_new(path)?);
    let answering = plan.machines.iter().filter(|machine| machine.fault != Some(Fault::Silent));
    let mut before = "[";
    for machine in answering {
        file.write_all(before.as_bytes())?;
        before = ",\n ";
        serde_json::to_writer(
            &mut file,
            &json!({
                "agent": "rpcutil",
                "action": "ping",
                "sender": machine.name,
                "statuscode": 0,
                "statusmsg": "OK",
                "data": {"pong": COMPILED + 900},
            }),
        )?;
    }
    file.write_all(b"]\n")?;
    file.flush()
}
