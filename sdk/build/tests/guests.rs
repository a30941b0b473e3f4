//! What the daemon relies on: each plugin that was built becomes a component, which exports the parts its author named
//! and needs nothing but the contract.
//!
//! Reads `target/guests`, which `cargo xtask plugins --tests` fills.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use wit_component::{ComponentEncoder, DecodedWasm, decode};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The interfaces that a guest's component exports and imports, without package and version.
fn interfaces(guest: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let file = root().join(format!("target/guests/{guest}.wasm"));
    let module =
        fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}; run cargo xtask plugins --tests", file.display()));
    let mut encoder =
        ComponentEncoder::default().validate(true).module(&module).expect("a module with its component type");
    let component = encoder.encode().unwrap_or_else(|error| panic!("{guest}: {error:#}"));
    let DecodedWasm::Component(resolve, world) = decode(&component).expect("a component") else {
        panic!("{guest} is no component")
    };
    let world = &resolve.worlds[world];
    // These wait and print, or send requests, through WASI.
    let is_wasi =
        |key: &_| ["hostile", "reach", "webhook"].contains(&guest) && resolve.name_world_key(key).starts_with("wasi:");
    let short = |key| {
        let name = resolve.name_world_key(key);
        let short = name.strip_prefix("tega:plugin/").and_then(|name| name.strip_suffix("@0.1.0"));
        short.unwrap_or_else(|| panic!("{guest} has {name}, which is not of the contract")).to_owned()
    };
    (world.exports.keys().map(short).collect(), world.imports.keys().filter(|key| !is_wasi(key)).map(short).collect())
}

/// Each plugin, and what it exports beside `lifecycle`.
const PARTS: [(&str, &[&str]); 19] = [
    ("bad-describe", &["methods"]),
    ("forty", &["methods", "subscriber"]),
    ("grow", &["methods"]),
    ("hello-plugin", &["methods", "subscriber", "transform"]),
    ("hello-timer", &["timer"]),
    ("hello-view", &["view"]),
    ("hostile", &["methods", "subscriber", "transform", "guard", "view", "timer"]),
    ("liar", &[]),
    ("panic", &["methods", "subscriber"]),
    ("probe", &["methods", "subscriber"]),
    ("reach", &["methods", "guard"]),
    ("rollup", &["subscriber", "timer"]),
    ("schema-guard", &["guard", "methods", "subscriber"]),
    ("spin", &["methods", "transform"]),
    ("spin-start", &["methods"]),
    ("swap", &["methods", "subscriber", "transform"]),
    ("uci", &["methods", "view"]),
    ("wander", &["methods"]),
    ("webhook", &["subscriber"]),
];

#[test]
fn a_plugin_exports_the_parts_its_author_named_and_no_others() {
    for (guest, parts) in PARTS {
        let expected = ["lifecycle"].iter().chain(parts).map(|part| (*part).to_owned()).collect();
        assert_eq!(interfaces(guest).0, expected, "{guest}");
    }
}

#[test]
fn every_plugin_in_the_repository_is_tested_here() {
    let plugins = ["plugins", "examples", "tests/guests"].iter().flat_map(|folder| {
        let entries = fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| path.join("Cargo.toml").exists())
    });
    let names: BTreeSet<_> = plugins.map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect();
    assert_eq!(names, PARTS.iter().map(|(name, _)| (*name).to_owned()).collect());
}

#[test]
fn a_plugin_imports_only_what_it_uses() {
    let imports = |guest| interfaces(guest).1;
    let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(imports("forty"), set(&["log", "tree", "types"]));
    assert_eq!(imports("liar"), set(&["types"]));
    assert_eq!(imports("probe"), set(&["channels", "directory", "log", "tree", "types"]));
}

#[test]
fn the_complete_example_of_the_readme_is_a_guest_of_at_most_40_lines() {
    let example = fs::read_to_string(root().join("tests/guests/forty/src/lib.rs")).unwrap();
    let readme = fs::read_to_string(root().join("sdk/rust/README.md")).unwrap();
    assert!(readme.contains(&example), "sdk/rust/README.md does not show tests/guests/forty/src/lib.rs as it is");
    assert!(example.lines().count() <= 40);
}
