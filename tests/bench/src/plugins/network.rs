//! Calls of a method over HTTP, beside a bare server that answers the same number of bytes.

use anyhow::Result;

use super::Run;
use crate::database;
use crate::load::{self, Protocol};
use crate::process::{self, Core, Server};
use crate::samples::Samples;
use crate::table::{Table, Target};

const CONNECTIONS: usize = 64;

/// The bytes of the arguments.
const BYTES: usize = 64;

pub(super) fn measure(run: &Run, table: &mut Table) -> Result<()> {
    let cores = if process::can_hold_to_cores() { "server on one core, client on the other" } else { "cores not held" };
    table.heading(&format!("calls over HTTP, {CONNECTIONS} connections, {cores}; in turns, medians of rounds"));
    let (folder, data) = (run.plugins(&[("probe", "")])?, database::folder(run.folder.path())?);
    let address = process::free_address()?;
    let mut command = process::on_core(Core::Server, &run.tega);
    command.args(["serve", "--log", "warn", "--listen", &address.to_string(), "--data"]).arg(data.path());
    command.arg("--plugins").arg(folder.path());
    let daemon = Server::start(command, address)?;
    let address = process::free_address()?;
    let mut command = process::on_core(Core::Server, &std::env::current_exe()?);
    command.args(["bare", "--address", &address.to_string()]);
    let bare = Server::start(command, address)?;
    let (mut called, mut answered) = (Samples::default(), Samples::default());
    for _ in 0..run.rounds(7, 2) {
        called.push(rate(run, &daemon)?);
        answered.push(rate(run, &bare)?);
    }
    table.figure("call of a warm Rust plugin, echo", "", (called.median(), "/s"));
    let (least, most) = called.range();
    table.note(format!("{least:.0} to {most:.0}"));
    table.figure("a bare server that answers the same request", "", (answered.median(), "/s"));
    table.row("against the bare server", "", (called.median() / answered.median(), "x"), Target::AtLeast(0.7));
    Ok(())
}

fn rate(run: &Run, server: &Server) -> Result<f64> {
    let ms = u64::try_from(run.time(2_000, 500).as_millis())?;
    let settings = load::Settings {
        address: server.address,
        protocol: Protocol::Call,
        connections: CONNECTIONS,
        bytes: BYTES,
        ms,
    };
    Ok(load::drive(&settings)?.rate)
}
