//! What plugins take of the memory of a daemon that does nothing.

use std::time::Duration;

use anyhow::Result;

use super::{Run, lay};
use crate::database;
use crate::process::{self, Server};
use crate::samples::{Samples, number};
use crate::table::{Table, Target};

/// The plugins that are idle at once.
const PLUGINS: usize = 20;

/// How long a daemon is left alone before it is looked at: what starting took is given back by then.
const SETTLED: Duration = Duration::from_secs(2);

const MIB: f64 = 1024.0 * 1024.0;

pub(super) fn measure(run: &Run, table: &mut Table) -> Result<()> {
    table.heading("memory of a daemon that does nothing, medians of rounds");
    let [mut none, mut one, mut many] = [(); 3].map(|()| Samples::default());
    for _ in 0..run.rounds(5, 1) {
        none.push(resident(run, 0)?);
        one.push(resident(run, 1)?);
        many.push(resident(run, PLUGINS)?);
    }
    table.figure("daemon", "no plugin", (none.median() / MIB, "MiB"));
    table.row("daemon", "one plugin, compiled in this run", (one.median() / MIB, "MiB"), Target::AtMost(40.0));
    let each = (many.median() - one.median()) / number(PLUGINS - 1);
    table.figure("each further idle plugin", "Rust, 75 kB, one instance", (each / 1024.0, "KiB"));
    Ok(())
}

/// The memory of a daemon with so many plugins, in bytes.
fn resident(run: &Run, plugins: usize) -> Result<f64> {
    let (folder, data) = (run.plugins(&[])?, database::folder(run.folder.path())?);
    for number in 0..plugins {
        let name = format!("idle-{number}");
        lay(folder.path(), "hostile", &name, &format!("[settings]\nname = '{name}'\n"))?;
    }
    let address = process::free_address()?;
    let mut command = std::process::Command::new(&run.tega);
    command.args(["serve", "--log", "warn", "--listen", &address.to_string(), "--data"]).arg(data.path());
    command.arg("--plugins").arg(folder.path());
    let daemon = Server::start(command, address)?;
    std::thread::sleep(SETTLED);
    process::resident_bytes(daemon.id())
}
