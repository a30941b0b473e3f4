//! A plugin's project in a temporary folder, and `tega` run on it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Output, Stdio};
use std::time::{Duration, Instant};

use crate::process::cli;
use crate::server::workspace;

/// How long a test waits for what must come: a build beside others takes its time.
const PATIENCE: Duration = Duration::from_secs(300);

/// A project in a temporary folder.
pub struct Project {
    /// A folder around it, for what else a test needs.
    pub folder: tempfile::TempDir,
    pub path: PathBuf,
}

impl Project {
    /// A new one, whose name no other test has: they build in one folder.
    pub fn new(name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        let (code, printed, told) = ran(&["plugin", "new", name, "--path", path.to_str().unwrap()], &[]);
        assert_eq!(code, 0, "{printed}{told}");
        assert!(printed.contains("tega plugin test"), "{printed}");
        // The guests of the tests are built so; with the same flags what they share is built once.
        fs::create_dir(path.join(".cargo")).unwrap();
        fs::copy(workspace().join("plugins/.cargo/config.toml"), path.join(".cargo/config.toml")).unwrap();
        Self { folder, path }
    }

    /// Runs `tega plugin COMMAND` on it.
    pub fn ran(&self, command: &str, arguments: &[&str]) -> (i32, String, String) {
        let arguments = [&["plugin", command, self.path.to_str().unwrap()], arguments].concat();
        ran(&arguments, &building())
    }

    pub fn edit(&self, file: &str, from: &str, to: &str) {
        let text = self.read(file);
        assert!(text.contains(from), "{from} is not in {text}");
        fs::write(self.path.join(file), text.replace(from, to)).unwrap();
    }

    pub fn read(&self, file: &str) -> String {
        fs::read_to_string(self.path.join(file)).unwrap()
    }
}

/// What a build needs of the environment, and the folder in which the guests of the tests were built: the standard library is
/// there.
#[expect(clippy::disallowed_methods, reason = "cargo is found where this test's own is")]
fn building() -> Vec<(&'static str, String)> {
    let variable = |name| std::env::var(name).ok().map(|value| (name, value));
    let target = workspace().join("target/wasm").to_str().unwrap().to_owned();
    let passed = ["PATH", "HOME", "CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN", "RUSTUP_AUTO_INSTALL"];
    passed.into_iter().filter_map(variable).chain([("TEGA_BUILD_TARGET", target)]).collect()
}

/// Runs `tega`, and gives the exit code and what it printed.
pub fn ran(arguments: &[&str], environment: &[(&str, String)]) -> (i32, String, String) {
    let Output { status, stdout, stderr } =
        cli(arguments).envs(environment.iter().map(|(name, value)| (name, value))).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

/// `tega plugin dev`, with the lines that it writes on standard error. It is stopped when it is dropped.
pub struct Developing {
    process: Child,
    lines: std::sync::mpsc::Receiver<String>,
    temporary: PathBuf,
}

impl Developing {
    pub fn begin(project: &Project, arguments: &[&str]) -> Self {
        let temporary = project.folder.path().join("temporary");
        fs::create_dir_all(&temporary).unwrap();
        let mut command = cli(&["plugin", "dev", project.path.to_str().unwrap()]);
        command.args(arguments).envs(building()).env("TMPDIR", &temporary);
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let (sender, lines) = std::sync::mpsc::channel();
        let errors = BufReader::new(process.stderr.take().unwrap());
        std::thread::spawn(move || errors.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Self { process, lines, temporary }
    }

    /// Waits for a line with a text in it, and gives it.
    pub fn line(&self, text: &str) -> String {
        self.lines_until(text).pop().unwrap()
    }

    /// Waits for a line with a text in it, and gives all lines up to it.
    pub fn lines_until(&self, text: &str) -> Vec<String> {
        let until = Instant::now() + PATIENCE;
        let mut lines: Vec<String> = Vec::new();
        while lines.last().is_none_or(|line| !line.contains(text)) {
            match self.lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(line) => lines.push(line),
                Err(error) => panic!("{error}: no {text:?} in\n{}", lines.join("\n")),
            }
        }
        lines
    }

    /// Ends it as Ctrl-C does, and gives its exit code. Nothing of it is left in the folder for temporary files.
    pub fn interrupt(&mut self) -> i32 {
        let pid = self.process.id().to_string();
        assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
        let code = self.process.wait().unwrap().code().unwrap();
        let left: Vec<_> = fs::read_dir(&self.temporary).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert!(left.is_empty(), "{left:?}");
        code
    }
}

impl Drop for Developing {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
