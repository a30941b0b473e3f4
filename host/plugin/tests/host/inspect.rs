//! Plugins' files that are looked at without a daemon.

use tega_plugin_host::{Compiler, InspectedHook, Inspection, inspect};

use crate::guest::Guest;

/// What is seen of a file of these bytes, or why nothing is.
async fn look(name: &str, bytes: impl AsRef<[u8]>) -> Result<Inspection, String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    std::fs::write(&file, bytes).unwrap();
    inspect(&file, Compiler::InProcess).await.map_err(|error| error.to_string())
}

#[tokio::test]
async fn a_plugin_is_seen_with_what_it_does_and_wants() {
    let guest = Guest::new("looked-at")
        .method("looked-at.call", "")
        .commits("inventory", "")
        .messages("alarms", "")
        .transform("inventory.*", "")
        .guard("~\"x[0-9]\"", "")
        // Nothing but `describe` is called.
        .body("start", "unreachable")
        .body("stop", "unreachable");
    let module = guest.module();
    let found = look("a.wasm", &module).await.unwrap();
    assert_eq!((found.name.as_str(), found.version.as_str(), found.kind), ("looked-at", "0.1.0", "core module"));
    assert_eq!((found.size_bytes, found.digest.len()), (module.len(), 64));
    assert_eq!(found.methods[0].path, "looked-at.call");
    assert_eq!(found.subscriptions, ["inventory", "channel alarms"]);
    let hook = |pattern: &str| vec![InspectedHook { pattern: pattern.to_owned(), order: 100 }];
    assert_eq!((found.transforms, found.guards), (hook("inventory.*"), hook("~\"x[0-9]\"")));
    assert_eq!(found.grants_wanted, ["read inventory"]);
    assert!(found.exports.contains(&"tega:plugin/guard@0.1.0".to_owned()), "{:?}", found.exports);
    assert!(found.imports.contains(&"tega:plugin/tree@0.1.0".to_owned()), "{:?}", found.imports);
    assert_eq!(found.imports_missing, [""; 0]);
}

#[tokio::test]
async fn a_file_that_does_not_fit_is_told_with_what_to_do() {
    let spin = "(loop $spin (br $spin))";
    for (bytes, told) in [
        (b"#!/bin/sh".to_vec(), "is no WebAssembly: begins with \"#!/bin/s\"; give the .wasm file that"),
        (b"\0asm\x01\0\0\0broken".to_vec(), "is damaged, or not whole: "),
        (b"\0asm\x0d\0\x01\0broken".to_vec(), "does not compile: "),
        (
            wat::parse_str("(module)").unwrap(),
            "is a core module without a component type inside: build it with the SDK",
        ),
        (
            wat::parse_str("(component)").unwrap(),
            "exports no tega:plugin/lifecycle@0.1.0, so it is no plugin of tega; what it exports is nothing; give",
        ),
        (Guest::new("Bad").module(), "describes itself wrongly: \"Bad\" is no name of a plugin"),
        (Guest::new("spins").body("describe", spin).module(), "can't be described: it ran longer than 5000 ms; mend"),
        (Guest::new("traps").body("init", "unreachable").module(), "no instance of it can be made: it trapped: "),
        (
            Guest::new("lacks").method("lacks.call", "").without_export("methods").module(),
            "describes the method lacks.call, but does not export tega:plugin/methods@0.1.0; mend",
        ),
    ] {
        let error = look("bad.wasm", bytes).await.unwrap_err();
        assert!(error.contains(&format!("/bad.wasm: {told}")), "{told}: {error}");
    }
    let missing = inspect("/nowhere/a.wasm".as_ref(), Compiler::InProcess).await.unwrap_err().to_string();
    assert!(missing.starts_with("/nowhere/a.wasm: the file can't be read: No such file"), "{missing}");
    let folder = tempfile::tempdir().unwrap();
    let error = inspect(folder.path(), Compiler::InProcess).await.unwrap_err().to_string();
    assert!(error.ends_with(": is a folder; give the .wasm file in it"), "{error}");
}

#[tokio::test]
async fn all_imports_that_are_missing_are_named_at_once() {
    let found = look("b.wasm", Guest::new("wants-more").foreign().module()).await.unwrap();
    assert_eq!(found.imports_missing, ["acme:things/store@1.0.0", "acme:things/shelf@1.0.0"]);
    assert_eq!(found.name, "wants-more");
    // One that calls what is missing can't be described, and is told why.
    let caller = Guest::new("wants-more").foreign().body("describe", "(call $shelf)");
    let error = look("b.wasm", caller.module()).await.unwrap_err();
    assert!(error.contains("can't be described: clear is not there in this version of tega"), "{error}");
}
