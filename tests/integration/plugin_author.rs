//! The way of a plugin's author: `tega plugin new`, `build`, `test` and `dev`, and the scripts of the plugins that are shipped.

mod dev;
mod project;

use std::fs;
use std::time::Instant;

use crate::server::{guest, workspace};
use project::{Developing, Project, ran};

#[test]
fn a_new_plugin_builds_and_passes_its_test_and_a_change_that_breaks_it_is_shown() {
    let project = Project::new("edge-count");
    let began = Instant::now();
    let (code, printed, told) = project.ran("test", &[]);
    println!("built and tested in {:.1} s", began.elapsed().as_secs_f64());
    assert_eq!((code, printed.contains("edge-count.tega: 5 steps")), (0, true), "{printed}{told}");

    // What was built under another name before is none of its business.
    let other = project.path.join("target/plugin/former.wasm");
    fs::create_dir_all(other.parent().unwrap()).unwrap();
    fs::write(&other, "left over").unwrap();
    let (code, printed, told) = project.ran("build", &[]);
    fs::remove_file(other).unwrap();
    assert_eq!(code, 0, "{told}");
    assert!(printed.starts_with("edge-count 0.1.0\n") && printed.contains("edge-count.changes"), "{printed}");
    assert!(!told.contains("tega plugin refresh"), "{told}");
    let built = project.path.join("target/plugin/edge-count.wasm");
    let (_, printed, told) = ran(&["plugin", "inspect", built.to_str().unwrap()], &[]);
    assert!(printed.contains("edge-count.changes(device: string) -> object: "), "{printed}{told}");

    project.edit("src/lib.rs", "was not changed yet", "is not known");
    let (code, printed, told) = project.ran("test", &[]);
    assert_eq!(code, 1, "{printed}{told}");
    let difference = "edge-count.tega:4: > call edge-count.changes device=ne1\n  - error: ne1 was not changed yet\n  + error: ne1 is not known\n";
    assert!(printed.contains(difference), "{printed}");
    let (code, printed, _) = project.ran("test", &["--update"]);
    assert_eq!((code, printed.contains("written anew")), (0, true), "{printed}");
    assert!(project.read("tests/edge-count.tega").contains("\nerror: ne1 is not known\n"));

    let mut developing = Developing::begin(&project, &["--listen", "127.0.0.1:0"]);
    developing.line("waiting for changes");
    project.edit("Cargo.toml", "version = \"0.1.0\"", "version = \"0.2.0\"");
    let loaded = developing.line("edge-count 0.2.0");
    assert!(loaded.contains("running"), "{loaded}");
    project.edit("src/lib.rs", "fn count(", "fn count (an error");
    developing.line("error: building");
    project.edit("src/lib.rs", "fn count (an error", "fn count(");
    project.edit("Cargo.toml", "version = \"0.2.0\"", "version = \"0.3.0\"");
    developing.line("edge-count 0.3.0");
    assert_eq!(developing.interrupt(), 0);

    fs::write(project.path.join("vendor/tega/version"), "0.0.1 0123456789ab\n").unwrap();
    project.edit("src/lib.rs", "fn count(", "fn recount(");
    let (code, _, told) = project.ran("build", &[]);
    assert_eq!((code, told.contains("tega plugin refresh")), (1, true), "{told}");
    assert!(told.contains("cannot find value `count`"), "what the compiler says is shown: {told}");
    let (code, _, told) = project.ran("refresh", &[]);
    assert_eq!(code, 0, "{told}");
    assert_ne!(project.read("vendor/tega/version"), "0.0.1 0123456789ab\n");
}

#[test]
fn a_name_that_is_none_and_a_folder_that_is_no_project_are_refused_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    let path = folder.path().to_str().unwrap();
    for (arguments, expected) in [
        (
            &["plugin", "new", "Edge", "--path", path][..],
            "is no name of a plugin: 1 to 64 of a-z, 0-9 and -, a letter first",
        ),
        (&["plugin", "new", "fn", "--path", path], "means something else in Rust"),
        (&["plugin", "new", "schemars", "--path", path], "a crate that each plugin is built with; choose another name"),
        (&["plugin", "new", "edge", "--path", path], "is there already, and not empty; --path names another folder"),
        (&["plugin", "new", "edge", "--path", &format!("{path}/file")], "file is no folder; --path names another one"),
        (&["plugin", "build", path], "`tega plugin new NAME` makes the project of a plugin"),
        (&["plugin", "test", path], "`tega plugin new NAME` makes the project of a plugin"),
        (&["plugin", "dev", path], "`tega plugin new NAME` makes the project of a plugin"),
    ] {
        let (code, printed, told) = ran(arguments, &[]);
        assert_eq!((code, printed.as_str(), told.contains(expected)), (1, "", true), "{arguments:?}: {told}");
    }
}

#[test]
fn where_there_is_no_rust_it_is_told_what_to_install() {
    let project = Project::new("edge-rustless");
    let (code, _, told) = ran(&["plugin", "build", project.path.to_str().unwrap()], &[("PATH", "/nowhere".to_owned())]);
    let expected = "there is no `rustc` on the PATH: install Rust as https://rustup.rs says, then `rustup target add";
    assert_eq!((code, told.contains(expected)), (1, true), "{told}");
}

#[test]
fn a_plugin_that_the_daemon_would_refuse_is_refused_before_its_scripts_run() {
    let project = Project::new("edge-count");
    let none = project.path.join("none.wasm");
    fs::write(&none, "no module").unwrap();
    let (code, _, told) = project.ran("test", &["--wasm", none.to_str().unwrap()]);
    assert_eq!(
        (code, told.contains("none.wasm: is no WebAssembly: begins with \"no modul\"; give the .wasm file that")),
        (1, true),
        "{told}"
    );
}

#[test]
fn what_is_wrong_with_a_file_is_told_with_the_file_that_the_author_wrote() {
    let project = Project::new("edge-wrong");
    let (path, wasm) = (project.path.to_str().unwrap(), guest("hello-plugin"));
    let tested = |settings: &str| {
        fs::write(project.path.join("edge-wrong.toml"), settings).unwrap();
        let (code, printed, told) = ran(&["plugin", "test", path, "--wasm", wasm.to_str().unwrap()], &[]);
        assert_eq!((code, printed.as_str(), told.lines().count()), (1, "", 1), "{told}");
        told
    };
    for (settings, expected) in [
        ("enbled = true", "edge-wrong.toml, line 1, `enbled`: unknown field `enbled`, expected one of `enabled`"),
        ("[grants]\nread = ['a..b']", "edge-wrong.toml, `grants.read`: \"a..b\": not a pattern"),
        ("[grants]\nread = 'a'", "edge-wrong.toml, line 2, `read`: invalid type: string \"a\", expected a list"),
        ("[grants]\nhosts = ['a b']", "edge-wrong.toml, `grants.hosts`: \"a b\" is no host: those look like"),
        ("enabled = false", "is switched off: `enabled = false` in "),
    ] {
        let told = tested(settings);
        assert!(told.contains(path) && told.contains(expected), "{settings}: {told}");
    }

    let module = project.path.join("module.wasm");
    fs::write(&module, b"\0asm\x01\0\0\0").unwrap();
    let module = module.to_str().unwrap();
    for (command, expected) in [
        (
            &["inspect", module][..],
            "module.wasm: is a core module without a component type inside: build it with the SDK",
        ),
        (
            &["compile", module],
            "module.wasm: does not compile: it is a core module; the daemon makes a component of it",
        ),
        (&["test", path, "--wasm", module], "module.wasm: is a core module without a component type inside: build it"),
        (&["inspect", path], "is a folder; give the .wasm file in it"),
    ] {
        let (code, printed, told) = ran(&[&["plugin"], command].concat(), &[]);
        assert_eq!((code, printed.as_str(), told.contains(expected)), (1, "", true), "{command:?}: {told}");
    }
}

#[test]
fn each_plugin_in_the_repository_has_scripts_and_they_hold() {
    let folders = ["plugins", "examples"].map(|folder| fs::read_dir(workspace().join(folder)).unwrap());
    let folders = folders.into_iter().flatten().map(|entry| entry.unwrap().path());
    let plugins: Vec<_> = folders.filter(|folder| folder.join("Cargo.toml").is_file()).collect();
    assert!(plugins.len() >= 7, "{plugins:?}");
    for folder in plugins {
        let name = folder.file_name().unwrap().to_str().unwrap();
        let (path, wasm) = (folder.to_str().unwrap(), guest(name));
        let (code, printed, told) = ran(&["plugin", "test", path, "--wasm", wasm.to_str().unwrap()], &[]);
        assert_eq!(code, 0, "{name}: {printed}{told}");
        assert!(printed.contains(" steps\n"), "{name}: {printed}");
    }
}
