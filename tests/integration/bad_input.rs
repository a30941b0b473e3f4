//! Bad input: a clear error that names what was wrong, and a daemon that goes on.

use std::io::Read;
use std::process::Stdio;

use reqwest::{Method, StatusCode};
use serde_json::json;
use tega_daemon::{Config, Daemon, Settings};

use crate::process;
use crate::pubsub::Socket;
use crate::server::TestServer;

#[tokio::test]
async fn each_bad_request_gets_its_status_and_a_sentence_with_the_fact() {
    let server = TestServer::start().await;
    server.put_ok("/a", r#"{"leaf":1,"10.0.0.1":{"name":"x"}}"#).await;
    let deep = "[".repeat(101) + &"]".repeat(101);
    let too_long_a_number = "1".repeat(65);
    let too_long_a_name = format!("{{\"{}\":1}}", "n".repeat(1025));
    for (method, target, body, status, fact) in [
        (Method::PUT, "/a/b", "{nope", 400, "line 1"),
        (Method::PUT, "/a/b", "", 400, "JSON"),
        (Method::PUT, "/a/b", "NaN", 400, "JSON"),
        (Method::PUT, "/a/b", "{\"x\":1,\"x\":2}", 400, "comes twice"),
        (Method::PUT, "/a/b", deep.as_str(), 400, "100 levels"),
        (Method::PUT, "/a//b", "1", 400, "empty name"),
        (Method::PUT, "/%5Fx", "1", 400, "reserved"),
        (Method::PUT, "/a/_version", "1", 400, "reserved"),
        (Method::PUT, "/a/%ff", "1", 400, "UTF-8"),
        (Method::PUT, "/a/leaf/below", "1", 409, "a.leaf is a leaf"),
        (Method::PUT, "/a/leaf?version=x", "1", 400, "version"),
        (Method::PUT, "/a/leaf?version=7", "2", 409, "version 7"),
        (Method::PUT, "/nowhere?version=3", "2", 409, "version 3 and is not there"),
        (Method::PUT, "/a/b", &too_long_a_number, 400, "65 characters is over the limit of 64"),
        (Method::PUT, "/a/b", &too_long_a_name, 400, "1025 bytes is over the limit of 1024"),
        (Method::PUT, &format!("/a/{}", "n".repeat(1025)), "1", 400, "1025 bytes is over the limit of 1024"),
        (Method::PUT, &format!("/a{}", "/b".repeat(100)), "1", 400, "101 names is over the limit of 100"),
        (Method::PUT, &format!("/a{}", "/b".repeat(98)), "[[1]]", 400, "101 levels deep, over the limit of 100"),
        (Method::PUT, &format!("/a{}", "/name".repeat(1_700)), "1", 414, "over the limit of 8192"),
        (Method::GET, "/a/nothing", "", 404, "a.nothing"),
        (Method::GET, "/a/10.0.0.1/name", "", 404, "10.0.0.1%22"),
        (Method::DELETE, "/a/nothing", "", 404, "a.nothing"),
        (Method::POST, "/a", "1", 405, "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"),
        (Method::GET, "/_no_such", "", 404, "_no_such"),
        (Method::POST, "/_rpc?path=no.such", "", 404, "no.such"),
        (Method::POST, "/_rpc", "", 400, "path"),
        (Method::POST, "/_rpc?path=a..b", "", 400, "empty name"),
        (Method::POST, "/_rpc?path=no.such", "[1]", 400, "object"),
        (Method::POST, "/_rpc?path=no.such", "{\"args\":1}", 400, "args"),
        (Method::GET, "/_rpc?path=no.such", "", 405, "POST"),
    ] {
        let answer = server.send(method.clone(), target, body.to_owned()).await;
        assert_eq!(answer.status.as_u16(), status, "{method} {target} {body}: {answer:?}");
        assert_eq!(answer.content_type, "application/problem+json", "{method} {target}: {answer:?}");
        assert!(answer.body.contains(fact), "{method} {target} {body}: {answer:?}");
        assert_eq!(answer.json()["status"], status);
    }
    assert_eq!(server.value("/a").await, json!({ "leaf": 1, "10.0.0.1": { "name": "x" } }));
    assert_eq!(server.value("/_roots").await, json!({ "a": 0 }));
}

#[tokio::test]
async fn a_client_that_asks_for_nothing_special_gets_plain_text() {
    let server = TestServer::start().await;
    let answer = reqwest::get(server.url("/nothing")).await.unwrap();
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("text/plain"));
    let text = answer.text().await.unwrap();
    assert!(text.contains("nothing") && serde_json::from_str::<serde_json::Value>(&text).is_err(), "{text}");
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_with_the_limit_and_the_daemon_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings {
        data: Some(folder.path().join("data")),
        listen: "127.0.0.1:0".parse().ok(),
        body_bytes_max: Some(1000),
        ..Settings::default()
    };
    let daemon = Daemon::start(Config::from(settings)).await.unwrap();
    let url = format!("http://{}/a", daemon.address());
    let client = reqwest::Client::new();
    let body = |bytes: usize| format!("\"{}\"", "x".repeat(bytes));
    let answer = client.put(&url).body(body(1001)).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert!(answer.text().await.unwrap().contains("1000"));
    assert_eq!(client.put(&url).body(body(900)).send().await.unwrap().status(), StatusCode::OK);
    daemon.stop().await.unwrap();
}

#[tokio::test]
async fn a_bad_frame_closes_the_socket_with_a_code_and_a_reason() {
    let server = TestServer::start().await;
    for (frame, fact) in [
        ("SUBSCRIBE a", "SUBSCRIBE"),
        ("SUBSCRIBE a nowhere False", "scope"),
        ("SUBSCRIBE ( local True", "("),
        ("SESSION bob", "SESSION"),
        ("PUBLISH a", "PUBLISH"),
        ("PUBLISH a\n{nope", "JSON"),
    ] {
        let mut socket = Socket::session(&server, "bob").await;
        socket.send(frame).await;
        let (code, reason) = socket.closed().await;
        assert!((1002..=1013).contains(&code), "{frame}: {code}");
        assert!(reason.contains(fact), "{frame}: {reason}");
    }
    let mut socket = Socket::session(&server, "bob").await;
    socket.send("NO_SUCH_COMMAND x y").await;
    socket.send("SESSION bob local").await;
    assert!(socket.frame().await.starts_with("SESSIONACK"));
    server.put_ok("/a", "1").await;
}

/// What `tega serve` says when it does not start.
pub fn complaint(command: &mut std::process::Command) -> String {
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut text = String::new();
    child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
    assert!(!child.wait().unwrap().success(), "{text}");
    text
}

#[tokio::test]
async fn what_keeps_the_daemon_from_starting_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let used = process::Process::start(&data);
    let text = complaint(&mut process::command(&data));
    assert!(text.contains("in use") && text.contains(data.to_str().unwrap()), "{text}");
    drop(used);

    let other = folder.path().join("other");
    let config = folder.path().join("tega.toml");
    std::fs::write(&config, "lissten = \"127.0.0.1:0\"\n").unwrap();
    let text = complaint(process::command(&other).arg("--config").arg(&config));
    assert!(text.contains("tega.toml") && text.contains("lissten"), "{text}");

    let text = complaint(process::command(&other).args(["--tega-id", "two words"]));
    assert!(text.contains("two words"), "{text}");

    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let text = complaint(&mut process::command(&file));
    assert!(text.contains(file.to_str().unwrap()), "{text}");
    assert!(!other.exists(), "a daemon that did not start left {}", other.display());
}

#[tokio::test]
async fn a_port_in_use_is_named_with_what_to_do() {
    let server = TestServer::start().await;
    let folder = tempfile::tempdir().unwrap();
    let port = server.url("").rsplit(':').next().unwrap().to_owned();
    let text = complaint(process::command(&folder.path().join("data")).args(["--port", &port]));
    assert!(text.contains(&port) && text.contains("--listen"), "{text}");
}

#[tokio::test]
async fn a_damaged_log_stops_the_start_with_file_and_offset() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let daemon = process::Process::start(&data);
    for n in 0..3 {
        let put = reqwest::Client::new().put(format!("{}/a/n{n}", daemon.url)).body(n.to_string());
        assert_eq!(put.send().await.unwrap().status(), StatusCode::OK);
    }
    assert!(daemon.terminate().success());
    let log = std::fs::read_dir(&data).unwrap().map(|entry| entry.unwrap().path());
    let segment = log.into_iter().find(|path| path.extension().is_some_and(|end| end == "jsonl")).unwrap();
    let whole = std::fs::read(&segment).unwrap();
    let at = whole.windows(4).position(|window| window == b"a.n1").unwrap();
    let mut damaged = whole.clone();
    damaged[at + 3] = b'9';
    std::fs::write(&segment, &damaged).unwrap();
    let text = complaint(&mut process::command(&data));
    assert!(text.contains(segment.to_str().unwrap()) && text.contains("byte"), "{text}");
    assert_eq!(std::fs::read(&segment).unwrap(), damaged, "nothing was changed");
    std::fs::write(&segment, &whole).unwrap();
    let daemon = process::Process::start(&data);
    assert_eq!(reqwest::get(format!("{}/a/n1", daemon.url)).await.unwrap().text().await.unwrap(), "1");
}
