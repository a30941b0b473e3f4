//! Measures tega beside the disk and beside other servers, and prints one table: `cargo xtask bench`.
//!
//! ```text
//! store.rs      what is measured, in order
//! table.rs      the table;  samples.rs: medians and percentiles
//! shape.rs      the trees that are measured: narrow and wide
//! trees.rs      put and get in the tree alone
//! database.rs   a database in a folder of its own
//! width.rs      a put into a wide container against one into a narrow one
//! disk.rs       appending and syncing without tega
//! commits.rs    commits of concurrent writers beside the disk
//! replay.rs     opening a log, opening a snapshot
//! memory.rs     what a leaf takes, in a process of its own
//! copies.rs     snapshots and backups while writing goes on
//! network.rs    tega and redis, each behind its own protocol
//! process.rs    starting and ending other programs;  slow.rs: making every sync of theirs last
//! watch/        what is measured of watchers;  plugins/: and of plugins
//! load.rs       the load generator, a process of its own;  bare.rs: a server that stores nothing
//! ```
//!
//! Invariant: what is compared is measured in turns, within one run.
//! Not here: a verdict; figures swing with the disk and the neighbours, and gate nothing.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it prints what it measured, and how far it is")]

mod bare;
mod commits;
mod copies;
mod database;
mod disk;
mod load;
mod memory;
mod network;
mod plugins;
mod process;
mod replay;
mod samples;
mod shape;
mod slow;
mod store;
mod table;
mod trees;
mod watch;
mod width;

use clap::{Parser, Subcommand};

/// Measures tega.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Measures the store: the tree, the log, the engine, and the daemon beside redis.
    Store(store::Settings),
    /// Measures watchers: thousands at once, the fan-out to them, one that never reads.
    Watch(watch::Settings),
    /// Measures plugins: calls, commits that they judge, loading and replacing, memory.
    Plugins(plugins::Settings),
    /// Watches and writes; started by `watch`.
    #[command(hide = true)]
    Crowd(watch::crowd::Crowd),
    /// A server that only writes frames to all; started by `watch`.
    #[command(hide = true)]
    Fan(watch::fan::Settings),
    /// Drives a server; started by `store`.
    #[command(hide = true)]
    Load(load::Settings),
    /// A server that answers and stores nothing; started by `store`.
    #[command(hide = true)]
    Bare(bare::Settings),
    /// Appends and syncs in a loop; started by `store`.
    #[command(hide = true)]
    Disk(disk::Settings),
    /// Measures its own memory; started by `store`.
    #[command(hide = true)]
    Memory(memory::Settings),
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Command::Store(settings) => store::measure(&settings),
        Command::Watch(settings) => watch::measure(&settings),
        Command::Plugins(settings) => plugins::measure(&settings),
        Command::Crowd(crowd) => watch::crowd::run(&crowd),
        Command::Fan(settings) => watch::fan::run(&settings),
        Command::Load(settings) => load::run(&settings),
        Command::Bare(settings) => bare::run(&settings),
        Command::Disk(settings) => disk::run(&settings),
        Command::Memory(settings) => memory::run(&settings),
    }
}
