//! A daemon as a process of its own, which can be killed.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::server::add_plugin;

/// A running `tega serve`. It is killed when it is dropped.
pub struct Process {
    child: Child,
    /// Where it answers: `http://127.0.0.1:PORT`.
    pub url: String,
    // Held, so that the daemon's standard output stays open.
    _output: BufReader<ChildStdout>,
}

impl Process {
    /// Starts a daemon on a folder of data, on a free port, and waits until it answers.
    pub fn start(data: &Path) -> Self {
        Self::spawn(command(data).stderr(Stdio::null()))
    }

    /// The same where another one answered before.
    pub fn start_again(data: &Path, url: &str) -> Self {
        let address = url.strip_prefix("http://").unwrap();
        Self::spawn(command_at(data, address).stderr(Stdio::null()))
    }

    /// The same with further arguments.
    pub fn start_with(data: &Path, arguments: &[&str]) -> Self {
        Self::spawn(command(data).args(arguments).stderr(Stdio::null()))
    }

    /// The same with a file for its log.
    pub fn start_logged(data: &Path, arguments: &[&str], log: &Path) -> Self {
        let log = std::fs::File::create(log).unwrap();
        Self::spawn(command(data).args(arguments).stderr(log))
    }

    /// The same with a folder of plugins and a file for its log.
    pub fn start_with_plugins(data: &Path, plugins: &Path, log: &Path) -> Self {
        let log = std::fs::File::create(log).unwrap();
        Self::spawn(command(data).arg("--plugins").arg(plugins).stderr(log))
    }

    /// The same within a folder, with a plugin that panics, and a file that is none.
    pub fn start_with_panic(folder: &Path) -> Self {
        let plugins = folder.join("plugins");
        std::fs::create_dir(&plugins).unwrap();
        add_plugin(&plugins, "panic", "");
        std::fs::write(plugins.join("none.wasm"), "no module").unwrap();
        Self::spawn(command(&folder.join("data")).arg("--plugins").arg(&plugins).stderr(Stdio::null()))
    }

    /// Runs a command that becomes a daemon, and waits until it answers.
    pub fn spawn(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        let url = line.trim().rsplit(' ').next().unwrap().to_owned();
        assert!(url.starts_with("http://"), "{line}");
        Self { child, url, _output: output }
    }

    /// The number of the process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Kills it at once, as `kill -9` does.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Tells it to stop, as `kill` does, and waits for its end.
    pub fn terminate(mut self) -> std::process::ExitStatus {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").arg(pid).status().unwrap().success());
        self.child.wait().unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `tega` with these arguments.
pub fn cli(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tega"));
    command.env_clear().args(arguments);
    command
}

/// `tega serve` on a folder of data and a free port.
pub fn command(data: &Path) -> Command {
    command_at(data, "127.0.0.1:0")
}

/// The same at an address.
fn command_at(data: &Path, address: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tega"));
    command.env_clear().args(["serve", "--listen", address, "--data"]).arg(data);
    command
}
