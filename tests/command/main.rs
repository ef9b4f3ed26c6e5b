//! The program as its users run it.
#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod faults;
mod running;

mod asking;
mod autoscaling;
mod broken_example;
mod coloring;
mod configuring;
mod documents;
mod events;
mod exit_codes;
mod faults_of_commands;
mod faults_of_policies;
mod format_github;
mod format_json;
mod format_junit;
mod format_nagios;
mod format_results;
mod gates;
mod hostile_names;
mod ingesting;
mod looking_up;
mod outlines;
mod retrying;
mod secrets;
mod selecting;
mod serving;
mod serving_data;
mod shipped;
mod spooling;
mod starting;
mod stopping;
mod streaming;
mod waiving;
