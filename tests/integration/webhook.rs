//! The plugin `webhook`: commits reach a receiver in order, whatever it and the daemon suffer.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};

use crate::process::Process;
use crate::receiver::{Received, Receiver, answer};
use crate::server::{TestServer, add_plugin};

/// The operator's file, with one hook on `inventory` and one more setting for it.
fn settings(receiver: &Receiver, more: &str) -> String {
    format!(
        "instances = 1\n[callbacks]\nthen = 'hold'\n[grants]\nread = ['*']\nhosts = ['{}']\n[[settings.hooks]]\nname = 'audit'\n\
         url = '{}'\npatterns = ['inventory']\n{more}\n",
        receiver.address,
        receiver.url("/audit")
    )
}

/// The values that a receiver was told of, in order.
fn values(received: &[Received]) -> Vec<Value> {
    received.iter().map(|received| received.json()["data"]["items"][0]["put"]["value"].clone()).collect()
}

/// The same without what came more than once in a row.
fn taken(received: &[Received]) -> Vec<Value> {
    let mut values = values(received);
    values.dedup();
    values
}

fn counted(last: u64) -> Vec<Value> {
    (1..=last).map(Value::from).collect()
}

#[tokio::test]
async fn a_receiver_that_fails_for_a_while_gets_every_commit_in_order() {
    let failing = Arc::new(AtomicU32::new(6));
    let left = Arc::clone(&failing);
    let receiver = Receiver::start(move |_| {
        let failed = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
        answer(if failed { 503 } else { 204 }, "")
    })
    .await;
    let server = TestServer::with_plugins(&[("webhook", &settings(&receiver, "secret = 'key'"))]).await;
    for n in 1..=5 {
        server.put_ok("/inventory/n", n.to_string()).await;
        server.put_ok("/elsewhere", n.to_string()).await;
    }
    receiver.until("all of five", |received| values(received).last() == Some(&json!(5))).await;
    let received = receiver.received();
    assert_eq!(values(&received), [vec![json!(1); 6], counted(5)].concat(), "{received:?}");
    assert_eq!(failing.load(Ordering::SeqCst), 0);
    // What is sent again is the same event.
    let ids: Vec<Value> = received.iter().map(|received| received.json()["id"].clone()).collect();
    assert!(ids[..7].iter().all(|id| *id == ids[0]) && ids[7] != ids[0], "{ids:?}");
    let last = received.last().unwrap();
    assert_eq!(last.header("content-type"), Some("application/cloudevents+json; charset=utf-8"));
    assert_eq!(last.header("webhook-id").map(Value::from), ids.last().cloned());
    assert!(last.header("webhook-signature").unwrap().starts_with("v1,"), "{last:?}");
    assert_eq!((&last.json()["type"], &last.json()["subject"]), (&json!("tega.commit"), &json!("inventory.n")));
}

#[tokio::test]
async fn what_a_receiver_refuses_for_good_is_counted_and_the_next_goes_on() {
    let receiver =
        Receiver::start(|received| answer(if values(std::slice::from_ref(received))[0] == 1 { 410 } else { 200 }, ""))
            .await;
    let server = TestServer::with_plugins(&[("webhook", &settings(&receiver, "mode = 'structured'"))]).await;
    server.put_ok("/inventory/n", "1").await;
    server.put_ok("/inventory/n", "2").await;
    receiver.until("the second", |received| values(received) == counted(2)).await;
    let told = server.value("/plugin/webhook/audit").await;
    assert_eq!((&told["given_up"], &told["last_status"]), (&json!(1), &json!(410)), "{told}");
}

#[tokio::test]
async fn without_a_url_it_is_in_service_and_does_nothing() {
    let shipped = std::fs::read_to_string(crate::server::workspace().join("plugins/webhook/webhook.toml")).unwrap();
    let server = TestServer::with_plugins(&[("webhook", &shipped)]).await;
    server.put_ok("/inventory/n", "1").await;
    let report = server.value("/_plugins").await["webhook"].clone();
    assert_eq!((&report["state"], &report["grants_lacking"]), (&json!("running"), &json!([])), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_commit_comes_at_least_once_over_kills_of_the_daemon() {
    let up = Arc::new(AtomicU32::new(0));
    let is_up = Arc::clone(&up);
    let receiver =
        Receiver::start(move |_| answer(if is_up.load(Ordering::SeqCst) == 0 { 503 } else { 200 }, "")).await;
    let folder = tempfile::tempdir().unwrap();
    let (data, plugins) = (folder.path().join("data"), folder.path().join("plugins"));
    std::fs::create_dir(&plugins).unwrap();
    add_plugin(&plugins, "webhook", &settings(&receiver, ""));
    let client = reqwest::Client::new();
    let start = |run: u64| Process::start_with_plugins(&data, &plugins, &folder.path().join(format!("log{run}")));
    let put = |url: String, n: u64| {
        let request = client.put(format!("{url}/inventory/n")).body(n.to_string());
        async move { assert!(request.send().await.unwrap().status().is_success()) }
    };
    // Down: nothing is taken, and each daemon is killed while it tries.
    for run in 1..=3 {
        let seen = receiver.received().len();
        let daemon = start(run);
        put(daemon.url.clone(), run).await;
        receiver.until("a try", |received| received.len() > seen).await;
        daemon.kill();
    }
    assert!(values(&receiver.received()).iter().all(|value| *value == 1), "{:?}", values(&receiver.received()));
    // Up: what was held back comes first.
    let failed = receiver.received().len();
    up.store(1, Ordering::SeqCst);
    let daemon = start(4);
    for n in 4..=20 {
        put(daemon.url.clone(), n).await;
    }
    receiver.until("some", |received| received.len() > failed + 5).await;
    daemon.kill();
    let daemon = start(5);
    receiver.until("all of twenty", |received| values(received).last() == Some(&json!(20))).await;
    daemon.kill();
    // After the second kill it may begin again at one that came already, never after one that did not.
    let mut expected = 1;
    for value in taken(&receiver.received()[failed..]) {
        let value = value.as_u64().unwrap();
        assert!(value <= expected, "{value} came before {expected}");
        expected = expected.max(value + 1);
    }
    assert_eq!(expected, 21);
}
