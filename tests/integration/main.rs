//! The tests of the whole: a daemon in this process or as a process of its own, and clients that talk to it.
//!
//! Plugins come from `target/guests`, where `cargo xtask plugins --tests` puts them, and from `tests/components`.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    missing_docs,
    unreachable_pub,
    missing_debug_implementations,
    reason = "a test panics, and prints its figures"
)]

mod attack;
mod bad_folder;
mod bad_input;
mod compiling;
mod components;
mod conformance;
mod durability;
mod hostile;
mod links;
mod offline;
mod operating;
mod plugin_author;
mod plugin_commands;
mod plugins;
mod process;
mod pubsub;
mod reaching;
mod receiver;
mod reload;
mod rules;
mod server;
mod shipped;
mod tour;
mod watching;
mod webhook;
