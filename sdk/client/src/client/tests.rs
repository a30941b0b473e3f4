//! Unit tests of this room.

use serde_json::json;
use serde_json::value::to_raw_value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::*;

/// A client of a server that gives one answer, and what the server was asked.
async fn asked(answer: &str) -> (Client, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = Client::new(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
    let answer = answer.to_owned();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = String::new();
        while !whole(&request) {
            let mut buffer = [0; 4096];
            let length = stream.read(&mut buffer).await.unwrap();
            assert!(length > 0, "the request broke off: {request}");
            request.push_str(std::str::from_utf8(&buffer[..length]).unwrap());
        }
        stream.write_all(answer.as_bytes()).await.unwrap();
        request
    });
    (client, server)
}

/// Whether a request has come with all of its body.
fn whole(request: &str) -> bool {
    let Some((head, body)) = request.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    body.len() == length.map_or(0, |length| length.parse().unwrap())
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

#[tokio::test]
async fn a_value_keeps_its_text_both_ways() {
    let (client, server) = asked(&ok("{\"n\": 1.50}")).await;
    assert_eq!(client.get(r#"hosts."10.0.0.1".mtu"#).await.unwrap(), "{\"n\": 1.50}");
    let request = server.await.unwrap();
    assert!(request.starts_with("GET /hosts/%2210.0.0.1%22/mtu HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("accept: application/json\r\n"), "{request}");

    for (state, query) in [
        (AsOf::Version("-1".to_owned()), "version=%2D1"),
        (AsOf::Time("2026-03-01T12:00:00+01:00".to_owned()), "at=2026%2D03%2D01T12%3A00%3A00%2B01%3A00"),
    ] {
        let (client, server) = asked(&ok("1")).await;
        assert_eq!(client.get_as_of("a.b", &state).await.unwrap(), "1");
        let request = server.await.unwrap();
        assert!(request.starts_with(&format!("GET /a/b?{query} HTTP/1.1\r\n")), "{request}");
    }

    let (client, server) = asked(&ok("")).await;
    client.put("a", "12345678901234567890123").await.unwrap();
    let request = server.await.unwrap();
    assert!(request.starts_with("PUT /a ") && request.ends_with("\r\n\r\n12345678901234567890123"), "{request}");

    let (client, server) = asked(&ok("")).await;
    client.delete("a").await.unwrap();
    assert!(server.await.unwrap().starts_with("DELETE /a "));
}

#[tokio::test]
async fn a_call_sends_its_arguments_and_gives_the_result_as_text() {
    let (client, server) = asked(&ok("{\"result\": [1.50]}")).await;
    let exact = BTreeMap::from([("n", to_raw_value(&1.5).unwrap())]);
    assert_eq!(client.call("sums.\"a&b\"", &json!(["x"]), &exact).await.unwrap(), "[1.50]");
    let request = server.await.unwrap();
    assert!(request.starts_with("POST /_rpc?path=sums%2E%22a%26b%22 "), "{request}");
    assert!(request.ends_with("\r\n\r\n{\"args\":[\"x\"],\"kwargs\":{\"n\":1.5}}"), "{request}");

    for (answer, result) in [("{\"result\": null}", "null"), ("", "null"), ("{\"result\": {}}", "{}")] {
        let (client, _server) = asked(&ok(answer)).await;
        assert_eq!(client.call("a", &[0; 0], &json!({})).await.unwrap(), result);
    }
}

#[tokio::test]
async fn roots_and_plugins_are_read_and_told_in_the_order_of_their_names() {
    let (client, _server) = asked(&ok(r#"{"b": 0, "a": 3}"#)).await;
    let roots: Vec<_> = client.roots().await.unwrap().into_iter().collect();
    assert_eq!(roots, [("a".to_owned(), 3), ("b".to_owned(), 0)]);

    let plugins = r#"{"b": {"name": "b", "state": "refused", "reason": "no", "file": "b.wasm", "methods": [], "new": 1},
        "a": {"name": "a", "state": "running", "version": "1.0.0", "methods": [{"path": "a.x", "summary": "x"}]}}"#;
    let (client, _server) = asked(&ok(plugins)).await;
    let plugins = client.plugins().await.unwrap();
    assert_eq!((plugins[0].version.as_deref(), plugins[0].methods[0].path.as_str()), (Some("1.0.0"), "a.x"));
    assert_eq!((plugins[1].name.as_str(), plugins[1].reason.as_deref()), ("b", Some("no")));
}

#[tokio::test]
async fn a_plugin_is_asked_for_and_changed_by_its_name_whatever_that_holds() {
    let hello = ok(r#"{"name": "a/b", "state": "disabled", "calls": {"calls": 3}, "callbacks": {"behind": 2}}"#);
    let (client, server) = asked(&hello).await;
    let plugin = client.plugin("a/b").await.unwrap();
    assert_eq!((plugin.calls.calls, plugin.callbacks.unwrap().behind), (3, 2));
    assert!(server.await.unwrap().starts_with("GET /_plugins/a%2Fb HTTP/1.1\r\n"));
    let (client, server) = asked(&hello).await;
    assert_eq!(client.disable_plugin("a/b").await.unwrap().state, "disabled");
    assert!(server.await.unwrap().starts_with("POST /_plugins/a%2Fb/disable HTTP/1.1\r\n"));
    let (client, server) = asked(&ok(r#"[{"number": 8, "time": "t", "level": "warn", "text": "x", "new": 1}]"#)).await;
    let lines = client.plugin_lines("a", 7, 30).await.unwrap();
    assert_eq!((lines[0].number, lines[0].level.as_str()), (8, "warn"));
    assert!(server.await.unwrap().starts_with("GET /_plugins/a/log?after=7&wait=30 HTTP/1.1\r\n"));
}

#[tokio::test]
async fn a_refusal_is_told_in_the_servers_words() {
    let body = r#"{"type": "urn:x", "title": "Nothing there", "status": 404, "detail": "there is nothing at a"}"#;
    let head = "HTTP/1.1 404 Not Found\r\nContent-Type: application/problem+json\r\nContent-Length";
    let (client, _server) = asked(&format!("{head}: {}\r\n\r\n{body}", body.len())).await;
    let error = client.get("a").await.unwrap_err();
    assert!(matches!(&error, RequestError::Refused(problem) if problem.status == 404), "{error:?}");
    assert_eq!(error.to_string(), "there is nothing at a");
}

#[tokio::test]
async fn answers_that_break_off_or_are_something_else_are_told_apart() {
    let (client, _server) = asked("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n1").await;
    assert!(matches!(client.get("a").await, Err(RequestError::Broken { .. })));
    let (client, _server) = asked(&ok("<html>")).await;
    assert!(matches!(client.roots().await, Err(RequestError::NotUnderstood { .. })));
    let (client, server) = asked("").await;
    server.abort();
    assert!(server.await.unwrap_err().is_cancelled());
    let error = client.get("a").await.unwrap_err();
    assert!(matches!(error, RequestError::Connect(ConnectError::Refused { .. })), "{error:?}");
}

#[test]
fn an_address_is_plain_http_and_may_have_a_path_before_the_servers_own() {
    let address = |text| Client::new(text).map(|client| client.address().to_owned());
    assert_eq!(address("http://127.0.0.1:8739").unwrap(), "http://127.0.0.1:8739");
    assert_eq!(address("http://[::1]:8739/").unwrap(), "http://[::1]:8739");
    assert_eq!(address("http://gate/tega/").unwrap(), "http://gate/tega");
    let wrong = ["127.0.0.1:8739", "localhost:8739", "https://gate", "", "http://", "http://a@gate", "http://gate?x"];
    for text in wrong {
        let error = address(text).unwrap_err().to_string();
        assert!(error.contains("http://127.0.0.1:8739"), "{text}: {error}");
    }
}
