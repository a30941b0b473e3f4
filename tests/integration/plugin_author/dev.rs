//! `tega plugin dev` in a tega that runs already.

use std::fs;
use std::path::Path;

use super::project::{Developing, Project, ran};
use crate::process::Process;

/// The files of a folder, by name.
fn files(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

/// What `tega` prints for a command at a daemon.
fn told(daemon: &Process, arguments: &[&str]) -> String {
    let (code, printed, told) = ran(&[arguments, &["--url", &daemon.url]].concat(), &[]);
    assert_eq!(code, 0, "{arguments:?}: {told}");
    printed
}

#[test]
fn a_plugin_is_developed_in_a_running_tega_whose_folder_is_as_it_was_at_the_end() {
    let project = Project::new("edge-dev");
    let folder = project.folder.path();
    let plugins = folder.join("plugins");
    fs::create_dir(&plugins).unwrap();
    let daemon = Process::start_with_plugins(&folder.join("data"), &plugins, &folder.join("log"));
    let place = ["--url", &daemon.url, "--plugins", plugins.to_str().unwrap()];
    let version = |from: &str, to: &str| {
        project.edit("Cargo.toml", &format!("version = \"{from}\""), &format!("version = \"{to}\""));
    };

    // Nothing of it is there at first. A change of the source is loaded, and the plugin's lines are shown.
    let mut developing = Developing::begin(&project, &place);
    developing.line("edge-dev 0.1.0 is running");
    developing.line("waiting for changes");
    let says = "fn count(commit: Commit) -> Result<()> {\n    tega_plugin::log::info(\"hears of a commit\");";
    project.edit("src/lib.rs", "fn count(commit: Commit) -> Result<()> {", says);
    version("0.1.0", "0.2.0");
    developing.line("edge-dev 0.2.0 is running");
    told(&daemon, &["put", "inventory.ne1", "{}"]);
    let line = developing.line("hears of a commit");
    assert!(line.contains(" INFO "), "{line}");
    project.edit("src/lib.rs", "fn count(", "fn count (an error");
    developing.line("error: building");
    assert!(told(&daemon, &["plugin", "list"]).contains("edge-dev"));
    assert_eq!(developing.interrupt(), 0);
    assert_eq!(files(&plugins), [""; 0]);
    assert!(!told(&daemon, &["plugin", "list"]).contains("edge-dev"));

    // One is there: it is again at the end, and lines of before are not shown.
    project.edit("src/lib.rs", "fn count (an error", "fn count(");
    for file in ["edge-dev.wasm", "edge-dev.toml"] {
        fs::copy(project.path.join("target/plugin").join(file), plugins.join(file)).unwrap();
    }
    told(&daemon, &["plugin", "reload"]);
    assert!(told(&daemon, &["plugin", "show", "edge-dev"]).starts_with("edge-dev 0.2.0"));
    version("0.2.0", "0.3.0");
    let mut developing = Developing::begin(&project, &place);
    let lines = developing.lines_until("edge-dev 0.3.0 is running");
    assert!(lines.iter().all(|line| !line.contains("hears of a commit")), "{lines:?}");
    assert_eq!(developing.interrupt(), 0);
    assert_eq!(files(&plugins), ["edge-dev.toml", "edge-dev.wasm"]);
    assert!(told(&daemon, &["plugin", "show", "edge-dev"]).starts_with("edge-dev 0.2.0"));

    // Another folder than those that the daemon looks at.
    for file in files(&plugins) {
        fs::remove_file(plugins.join(file)).unwrap();
    }
    told(&daemon, &["plugin", "reload"]);
    let other = folder.join("other");
    fs::create_dir(&other).unwrap();
    let place = ["--url", &daemon.url, "--plugins", other.to_str().unwrap()];
    let mut developing = Developing::begin(&project, &place);
    developing.line("edge-dev.wasm: it takes its plugins from other folders");
    assert_eq!(developing.interrupt(), 0);
    assert_eq!(files(&other), [""; 0]);
}

#[test]
fn a_tega_that_is_not_there_and_a_folder_that_is_none_are_told_before_anything_is_built() {
    let project = Project::new("edge-nowhere");
    let none = project.folder.path().join("none");
    let there = project.folder.path().to_str().unwrap();
    for (url, plugins, code, expected) in [
        ("http://127.0.0.1:1", there, 3, "127.0.0.1:1"),
        ("127.0.0.1:1", there, 2, "127.0.0.1:1"),
        ("http://127.0.0.1:1", none.to_str().unwrap(), 1, "none is no folder: --plugins names the one"),
    ] {
        let (ended, printed, told) = project.ran("dev", &["--url", url, "--plugins", plugins]);
        assert_eq!((ended, printed.as_str()), (code, ""), "{told}");
        assert!(told.contains(expected) && !told.contains("Compiling"), "{told}");
    }
    assert!(!none.exists() && !project.path.join("target").exists());
}
