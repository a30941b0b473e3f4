//! Requests that are sent again, and clearing.

use std::sync::Arc;

use tega_engine::{Durability, Engine, Options};
use tega_log::FileStorage;

use super::{Server, TestClock};
use crate::NetOptions;

const KEY: &str = "idempotency-key";

impl Server {
    /// Status, body and whether it is said to be an answer of before.
    async fn with_key(&self, verb: &str, path: &str, key: &str, body: &str) -> (u16, String, bool) {
        let request = self.request(verb, path).header(KEY, key).body(body.to_owned());
        let answer = request.send().await.unwrap();
        let replayed = answer.headers().contains_key("idempotency-replayed");
        (answer.status().as_u16(), answer.text().await.unwrap(), replayed)
    }
}

#[tokio::test]
async fn a_transaction_that_is_sent_again_is_answered_as_it_was_and_changes_nothing() {
    let server = Server::start().await;
    server.put("/a", "{\"x\": 1}").await;
    let body = r#"{"operations": [{"put": "a.x", "value": 2, "version": 0}, {"put": "b", "value": 1}], "confirm_within_ms": 60000}"#;
    let first = server.with_key("POST", "/_transaction", "k1", body).await;
    assert_eq!((first.0, first.2), (200, false), "{}", first.1);
    assert!(first.1.contains("\"versions\":{\"a\":1,\"b\":0},\"confirm\":"), "{}", first.1);
    let again = server.with_key("POST", "/_transaction", "\"k1\"", body).await;
    assert_eq!(again, (200, first.1, true));
    assert_eq!(server.engine.state().revision().0, 2);
    let dry = server.with_key("POST", "/_check", "k1", r#"{"operations": [{"put": "c", "value": 1}]}"#).await;
    assert_eq!((dry.0, dry.2), (200, false));
    let other = server.with_key("POST", "/_transaction?message=why", "k1", body).await;
    assert_eq!((other.0, other.2), (422, false));
}

#[tokio::test]
async fn a_write_that_is_sent_again_is_made_once_also_when_both_are_under_way() {
    let server = Server::start().await;
    server.put("/count", "0").await;
    let patch = r#"[{"op": "add", "path": "/new", "value": 1}, {"op": "test", "path": "/new", "value": 1}]"#;
    server.put("/a", "{}").await;
    let sent = (0..16).map(|_| async {
        let request =
            server.request("PATCH", "/a").header(KEY, "p").header("content-type", "application/json-patch+json");
        let answer = request.body(patch).send().await.unwrap();
        (answer.status().as_u16(), answer.headers().contains_key("idempotency-replayed"))
    });
    let answers = futures_util::future::join_all(sent).await;
    assert!(answers.iter().all(|(status, _)| *status == 200), "{answers:?}");
    assert_eq!(answers.iter().filter(|(_, replayed)| !replayed).count(), 1, "{answers:?}");
    for round in [false, true] {
        assert_eq!(server.with_key("DELETE", "/a/new", "d", "").await, (200, String::new(), round));
    }
    assert_eq!(server.with_key("DELETE", "/a/new", "d2", "").await.0, 404);
    assert_eq!(server.engine.state().revision().0, 4);
    assert_eq!(server.with_key("PUT", "/a/new", "", "1").await.0, 400);
    let begun = server.send("POST", "/_begin", "").await;
    let txid = begun.json()["txid"].as_str().unwrap().to_owned();
    let queued = server.with_key("PUT", &format!("/a/new?txid={txid}"), "q", "1").await;
    assert!(queued.0 == 400 && queued.1.contains("Idempotency-Key"), "{queued:?}");
}

#[tokio::test]
async fn a_cleared_database_goes_on_with_its_sessions_and_its_etags_match_no_more() {
    let server = Server::start().await;
    let mut socket = server.session("bob", &["SUBSCRIBE a local False"]).await;
    server.put("/a/b", "1").await;
    assert!(socket.text().await.starts_with("NOTIFY"));
    let etag = server.request("GET", "/a/b").send().await.unwrap().headers()["etag"].clone();
    let answer = server.send("POST", "/_clear?tega_id=bob&message=anew", "").await;
    assert_eq!((answer.status, answer.body.as_str()), (200, ""));
    assert_eq!(server.send("GET", "/_roots", "").await.body, "{}");
    assert_eq!(server.send("GET", "/a/b", "").await.status, 404);
    assert_eq!(server.send("GET", "/_log", "").await.json()["commits"].as_array().unwrap().len(), 0);
    server.put("/a/b", "2").await;
    let matched = server.request("PUT", "/a/b").header("if-match", &etag).body("3").send().await.unwrap();
    assert_eq!(matched.status(), 412);
    assert!(socket.text().await.ends_with("\"instance\": 2}]"));
    assert_eq!(server.send("GET", "/_roots", "").await.body, "{\"a\":0}");
}

#[tokio::test]
async fn why_something_is_written_stands_in_an_argument_or_a_header() {
    let server = Server::start().await;
    let put = |path: &'static str, header: &'static str| {
        server.request("PUT", path).header("tega-message", header).body("1").send()
    };
    for (path, header) in [("/a", "größer"), ("/a?message=argument", "header"), ("/a?message=", "")] {
        assert_eq!(put(path, header).await.unwrap().status(), 200, "{path}");
    }
    let log = server.send("GET", "/_log", "").await.json();
    let messages: Vec<_> = log["commits"].as_array().unwrap().iter().map(|commit| commit["message"].as_str()).collect();
    assert_eq!(messages, [Some("größer"), Some("argument"), None]);
}

#[tokio::test]
async fn the_etag_of_a_write_that_is_sent_again_is_the_one_that_the_node_has() {
    let database = Options { durability: Durability::Never, ..Options::default() };
    let folder = tempfile::tempdir().unwrap();
    let open = || Engine::open(FileStorage::open(folder.path()).unwrap(), &database, Arc::new(TestClock)).unwrap().0;
    let copy = tempfile::tempdir().unwrap();
    let first = Server::serving(open(), NetOptions::default(), tempfile::tempdir().unwrap()).await;
    let put = |server: &Server| server.request("PUT", "/a").header(KEY, "k").body("1").send();
    let before = put(&first).await.unwrap();
    // As a kill leaves it: with this durability another epoch begins.
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
    }
    let engine = Engine::open(FileStorage::open(copy.path()).unwrap(), &database, Arc::new(TestClock)).unwrap().0;
    let second = Server::serving(engine, NetOptions::default(), copy).await;
    let again = put(&second).await.unwrap();
    assert!(again.headers().contains_key("idempotency-replayed"));
    assert_eq!(again.headers()["tega-position"], before.headers()["tega-position"]);
    let read = second.request("GET", "/a").send().await.unwrap();
    assert_ne!(read.headers()["etag"], before.headers()["etag"]);
    assert_eq!(again.headers()["etag"], read.headers()["etag"]);
}
