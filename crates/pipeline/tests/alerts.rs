//! Alerts: who is notified when, by real programs, requests and mails, and what outlives a process.
#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod alerting;
#[path = "alerts/joined.rs"]
mod joined;
#[path = "alerts/mails.rs"]
mod mails;
#[path = "alerts/model.rs"]
mod model;
#[path = "alerts/notifying.rs"]
mod notifying;
#[path = "alerts/pair.rs"]
mod pair;
#[path = "alerts/sending.rs"]
mod sending;
#[path = "alerts/store.rs"]
mod store;
#[path = "alerts/tower.rs"]
mod tower;
