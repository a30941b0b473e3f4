//! Other programs: started, waited for, ended.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

/// How long a server may take until it answers.
const START: Duration = Duration::from_secs(20);

/// The cores that programs are held to: a server to one, its client to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Core {
    Server,
    Client,
}

/// A server that ends when this value goes.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Server {
    /// Starts a server that is to listen at an address, and waits until it does.
    pub(crate) fn start(mut command: Command, address: SocketAddr) -> Result<Self> {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn();
        let mut server = Self { child: child.with_context(|| format!("can't be run: {command:?}"))?, address };
        let begin = Instant::now();
        while TcpStream::connect(address).is_err() {
            if let Some(status) = server.child.try_wait()? {
                bail!("{status} before it answered: {command:?}");
            }
            ensure!(begin.elapsed() < START, "it does not answer: {command:?}");
            thread::sleep(Duration::from_millis(20));
        }
        Ok(server)
    }
}

impl Server {
    /// The number of its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A program, held to a core where there are two and `taskset`.
pub(crate) fn on_core(core: Core, program: &Path) -> Command {
    if !can_hold_to_cores() {
        return Command::new(program);
    }
    let number = match core {
        Core::Server => "0",
        Core::Client => "1",
    };
    let mut command = Command::new("taskset");
    command.args(["-c", number]).arg(program);
    command
}

/// Whether programs can be held to cores.
pub(crate) fn can_hold_to_cores() -> bool {
    thread::available_parallelism().is_ok_and(|cores| cores.get() >= 2) && find("taskset").is_some()
}

/// The program with as many files at once as the system lets it have.
pub(crate) fn with_files(program: Command) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -n \"$(ulimit -Hn)\"; exec \"$@\"", "sh"]);
    command.arg(program.get_program()).args(program.get_args());
    command
}

/// What a process takes of the memory, in bytes.
pub(crate) fn resident_bytes(id: u32) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("there is no VmRSS")?;
    let kib: f64 = line.trim().trim_end_matches(" kB").trim().parse()?;
    Ok(kib * 1024.0)
}

/// A program in one of the usual folders.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    ["/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin"]
        .iter()
        .map(|folder| Path::new(folder).join(name))
        .find(|path| path.exists())
}

/// An address on this machine that is free at the moment.
pub(crate) fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

/// Runs a program to its end and gives what it printed.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command.stderr(Stdio::inherit()).output().with_context(|| format!("can't be run: {command:?}"))?;
    ensure!(output.status.success(), "{}: {command:?}", output.status);
    Ok(String::from_utf8(output.stdout)?)
}
