//! WASI as guests have it: there to be called, empty, and within the time of the call.

use std::time::{Duration, Instant};

use tega_engine::ErrorCode;
use tega_plugin_host::HostOptions;

use crate::guest::Guest;
use crate::server::Folder;

/// Waits for so many seconds, on the one clock.
fn waiting(seconds: u32) -> String {
    format!("(call $block (call $alarm (i64.const {seconds}000000000))) (call $ok %done)")
}

#[tokio::test]
async fn a_guest_that_sleeps_beyond_its_deadline_is_stopped_and_one_that_does_not_goes_on() {
    let sleepy = Guest::new("sleepy").wasi().text("done", "1").method("sleepy.call", &waiting(3_600));
    let brief = Guest::new("brief").wasi().text("done", "1").method("brief.call", &waiting(0));
    let server = Folder::new()
        .with("sleepy.wasm", sleepy.module())
        .with("sleepy.toml", "[limits]\nmethod_ms = 100")
        .with("brief.wasm", brief.module())
        .start()
        .await;
    let begun = Instant::now();
    let error = server.call("sleepy.call").await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::Deadline);
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
    assert_eq!(server.call("brief.call").await.unwrap(), "1");
}

#[tokio::test]
async fn a_guest_that_exits_is_said_to_have() {
    let server = Folder::new()
        .with("bad.wasm", Guest::new("bad").wasi().method("bad.call", "(call $exit (i32.const 1))").module())
        .with("good.wasm", Guest::new("good").wasi().method("good.call", "(call $exit (i32.const 0))").module())
        .start()
        .await;
    for (path, code) in [("bad.call", 1), ("good.call", 0)] {
        let told = server.call(path).await.unwrap_err().to_string();
        assert!(told.ends_with(&format!("it exited with the code {code}")), "{told}");
    }
}

#[tokio::test]
async fn there_are_no_arguments_and_standard_input_is_closed() {
    // The count of arguments, then the tag of the answer and that of the error: `closed` is 1.
    let arguments = "(call $arguments (i32.const 1024)) (call $ok_digit (i32.load (i32.const 1028)))";
    let input = "(call $read_in (call $stdin) (i64.const 9) (i32.const 1024))
        (call $ok_digit (i32.add (i32.load8_u (i32.const 1024)) (i32.load8_u (i32.const 1028))))";
    let guest = Guest::new("curious").wasi().method("curious.arguments", "").body("call", arguments);
    let reader = Guest::new("reader").wasi().method("reader.read", input);
    let server = Folder::new().with("a.wasm", guest.module()).with("b.wasm", reader.module()).start().await;
    assert_eq!(server.call("curious.arguments").await.unwrap(), "0");
    assert_eq!(server.call("reader.read").await.unwrap(), "2");
}

#[tokio::test]
async fn a_variable_is_seen_where_it_is_granted_and_there() {
    let count = "(call $environment (i32.const 1024)) (call $ok_digit (i32.load (i32.const 1028)))";
    let guest = |name: &str| Guest::new(name).wasi().method(&format!("{name}.call"), count).module();
    let folder = Folder::new()
        .with("some.wasm", guest("some"))
        .with("some.toml", "[grants]\nenvironment = ['HOME', 'NO_SUCH']")
        .with("none.wasm", guest("none"));
    let environment = |name: &str| (name == "HOME" || name == "SECRET").then(|| "/root".to_owned());
    let server = folder.start_with(HostOptions { instances: 2, environment, ..HostOptions::default() }).await;
    assert_eq!(server.call("some.call").await.unwrap(), "1");
    assert_eq!(server.call("none.call").await.unwrap(), "0");
}
