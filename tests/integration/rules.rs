//! The rules about the tree of sources that docs/ARCHITECTURE.md states.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::server::workspace;

/// Every source file of ours below a folder of the workspace.
fn sources(below: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![workspace().join(below)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if path.is_dir() && !name.starts_with('.') && name != "target" {
                folders.push(path);
            } else if name.ends_with(".rs") {
                found.push(path);
            }
        }
    }
    found
}

fn every_source() -> Vec<PathBuf> {
    ["host", "sdk", "plugins", "examples", "tests"].iter().flat_map(|folder| sources(folder)).collect()
}

/// The crates of ours that a manifest names in its dependencies.
fn own_dependencies(manifest: &Path) -> BTreeSet<String> {
    let text = std::fs::read_to_string(manifest).unwrap();
    let table: toml::Table = text.parse().unwrap();
    let dependencies = table.get("dependencies").and_then(toml::Value::as_table).cloned().unwrap_or_default();
    dependencies.keys().filter(|name| *name == "tega" || name.starts_with("tega-")).cloned().collect()
}

#[test]
fn the_arrows_between_the_rooms_are_those_that_were_drawn() {
    for (room, allowed) in [
        ("host/tree", &[][..]),
        ("host/log", &[]),
        ("host/engine", &["tega-log", "tega-tree"]),
        ("host/plugin", &["tega-engine", "tega-log", "tega-tree"]),
        ("host/net", &["tega-engine", "tega-log", "tega-tree"]),
        ("host/link", &["tega-engine", "tega-tree"]),
        (
            "host/daemon",
            &[
                "tega-build",
                "tega-client",
                "tega-engine",
                "tega-link",
                "tega-log",
                "tega-net",
                "tega-plugin-host",
                "tega-tree",
            ],
        ),
        ("sdk/client", &[]),
        ("sdk/build", &[]),
        ("sdk/rust", &[]),
        ("plugins/schema-guard", &["tega-plugin"]),
        ("plugins/rollup", &["tega-plugin"]),
        ("plugins/uci", &["tega-plugin"]),
        ("plugins/webhook", &["tega-plugin"]),
        ("examples/hello-plugin", &["tega-plugin"]),
        ("examples/hello-timer", &["tega-plugin"]),
        ("examples/hello-view", &["tega-plugin"]),
        ("tests/bench", &["tega-engine", "tega-log", "tega-plugin-host", "tega-tree"]),
        ("tests/fuzz", &["tega-engine", "tega-log", "tega-net", "tega-tree"]),
        ("tests/xtask", &["tega-build"]),
    ] {
        let found = own_dependencies(&workspace().join(room).join("Cargo.toml"));
        let allowed: BTreeSet<String> = allowed.iter().map(ToString::to_string).collect();
        assert!(found.is_subset(&allowed), "{room} depends on {found:?}, allowed are {allowed:?}");
    }
}

#[test]
fn every_source_file_opens_with_what_it_is() {
    let sources = every_source();
    assert!(sources.len() > 50, "only {} files found", sources.len());
    for source in sources {
        let text = std::fs::read_to_string(&source).unwrap();
        assert!(text.starts_with("//! "), "{} does not open with `//! `", source.display());
    }
}

#[test]
fn only_the_rooms_that_may_name_what_they_hide() {
    for (word, only) in [
        ("wasmtime::", &["host/plugin"][..]),
        ("hyper::", &["host/net"]),
        ("axum::", &["host/net"]),
        ("tokio_tungstenite", &["host/net", "host/link"]),
        ("SystemTime::now", &["host/daemon"]),
        ("Timestamp::now", &["host/daemon"]),
        ("std::env::var", &["host/daemon"]),
    ] {
        for source in sources("host") {
            let text = std::fs::read_to_string(&source).unwrap();
            let place = source.strip_prefix(workspace()).unwrap();
            let allowed = only.iter().any(|room| place.starts_with(room));
            assert!(allowed || !text.contains(word), "{} names {word}", place.display());
        }
    }
}

#[test]
fn the_pure_room_touches_neither_files_nor_clocks_nor_threads() {
    for source in sources("host/tree/src") {
        let text = std::fs::read_to_string(&source).unwrap();
        for word in ["std::fs", "std::net", "std::thread", "std::time", "tokio", "async fn"] {
            assert!(!text.contains(word), "{} names {word}", source.display());
        }
    }
}

#[test]
fn sources_stay_short() {
    for source in every_source() {
        let lines = std::fs::read_to_string(&source).unwrap().lines().count();
        let tests = source.components().any(|part| part.as_os_str() == "tests")
            || source.file_name().is_some_and(|name| name == "tests.rs");
        assert!(tests || lines <= 500, "{} has {lines} lines: split it by noun", source.display());
    }
}

#[test]
fn a_contract_that_was_released_stays_as_it_is() {
    let folder = workspace().join("wit/tega-plugin@0.1.0");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut digest = Sha256::new();
    for file in files {
        digest.update(file.file_name().unwrap().as_encoded_bytes());
        digest.update(std::fs::read(file).unwrap());
    }
    let digest: String = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    // What is to change goes into wit/PENDING.md, and from there into a version of its own.
    assert_eq!(digest, "29f8a6b7e5ea055db5955dce28394b3e85935cac944777986a01f4753e84cc89");
}
