//! Time, memory and instances: what a guest can't take from others.

use std::time::{Duration, Instant};

use tega_engine::ErrorCode;
use tega_engine::port::PluginState;
use tega_plugin_host::HostOptions;

use crate::guest::Guest;
use crate::server::Folder;

/// Answers how often this instance was called.
const COUNT: &str =
    "(global.set $count (i32.add (global.get $count) (i32.const 1))) (call $ok_digit (global.get $count))";

/// Spins where it was given arguments, else counts.
fn sometimes_spinning() -> String {
    format!("(if (i32.gt_u (local.get $named_length) (i32.const 2)) (then (call $spin))) {COUNT}")
}

#[tokio::test]
async fn a_method_that_runs_too_long_is_ended_and_its_instance_dropped() {
    let guest = Guest::new("slow").method("slow.call", &sometimes_spinning());
    let server = Folder::new()
        .with("slow.wasm", guest.module())
        .with("slow.toml", "instances = 1\n[limits]\nmethod_ms = 100")
        .start()
        .await;
    assert_eq!(server.call("slow.call").await.unwrap(), "1");
    let begun = Instant::now();
    let error = server.call_with("slow.call", r#"{"spin":1}"#).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::Deadline);
    assert_eq!(error.to_string(), "slow.call of the plugin slow did not answer within 100 ms");
    assert!(begun.elapsed() < Duration::from_millis(1_000));
    let held = server.call("slow.call").await.unwrap_err();
    assert_eq!(held.code(), ErrorCode::Unavailable);
    let told = "the plugin slow is not called now: it is left alone after it failed for 1 s: it ran longer than 100 ms";
    assert_eq!(held.to_string(), told);
    let report = server.report("slow");
    assert_eq!((report.state, report.calls.failures), (PluginState::HeldBack, 1));
    server.plugins().reload(Some("slow")).await.unwrap();
    assert_eq!(server.report("slow").state, PluginState::Running);
    assert_eq!(server.call("slow.call").await.unwrap(), "1");
}

#[tokio::test]
async fn an_instance_whose_call_was_dropped_is_not_used_again() {
    let guest = Guest::new("slow").method("slow.call", &sometimes_spinning());
    let server = Folder::new()
        .with("slow.wasm", guest.module())
        .with("slow.toml", "instances = 1\n[limits]\nmethod_ms = 60000")
        .start()
        .await;
    assert_eq!(server.call("slow.call").await.unwrap(), "1");
    let impatient = tokio::time::timeout(Duration::from_millis(50), server.call_with("slow.call", r#"{"spin":1}"#));
    assert!(impatient.await.is_err());
    assert_eq!(server.call("slow.call").await.unwrap(), "1");
}

/// On one thread: whatever a guest takes, the others wait for.
#[tokio::test(flavor = "current_thread")]
async fn spinning_guests_do_not_hold_up_the_daemons_threads() {
    let guest = Guest::new("slow").method("slow.call", "(call $spin)");
    let server =
        Folder::new().with("slow.wasm", guest.module()).with("slow.toml", "[limits]\nmethod_ms = 400").start().await;
    let others = async {
        let mut slowest = Duration::ZERO;
        for _ in 0..100 {
            let begun = Instant::now();
            tokio::task::yield_now().await;
            slowest = slowest.max(begun.elapsed());
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        slowest
    };
    let (one, two, slowest) = tokio::join!(server.call("slow.call"), server.call("slow.call"), others);
    assert_eq!(one.unwrap_err().code(), ErrorCode::Deadline);
    assert_eq!(two.unwrap_err().code(), ErrorCode::Deadline);
    assert!(slowest < Duration::from_millis(100), "{slowest:?}");
}

#[tokio::test]
async fn an_instance_gets_no_more_memory_than_its_limit_and_is_replaced_past_half_of_it() {
    // Takes pages until it gets none; answers how often it was called.
    let grow = format!("(loop $again (br_if $again (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) {COUNT}");
    let guest = Guest::new("grow").method("grow.call", &grow);
    let trap = Guest::new("trap").method("trap.call", "(drop (memory.grow (i32.const 99))) unreachable");
    let limit = "[limits]\nmemory_bytes = 1048576";
    let server = Folder::new()
        .with("grow.wasm", guest.module())
        .with("grow.toml", limit)
        .with("trap.wasm", trap.module())
        .with("trap.toml", limit)
        .start()
        .await;
    assert_eq!(server.call("grow.call").await.unwrap(), "1");
    assert_eq!(server.call("grow.call").await.unwrap(), "1");
    let told = server.call("trap.call").await.unwrap_err().to_string();
    assert!(told.contains("it wanted more memory than its limit of 1048576 bytes; it trapped: "), "{told}");
}

#[tokio::test]
async fn where_memory_for_all_is_short_idle_instances_go_first_and_then_calls_are_busy() {
    let guest = |name: &str, body: &str| Guest::new(name).method(&format!("{name}.call"), body).module();
    let folder = Folder::new()
        .with("a.wasm", guest("a", COUNT))
        .with("b.wasm", guest("b", "(call $spin)"))
        .with("b.toml", "[limits]\nmethod_ms = 300");
    // Room for one instance of three pages, not for two.
    let options = HostOptions { instances: 2, total_memory_bytes: 5 * 65_536, ..HostOptions::default() };
    let server = folder.start_with(options).await;
    assert_eq!(server.call("a.call").await.unwrap(), "1");
    assert_eq!(server.call("a.call").await.unwrap(), "2");
    let (spinning, busy) = tokio::join!(server.call("b.call"), async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        server.call("a.call").await
    });
    assert_eq!(spinning.unwrap_err().code(), ErrorCode::Deadline);
    let busy = busy.unwrap_err();
    assert_eq!(busy.code(), ErrorCode::Busy);
    assert!(
        busy.to_string().ends_with("the instances of plugins have all of the 327680 bytes of memory they may have")
    );
    // The one of `a` was dropped for that of `b`.
    assert_eq!(server.call("a.call").await.unwrap(), "1");
}

#[tokio::test]
async fn where_memory_for_all_is_short_instances_that_are_being_stopped_are_waited_for() {
    let guest = Guest::new("late").method("late.call", COUNT).body("stop", "(call $spin)").module();
    // Three pages are more than half of five, so each call has an instance of its own, and there is room for one.
    let limits = "[limits]\nmemory_bytes = 327680\nstop_ms = 100";
    let options = HostOptions { instances: 2, total_memory_bytes: 5 * 65_536, ..HostOptions::default() };
    let server = Folder::new().with("late.wasm", guest).with("late.toml", limits).start_with(options).await;
    for _ in 0..3 {
        assert_eq!(server.call("late.call").await.unwrap(), "1");
    }
}

#[tokio::test]
async fn calls_beyond_the_pool_wait_for_a_place_and_then_are_busy() {
    let guest = Guest::new("slow").method("slow.call", "(call $spin)");
    let server = Folder::new()
        .with("slow.wasm", guest.module())
        .with("slow.toml", "instances = 1\n[limits]\nmethod_ms = 200")
        .start()
        .await;
    let (one, two, three) = tokio::join!(server.call("slow.call"), server.call("slow.call"), server.call("slow.call"));
    let mut codes = [one, two, three].map(|answer| format!("{:?}", answer.unwrap_err().code()));
    codes.sort();
    assert_eq!(codes.first().map(String::as_str), Some("Busy"));
    assert_eq!(codes.last().map(String::as_str), Some("Deadline"));
}

#[tokio::test]
async fn stop_takes_all_out_of_service() {
    let server = Folder::new().with("a.wasm", Guest::new("a").method("a.call", COUNT).module()).start().await;
    assert_eq!(server.call("a.call").await.unwrap(), "1");
    server.host.stop().await;
    server.host.stop().await;
    assert_eq!(server.call("a.call").await.unwrap_err().code(), ErrorCode::NotFound);
}
