//! The broken example in every format: what users read.

use crate::running::in_checkout;
use crate::told;

#[test]
fn in_every_format() {
    for format in ["pretty", "results", "junit", "json", "github", "nagios"] {
        let ran = in_checkout(&["features/", "--estate", "examples/estate-broken", "-f", format]);
        told!(format!("broken_example_{format}"), ran);
    }
}

#[test]
fn in_color() {
    let estate = ["--estate", "examples/estate-broken"];
    let ran = in_checkout(&[&["features/", "--color", "always"][..], &estate].concat());
    told!("broken_example_in_color", ran);
}
