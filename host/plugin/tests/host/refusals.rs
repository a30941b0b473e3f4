//! Files that are refused, each with a sentence, while the others go into service.

use tega_engine::port::PluginState;

use crate::guest::Guest;
use crate::server::Folder;

/// A component with one exported instance of one function without parameters.
fn component(imports: &str, export: &str, functions: &[&str]) -> Vec<u8> {
    let exports: String = functions.iter().map(|name| format!(r#"(export "{name}" (func $f))"#)).collect();
    let text = format!(
        r#"(component {imports}
            (core module $m (func (export "f")))
            (core instance $i (instantiate $m))
            (func $f (canon lift (core func $i "f")))
            (instance $e {exports})
            (export "{export}" (instance $e)))"#
    );
    wat::parse_str(text).unwrap()
}

#[tokio::test]
async fn a_file_that_does_not_fit_is_refused_in_a_sentence() {
    let lifecycle = "tega:plugin/lifecycle@0.1.0";
    let store = r#"(import "acme:things/store@1.0.0" (instance (export "get" (func))))"#;
    let newer_tree = r#"(import "tega:plugin/tree@0.2.0" (instance (export "get" (func))))"#;
    let odd_log = r#"(import "tega:plugin/log@0.1.0" (instance (export "shout" (func))))"#;
    let http = r#"(import "wasi:http/outgoing-handler@0.2.3" (instance (export "handle" (func))))"#;
    let odd_http = r#"(import "wasi:http/outgoing-handler@0.3.0" (instance (export "f" (func))))"#;
    let no_type = wat::parse_str(r#"(module (func (export "f")))"#).unwrap();
    let memories = format!("(core module $s (memory 1)) {}", "(core instance (instantiate $s))".repeat(5));
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        (
            "memories",
            component(&memories, lifecycle, &["f"]),
            "can't be used as it was compiled: The component transitively contains 5 Wasm linear memories",
        ),
        ("text", b"#!/bin/sh".to_vec(), r##"is no WebAssembly: begins with "#!/bin/s""##),
        ("empty", Vec::new(), "is no WebAssembly: begins with nothing"),
        ("broken", b"\0asm\x0d\0\x01\0broken".to_vec(), "does not compile: "),
        ("broken-module", b"\0asm\x01\0\0\0broken".to_vec(), "is damaged, or not whole: "),
        ("no-type", no_type, "is a core module without a component type inside: build it with the SDK"),
        (
            "other",
            component("", "acme:other/thing@1.0.0", &["f"]),
            "exports no tega:plugin/lifecycle@0.1.0, so it is no plugin of tega; what it exports is acme:other/thing@1.0.0",
        ),
        ("newer", component("", "tega:plugin/lifecycle@0.2.0", &["f"]), "exports tega:plugin/lifecycle@0.2.0, which"),
        ("unknown", component("", "tega:plugin/oracle@0.1.0", &["f"]), "exports tega:plugin/oracle@0.1.0, which this"),
        ("import", component(store, lifecycle, &["f"]), "imports acme:things/store@1.0.0, which this version"),
        ("newer-tree", component(newer_tree, lifecycle, &["f"]), "imports tega:plugin/tree@0.2.0, which this version"),
        ("http", component(http, lifecycle, &["f"]), "imports wasi:http/outgoing-handler@0.2.3, which this version"),
        (
            "odd-http",
            component(odd_http, lifecycle, &["f"]),
            "imports wasi:http/outgoing-handler@0.3.0, which this version",
        ),
        ("odd-log", component(odd_log, lifecycle, &["f"]), "imports tega:plugin/log@0.1.0, which this version"),
        ("no-function", component("", lifecycle, &["f"]), "an exported interface is not of the form that tega:plugin"),
        (
            "wrong-type",
            component("", lifecycle, &["describe", "start", "stop"]),
            "an exported interface is not of the form that tega:plugin",
        ),
    ];
    let mut folder = Folder::new().with("zz-good.wasm", Guest::new("good").method("good.call", "").module());
    for (name, bytes, _) in &cases {
        folder = folder.with(&format!("{name}.wasm"), bytes);
    }
    let server = folder.start().await;
    for (name, _, expected) in &cases {
        let refusal = server.refusal(&format!("{name}.wasm"));
        assert!(refusal.starts_with(expected), "{name}: {refusal}");
        assert_eq!(server.report(&format!("{name}.wasm")).state, PluginState::Refused);
    }
    assert_eq!(server.report("good").state, PluginState::Running);
    assert_eq!(server.host.list().len(), cases.len() + 1);
}

#[tokio::test]
async fn a_guest_that_describes_or_starts_badly_is_refused() {
    let limits = "[limits]\nstart_ms = 50\ndescribe_ms = 50\nmemory_bytes = 262144";
    let failing = Guest::new("failing").text("reason", "no tea").body("start", "(call $error (i32.const 9) %reason)");
    let greedy = Guest::new("greedy").define("(memory $m 4)").module();
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        (
            "a",
            Guest::new("a").body("describe", "(call $spin)").module(),
            "can't be described: it ran longer than 50 ms",
        ),
        ("b", Guest::new("b").body("describe", "unreachable").module(), "can't be described: it trapped: wasm `unrea"),
        ("c", Guest::new("c").body("start", "(call $spin)").module(), "did not start: it ran longer than 50 ms"),
        (
            "d",
            Guest::new("d").body("init", "(call $spin)").module(),
            "no instance of it can be made: it ran longer than",
        ),
        ("e", failing.module(), "did not start: its start failed: no tea"),
        ("f", Guest::new("F").module(), "describes itself wrongly: \"F\" is no name of a plugin"),
        ("g", greedy, "no instance of it can be made: it wanted more memory than its limit of 262144 bytes"),
        (
            "h",
            Guest::new("h").method("h.x", "").without_export("methods").module(),
            "describes the method h.x, but does not export tega:plugin/methods@0.1.0",
        ),
        ("i", Guest::new("i").guard("**.x", "").module(), "describes itself wrongly: a guard has the pattern \"**.x\""),
    ];
    let mut folder = Folder::new();
    for (name, bytes, _) in &cases {
        folder = folder.with(&format!("{name}.wasm"), bytes).with(&format!("{name}.toml"), limits);
    }
    let server = folder.start().await;
    for (name, _, expected) in &cases {
        let refusal = server.refusal(&format!("{name}.wasm"));
        assert!(refusal.starts_with(expected), "{name}: {refusal}");
    }
}

#[tokio::test]
async fn what_another_has_is_not_given_twice() {
    let server = Folder::new()
        .with("a.wasm", Guest::new("one").method("one.call", "").module())
        .with("b.wasm", Guest::new("one").method("one.other", "").module())
        .with("c.wasm", Guest::new("three").method("three.call", "").method("one.call", "").module())
        .start()
        .await;
    assert!(server.refusal("b.wasm").starts_with("its name one is already that of /"));
    assert!(server.refusal("b.wasm").ends_with("/a.wasm"));
    assert_eq!(server.refusal("c.wasm"), "the method one.call can't be entered: a method of plugin one is there");
    assert!(server.call("three.call").await.is_err());
}

#[tokio::test]
async fn the_operators_file_is_minded() {
    let guest = || Guest::new("good").method("good.call", "").module();
    let server = Folder::new()
        .with("a.wasm", guest())
        .with("a.toml", "enabled = false")
        .with("b.wasm", guest())
        .with("b.toml", "[grants]\nfolders = ['/no/such/folder']")
        .with("c.wasm", guest())
        .start()
        .await;
    assert!(server.refusal("a.wasm").starts_with("is switched off: `enabled = false` in /"));
    let refusal = server.refusal("b.wasm");
    assert_eq!(
        refusal,
        "the folder /no/such/folder that it is granted can't be opened: No such file or directory (os error 2)"
    );
    let report = server.report("good");
    assert_eq!((report.state, report.version.as_deref()), (PluginState::Running, Some("0.1.0")));
    assert_eq!(report.digest.unwrap().len(), 64);
}
