//! Calls of a method over HTTP, beside GETs of a leaf from the same daemon.

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
    // What is read then.
    load::drive(&settings(run, &daemon, Protocol::Http, 1)?)?;
    let (mut called, mut read) = (Samples::default(), Samples::default());
    for _ in 0..run.rounds(7, 2) {
        called.push(load::drive(&settings(run, &daemon, Protocol::Call, CONNECTIONS)?)?.rate);
        read.push(load::drive(&settings(run, &daemon, Protocol::Get, CONNECTIONS)?)?.rate);
    }
    table.figure("call of a warm Rust plugin, echo", "", (called.median(), "/s"));
    let (least, most) = called.range();
    table.note(format!("{least:.0} to {most:.0}"));
    table.figure("GET of a leaf of as many bytes", "", (read.median(), "/s"));
    table.row("a call against a GET", "", (called.median() / read.median(), "x"), Target::AtLeast(0.7));
    Ok(())
}

fn settings(run: &Run, server: &Server, protocol: Protocol, connections: usize) -> Result<load::Settings> {
    let ms = u64::try_from(run.time(2_000, 500).as_millis())?;
    Ok(load::Settings { address: server.address, protocol, connections, bytes: BYTES, ms })
}
