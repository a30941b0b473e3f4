//! What `watch` measures, in order: many watchers of one daemon, as a process of its own on one core, their clients on another.
//!
//! ```text
//! crowd.rs    the clients: thousands of watchers and a writer, a process of its own
//! reader.rs   one watcher: a socket or a stream of events, byte by byte
//! fan.rs      a bare server that writes the same frames
//! ```

pub(crate) mod crowd;
pub(crate) mod fan;
mod reader;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use self::crowd::{Crowd, Kind, Outcome};
use crate::database;
use crate::process::{self, Core, Server};
use crate::samples::{Samples, number};
use crate::table::{Table, Target};

/// The watchers of one kind.
const WATCHERS: usize = 1000;

/// How to measure watchers.
#[derive(Debug, clap::Args)]
pub(crate) struct Settings {
    /// A short run: fewer rounds. Its figures say little.
    #[arg(long)]
    quick: bool,
    /// Folder on the disk that is to be measured. [default: beside this program]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// The daemon that is measured. [default: the one beside this program]
    #[arg(long, value_name = "FILE")]
    daemon: Option<PathBuf>,
}

/// What is measured, and with what.
struct Run<'a> {
    tega: PathBuf,
    folder: &'a Path,
    rounds: usize,
}

/// Measures watchers and prints the table.
pub(crate) fn measure(settings: &Settings) -> Result<()> {
    let program = std::env::current_exe()?;
    let tega = settings.daemon.clone().unwrap_or_else(|| program.with_file_name("tega"));
    ensure!(tega.exists(), "{} is missing: cargo build --release --package tega", tega.display());
    let dir = settings.dir.as_deref().or(program.parent()).context("this program is in no folder")?;
    let folder = database::folder(dir)?;
    let run = Run { tega, folder: folder.path(), rounds: if settings.quick { 2 } else { 7 } };
    let mut table = Table::default();
    run.many(&mut table)?;
    run.fan_out(&mut table)?;
    run.one_never_reads(&mut table)?;
    let length = if settings.quick { "a short run: figures say little" } else { "a full run" };
    println!("tega {}, {length}", env!("CARGO_PKG_VERSION"));
    print!("{table}");
    Ok(())
}

impl Run<'_> {
    /// A daemon on a folder of its own.
    fn daemon(&self) -> Result<Server> {
        let address = process::free_address()?;
        let mut command = process::on_core(Core::Server, &self.tega);
        let data = database::folder(self.folder)?.keep();
        command.args(["serve", "--log", "warn", "--listen", &address.to_string(), "--data"]).arg(data);
        Server::start(process::with_files(command), address)
    }

    /// The bare server.
    fn fan(&self) -> Result<Server> {
        let address = process::free_address()?;
        let mut command = process::on_core(Core::Server, &std::env::current_exe()?);
        command.args(["fan", "--address", &address.to_string()]);
        Server::start(process::with_files(command), address)
    }

    /// Many watchers at once, and a writer at a steady rate.
    fn many(&self, table: &mut Table) -> Result<()> {
        let heading = format!(
            "{WATCHERS} sessions and {WATCHERS} streams of events at once, values of 256 B, 5 commits a second"
        );
        table.heading(&heading);
        let daemon = self.daemon()?;
        let before = process::resident_bytes(daemon.id())?;
        let commits = 5 * self.rounds;
        let crowd = Crowd { sockets: WATCHERS, streams: WATCHERS, commits, rate: 5, ..Crowd::new(daemon.address) };
        let outcome = crowd.drive(Some(&daemon))?;
        for (what, latency) in [("session", outcome.sockets), ("stream of events", outcome.streams)] {
            table.figure("commit's answer to receipt, p99", what, (latency.behind_p99 * 1e3, "ms"));
            table.note(format!("median {:.2} ms", latency.behind_median * 1e3));
            table.figure("commit's sending to receipt, p99", what, (latency.p99 * 1e3, "ms"));
            table.note(format!("median {:.2} ms", latency.median * 1e3));
        }
        let each = (outcome.resident_bytes - before) / number(2 * WATCHERS);
        table.figure("memory of the daemon, a watcher", "with its connection", (each / 1024.0, "KiB"));
        table.figure("frames and events", "", (outcome.rate, "/s"));
        Ok(())
    }

    /// As fast as possible, beside a bare server.
    fn fan_out(&self, table: &mut Table) -> Result<()> {
        table.heading(&format!("fan-out to {WATCHERS} sockets, values of 256 B; in turns, medians of rounds"));
        let (daemon, fan) = (self.daemon()?, self.fan()?);
        let base = |address| Crowd { sockets: WATCHERS, commits: 100, ..Crowd::new(address) };
        let mut rates: [Samples; 3] = Default::default();
        let mut slowest = Samples::default();
        for _ in 0..self.rounds {
            let fast = |crowd: Crowd| crowd.drive(None).map(|outcome| outcome.rate);
            rates[0].push(fast(Crowd { window: 4, ..base(fan.address) })?);
            rates[1].push(fast(Crowd { window: 4, ..base(daemon.address) })?);
            rates[2].push(fast(Crowd { window: 4, kind: Kind::Original, ..base(daemon.address) })?);
            slowest.push(base(daemon.address).drive(None)?.sockets.behind_p99);
        }
        let [bare, ours, old] = rates;
        table.figure("a bare loop that writes the same", "", (bare.median(), "/s"));
        for (what, rates) in [("sessions that resume", ours), ("old sessions", old)] {
            let (least, most) = rates.range();
            table.figure(what, "", (rates.median(), "/s"));
            table.note(format!("{least:.0} to {most:.0}"));
            table.row("against the bare loop", what, (rates.median() / bare.median(), "x"), Target::AtLeast(0.7));
        }
        let load = "one commit after another";
        table.row("commit's answer to receipt, p99", load, (slowest.median() * 1e3, "ms"), Target::AtMost(20.0));
        Ok(())
    }

    /// One watcher among many that never reads.
    fn one_never_reads(&self, table: &mut Table) -> Result<()> {
        let heading =
            format!("{WATCHERS} sessions, 10 commits a second; with and without one more that never reads, in turns");
        table.heading(&heading);
        let daemon = self.daemon()?;
        // What the one that never reads is to be told: far more than its system takes.
        Crowd { sockets: 1, commits: 4000, window: 1000, ..Crowd::new(daemon.address) }.drive(None)?;
        let (mut with, mut without) = (Samples::default(), Samples::default());
        for _ in 0..2 * self.rounds {
            for (is_stuck, samples) in [(false, &mut without), (true, &mut with)] {
                let crowd = Crowd { sockets: WATCHERS, commits: 20, rate: 10, is_stuck, ..Crowd::new(daemon.address) };
                samples.push(crowd.drive(None)?.sockets.p99);
            }
        }
        table.figure("the others' p99 without it", "", (without.median() * 1e3, "ms"));
        table.figure("the others' p99 with it", "", (with.median() * 1e3, "ms"));
        let change = (with.median() / without.median() - 1.0) * 100.0;
        table.row("what it changes", "medians of rounds", (change, "%"), Target::AtMost(10.0));
        Ok(())
    }
}

impl Crowd {
    /// Has a process of its own watch and write; looks at the memory of a daemon meanwhile.
    fn drive(&self, daemon: Option<&Server>) -> Result<Outcome> {
        let mut command: Command = process::on_core(Core::Client, &std::env::current_exe()?);
        command.arg("crowd").args(self.arguments());
        if let Some(daemon) = daemon {
            command.args(["--process", &daemon.id().to_string()]);
        }
        Outcome::parse(&process::output(&mut process::with_files(command))?)
    }
}
