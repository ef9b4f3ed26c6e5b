//! Which machines there are, where they stand, and what is wrong with some of them.
//!
//! Machines belong to products of forty. Members of a role stand in different zones and no two
//! roles of a product share a rack, so that only the planted faults break the shipped policies.

use std::collections::HashMap;

use rand::rngs::SmallRng;
use rand::seq::SliceRandom as _;
use rand::{Rng as _, SeedableRng as _};

/// What a machine is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    Monitor,
    Mysql,
    Mongo,
    Cache,
    Smarthost,
    Balancer,
    App,
    Batch,
    Web,
}

impl Role {
    /// All of them, with how many a product has.
    const ALL: [(Self, usize); 9] = [
        (Self::Monitor, 1),
        (Self::Mysql, 2),
        (Self::Mongo, 6),
        (Self::Cache, 2),
        (Self::Smarthost, 2),
        (Self::Balancer, 2),
        (Self::App, 6),
        (Self::Batch, 3),
        (Self::Web, 16),
    ];

    /// As machines and facts are named.
    pub fn name(self) -> &'static str {
        match self {
            Self::Monitor => "monitor",
            Self::Mysql => "mysql",
            Self::Mongo => "mongo",
            Self::Cache => "cache",
            Self::Smarthost => "smarthost",
            Self::Balancer => "lb",
            Self::App => "app",
            Self::Batch => "batch",
            Self::Web => "web",
        }
    }
}

/// What is wrong with a machine: each kind breaks one of the shipped policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Its catalog declares no dependency.
    DeclaresNothing,
    /// It is the only member of its shard.
    AloneInShard,
    /// It stands in the rack of its database.
    SharesRack,
    /// It needs a machine that is there no more.
    NeedsTheGone,
    /// It needs a service that its provider does not have.
    NeedsTheMissing,
    /// It has registered and does not answer.
    Silent,
}

/// One machine.
#[derive(Clone, Debug)]
pub struct Machine {
    pub name: String,
    pub short: String,
    pub role: Role,
    /// From 1 within its role and product.
    pub number: usize,
    pub product: usize,
    pub zone: char,
    pub rack: String,
    /// The shard of a MongoDB member.
    pub shard: Option<String>,
    pub fault: Option<Fault>,
    /// Of everything else that differs between machines.
    pub seed: u64,
}

/// All machines.
pub struct Plan {
    pub machines: Vec<Machine>,
}

const PRODUCT: usize = 40;
const ZONES: [char; 3] = ['a', 'b', 'c'];
/// Products of a group build on one another.
pub const GROUP: usize = 5;

impl Plan {
    /// Plans an estate of at least one product.
    pub fn new(count: usize, seed: u64) -> Self {
        let mut random = SmallRng::seed_from_u64(seed);
        let products = count / PRODUCT;
        let racks = (count / 60).max(12);
        let mut machines = Vec::with_capacity(count);
        for product in 0..products {
            for (slot, (role, members)) in Role::ALL.into_iter().enumerate() {
                for number in 1..=members {
                    machines.push(Machine::new(role, product, number, slot, racks, &mut random));
                }
            }
        }
        // What is left over are more web servers.
        for extra in 0..count - machines.len() {
            let (product, number) = (extra % products, 17 + extra / products);
            let slot = Role::ALL.len() - 1;
            machines.push(Machine::new(Role::Web, product, number, slot, racks, &mut random));
        }
        let mut plan = Self { machines };
        plan.break_some((count / 1000).max(1), &mut random);
        plan
    }

    fn break_some(&mut self, each: usize, random: &mut SmallRng) {
        self.break_role(Role::Cache, Fault::DeclaresNothing, each, random);
        self.break_role(Role::Mongo, Fault::AloneInShard, each, random);
        self.break_role(Role::Batch, Fault::NeedsTheGone, each, random);
        self.break_role(Role::Balancer, Fault::NeedsTheMissing, each, random);
        self.break_role(Role::Web, Fault::Silent, each, random);
        self.break_role(Role::App, Fault::SharesRack, each, random);
        let databases: HashMap<usize, (char, String)> = self
            .machines
            .iter()
            .filter(|machine| machine.role == Role::Mysql && machine.number == 1)
            .map(|machine| (machine.product, (machine.zone, machine.rack.clone())))
            .collect();
        for machine in &mut self.machines {
            match machine.fault {
                Some(Fault::SharesRack) => {
                    (machine.zone, machine.rack) = databases[&machine.product].clone();
                }
                Some(Fault::AloneInShard) => {
                    machine.shard = Some(format!("{}-lost", machine.short));
                }
                _ => {}
            }
        }
    }

    fn break_role(&mut self, role: Role, fault: Fault, count: usize, random: &mut SmallRng) {
        let healthy = self.machines.iter_mut().filter(|m| m.role == role && m.fault.is_none());
        let mut healthy: Vec<_> = healthy.collect();
        for machine in healthy.partial_shuffle(random, count).0 {
            machine.fault = Some(fault);
        }
    }
}

impl Machine {
    fn new(
        role: Role,
        product: usize,
        number: usize,
        slot: usize,
        racks: usize,
        random: &mut SmallRng,
    ) -> Self {
        let zone = ZONES[(product + slot + number) % ZONES.len()];
        let rack = format!("{zone}{}", (product * Role::ALL.len() + slot) % racks + 1);
        let short = format!("{}{number}", role.name());
        // Three members in three zones make a shard.
        let shard = || format!("p{product:03}-shard{}", (number - 1) / 3 + 1);
        Self {
            name: format!("{short}.p{product:03}.example.net"),
            short: format!("{short}-p{product:03}"),
            role,
            number,
            product,
            zone,
            rack,
            shard: (role == Role::Mongo).then(shard),
            fault: None,
            seed: random.random(),
        }
    }

    /// The name of another machine of the same product.
    pub fn sibling(&self, role: Role, number: usize) -> String {
        format!("{}{number}.p{:03}.example.net", role.name(), self.product)
    }

    /// The name of its product.
    pub fn product_name(&self) -> String {
        format!("p{:03}", self.product)
    }
}
