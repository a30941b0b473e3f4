//! Commits over the network: tega behind HTTP beside redis behind its own protocol.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, ensure};

use crate::database;
use crate::load::{self, Outcome, Protocol};
use crate::process::{self, Core, Server};
use crate::samples::{Samples, number};
use crate::slow::Slow;
use crate::store::Run;
use crate::table::{Table, Target};

const CONNECTIONS: usize = 64;
const VALUE_BYTES: usize = 256;

/// What one commit of this load adds to tega's log, about: what the raw appends beside it write.
const RECORD_BYTES: usize = 450;

/// How long each sync is made to last; 0 leaves them as they are.
const SYNCS_MS: [u64; 3] = [0, 1, 4];

pub(crate) fn measure(run: &Run, table: &mut Table) -> Result<()> {
    let cores = if process::can_hold_to_cores() { "server on one core, client on the other" } else { "cores not held" };
    table.heading(&format!(
        "network: {CONNECTIONS} connections that each wait for their answer, values of {VALUE_BYTES} B, {cores}; in turns, \
         medians of rounds"
    ));
    let Some(redis) = process::find("redis-server") else {
        table.skipped("tega beside redis", "for there is no redis-server: apt-get install redis-server");
        return Ok(());
    };
    let tega = std::env::current_exe()?.with_file_name("tega");
    ensure!(tega.exists(), "{} is missing: cargo build --release --package tega", tega.display());
    let folder = database::folder(run.folder.path())?;
    let slow = Slow::build(folder.path())?;
    for sync_ms in SYNCS_MS {
        let slow = slow.as_ref().map(|slow| (slow, Duration::from_millis(sync_ms)));
        let slow = slow.filter(|(_, sync)| !sync.is_zero());
        if sync_ms > 0 && slow.is_none() {
            table.skipped(&format!("syncs of {sync_ms} ms"), "for there is no C compiler, cc");
            continue;
        }
        let folder = database::folder(folder.path())?;
        Duel::start(&tega, &redis, folder.path(), slow)?.measure(run, table, sync_ms)?;
    }
    Ok(())
}

/// The servers that are measured in turns.
struct Duel<'a> {
    tega: Server,
    redis: Server,
    /// It stores nothing.
    bare: Server,
    folder: &'a Path,
    slow: Option<(&'a Slow, Duration)>,
}

impl<'a> Duel<'a> {
    fn start(tega: &Path, redis: &Path, folder: &'a Path, slow: Option<(&'a Slow, Duration)>) -> Result<Self> {
        let program = |path: &Path| {
            let mut command = process::on_core(Core::Server, path);
            if let Some((slow, least)) = slow {
                slow.apply(&mut command, least);
            }
            command
        };
        let address = process::free_address()?;
        let mut command = program(tega);
        command.args(["serve", "--log", "warn", "--listen", &address.to_string(), "--data"]).arg(folder.join("tega"));
        let tega = Server::start(command, address)?;

        let address = process::free_address()?;
        let data = folder.join("redis");
        std::fs::create_dir_all(&data)?;
        let mut command = program(redis);
        command.args(["--bind", "127.0.0.1", "--port", &address.port().to_string(), "--dir"]).arg(data);
        command.args(["--appendonly", "yes", "--appendfsync", "always", "--save", ""]);
        let redis = Server::start(command, address)?;

        let address = process::free_address()?;
        let mut command = process::on_core(Core::Server, &std::env::current_exe()?);
        command.args(["bare", "--address", &address.to_string()]);
        let bare = Server::start(command, address)?;
        Ok(Self { tega, redis, bare, folder, slow })
    }

    fn measure(&self, run: &Run, table: &mut Table, sync_ms: u64) -> Result<()> {
        let (mut tega, mut redis, mut bare, mut sync) =
            (Rounds::default(), Rounds::default(), Rounds::default(), Samples::default());
        for _ in 0..run.rounds(7, 2) {
            tega.push(drive(run, &self.tega, Protocol::Http)?);
            redis.push(drive(run, &self.redis, Protocol::Resp)?);
            sync.push(self.raw(run)?);
            bare.push(drive(run, &self.bare, Protocol::Http)?);
        }
        let load = if sync_ms == 0 { "bare disk".to_owned() } else { format!("syncs of {sync_ms} ms") };
        tega.show("tega, PUT over HTTP", &load, table);
        redis.show("redis, SET, AOF always", &load, table);
        let ratio = tega.rates.median() / redis.rates.median();
        table.row("tega against redis", &load, (ratio, "x"), Target::AtLeast(1.2));
        let (sync, bare) = (sync.median(), bare.rates.median());
        let share = tega.rates.median() * (sync / number(CONNECTIONS) + 1.0 / bare);
        table.row("share of 1/(t/64 + 1/C)", &load, (share, ""), Target::AtLeast(0.8));
        table
            .note(format!("t {:.0} us: append of {RECORD_BYTES} B + fdatasync; C {bare:.0}/s: bare hyper", sync * 1e6));
        Ok(())
    }

    /// A raw append with a sync under the same conditions, in seconds.
    fn raw(&self, run: &Run) -> Result<f64> {
        let mut command: Command = process::on_core(Core::Server, &std::env::current_exe()?);
        if let Some((slow, least)) = self.slow {
            slow.apply(&mut command, least);
        }
        let ms = run.time(500, 200).as_millis().to_string();
        command
            .args(["disk", "--bytes", &RECORD_BYTES.to_string(), "--ms", &ms, "--file"])
            .arg(self.folder.join("raw"));
        Ok(process::output(&mut command)?.trim().parse()?)
    }
}

fn drive(run: &Run, server: &Server, protocol: Protocol) -> Result<Outcome> {
    let ms = u64::try_from(run.time(2_000, 500).as_millis())?;
    let (address, connections, bytes) = (server.address, CONNECTIONS, VALUE_BYTES);
    load::drive(&load::Settings { address, protocol, connections, bytes, ms })
}

/// What several rounds of one load came to.
#[derive(Debug, Default)]
struct Rounds {
    rates: Samples,
    medians: Samples,
    p99s: Samples,
}

impl Rounds {
    fn push(&mut self, outcome: Outcome) {
        self.rates.push(outcome.rate);
        self.medians.push(outcome.median);
        self.p99s.push(outcome.p99);
    }

    fn show(&self, what: &str, load: &str, table: &mut Table) {
        let (least, most) = self.rates.range();
        table.figure(what, load, (self.rates.median(), "/s"));
        let (median, p99) = (self.medians.median() * 1e3, self.p99s.median() * 1e3);
        table.note(format!("{least:.0} to {most:.0}; answers in {median:.2} ms, p99 {p99:.2} ms"));
    }
}
