//! `tega plugin ..` against a daemon: what is printed, and the exit codes.

use std::process::Output;

use crate::process::{Process, cli};

/// Runs `tega` against a daemon, and gives the exit code and what it printed.
fn ran(url: &str, arguments: &[&str]) -> (i32, String, String) {
    let Output { status, stdout, stderr } = cli(arguments).env("TEGA_URL", url).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

fn daemon() -> (tempfile::TempDir, Process) {
    let folder = tempfile::tempdir().unwrap();
    let daemon = Process::start_with_panic(folder.path());
    (folder, daemon)
}

#[test]
fn the_plugins_of_a_daemon_are_listed_and_shown() {
    let (_folder, daemon) = daemon();
    let (code, list, _) = ran(&daemon.url, &["plugin", "list"]);
    let lines: Vec<Vec<&str>> = list.lines().map(|line| line.split_whitespace().collect()).collect();
    let head = ["NAME", "STATE", "VERSION", "CALLS", "ERRORS", "P50", "P99", "MEMORY", "BEHIND"];
    assert_eq!((code, &lines[0][..]), (0, &head[..]), "{list}");
    assert_eq!(lines[1][..3], ["none.wasm", "refused", "-"], "{list}");
    assert_eq!(lines[2][..2], ["panic", "running"], "{list}");
    assert_eq!((lines[3].len(), lines[4][0]), (0, "none.wasm:"), "{list}");
    assert_eq!(ran(&daemon.url, &["plugins"]), (0, list, String::new()));
    let (_, json, _) = ran(&daemon.url, &["plugin", "list", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["panic"]["state"], "running");

    let (code, shown, _) = ran(&daemon.url, &["plugin", "show", "panic"]);
    assert!(code == 0 && shown.starts_with("panic ") && shown.contains("panic.now"), "{shown}");
    let (_, json, _) = ran(&daemon.url, &["plugin", "show", "panic", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["name"], "panic");
}

#[test]
fn a_command_that_fails_says_why_with_its_exit_code() {
    let (_folder, daemon) = daemon();
    for verb in ["show", "reload", "enable", "disable", "rollback", "logs"] {
        let (code, printed, told) = ran(&daemon.url, &["plugin", verb, "nobody"]);
        assert_eq!((code, printed.as_str(), told.starts_with("error: ")), (1, "", true), "{verb}: {told}");
        let (code, ..) = ran("http://127.0.0.1:1", &["plugin", verb, "nobody"]);
        assert_eq!(code, 3, "{verb}");
        let (code, ..) = ran(&daemon.url, &["plugin", verb, ""]);
        assert_eq!(code, 2, "{verb}");
    }
    let (_, _, told) = ran(&daemon.url, &["plugin", "show", "nobody"]);
    assert_eq!(told, "error: there is no plugin nobody; there are none.wasm, panic\n");
}
