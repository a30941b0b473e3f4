//! Watches as server-sent events.

use std::time::Duration;

use reqwest::Response;

use super::*;

/// Reads the events of a stream, each as `name id data`; comments and the time to come back are passed over.
struct Events {
    response: Response,
    text: String,
}

impl Events {
    async fn of(server: &Server, path: &str, last: Option<&str>) -> Self {
        let mut request = server.request("GET", path).header("accept", "text/event-stream");
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, text: String::new() }
    }

    async fn next(&mut self) -> (String, String, String) {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let lines: Vec<(&str, &str)> = event.lines().filter_map(|line| line.split_once(": ")).collect();
                let field = |name| lines.iter().find(|(other, _)| *other == name).map(|(_, value)| (*value).to_owned());
                let found = field("event").zip(field("id")).zip(field("data"));
                self.text = rest.to_owned();
                match found {
                    Some(((name, id), data)) => return (name, id, data),
                    None => continue,
                }
            }
            let chunk = tokio::time::timeout(Duration::from_secs(20), self.response.chunk()).await.unwrap().unwrap();
            self.text.push_str(std::str::from_utf8(&chunk.unwrap()).unwrap());
        }
    }

    /// The items of the next event, which is a commit.
    async fn items(&mut self) -> String {
        let (name, _, data) = self.next().await;
        assert_eq!(name, "commit", "{data}");
        let start = data.find("\"items\":").unwrap();
        data[start + 8..].trim_end_matches('}').to_owned() + "}"
    }
}

#[tokio::test]
async fn changes_are_told_as_events_and_a_watch_is_resumed_where_it_was() {
    let server = Server::start().await;
    server.put("/a/b", "{\"n\":1.50}").await;
    let mut events = Events::of(&server, "/a/b?present=true", None).await;
    let (name, id, data) = events.next().await;
    assert_eq!(name, "state");
    assert!(data.ends_with(r#""nodes":[{"path":"a.b","value":{"n":1.50}}]}"#), "{data}");
    server.put("/a/b/n?message=why", "2").await;
    let (name, second, data) = events.next().await;
    assert!(
        name == "commit" && data.contains(r#""message":"why","items":[{"put":{"path":"a.b.n","value":2}}]"#),
        "{data}"
    );
    server.put("/other", "1").await;
    server.put("/a", "{\"x\":1}").await;
    assert!(events.next().await.2.contains(r#""items":[{"delete":{"path":"a.b","value":{"n":2}}}]"#));
    drop(events);
    // As a browser does, and as whoever has no header at hand does.
    for mut resumed in [
        Events::of(&server, "/a/b", Some(&second)).await,
        Events::of(&server, &format!("/a/b?since={second}"), None).await,
    ] {
        assert!(resumed.next().await.2.contains(r#""delete":{"path":"a.b""#));
    }
    let mut first = Events::of(&server, "/_watch?pattern=a.*&pattern=other", Some(&id)).await;
    assert_eq!(first.items().await, r#"[{"put":{"path":"a.b.n","value":2}}]}"#);
    assert_eq!(first.items().await, r#"[{"put":{"path":"other","value":1}}]}"#);
}

#[tokio::test]
async fn who_is_cut_off_before_anything_happened_knows_where_to_come_back_to() {
    let options = NetOptions { keep_alive_ms: 5, ..NetOptions::default() };
    let server = Server::start_with(options).await;
    server.put("/a", "1").await;
    let first = server.engine.state().position.to_string();
    let mut events = Events::of(&server, "/a", None).await;
    let (name, id, _) = events.next().await;
    assert_eq!((name.as_str(), id.as_str()), ("bookmark", first.as_str()));
    drop(events);
    server.put("/a", "2").await;
    let mut events = Events::of(&server, "/a", Some(&id)).await;
    assert_eq!(events.items().await, r#"[{"put":{"path":"a","value":2}}]}"#);
    // What was passed over moves it too, in time.
    server.put("/b", "3").await;
    let (name, id, data) = events.next().await;
    let third = server.engine.state().position.to_string();
    assert_eq!((name.as_str(), id.as_str()), ("bookmark", third.as_str()));
    assert_eq!(data, format!("{{\"position\":\"{third}\"}}"));
    let mut socket = server.socket().await;
    socket.send("SESSION bob local resume").await;
    socket.text().await;
    socket.send("SUBSCRIBE a local False").await;
    socket.text().await;
    server.put("/b", "4").await;
    let fourth = server.engine.state().position.to_string();
    assert_eq!(socket.text().await, format!("BOOKMARK a\n{{\"position\":\"{fourth}\"}}"));
}

#[tokio::test]
async fn who_asked_for_the_present_nodes_is_told_them_instead_of_a_reset() {
    let server = Server::start().await;
    server.put("/a", "1").await;
    let mut socket = server.socket().await;
    socket.send("SESSION bob local resume").await;
    socket.text().await;
    socket.send("SUBSCRIBE a local False present").await;
    socket.text().await;
    assert!(socket.text().await.contains(r#""nodes":[{"path":"a","value":1}]"#));
    let mut events = Events::of(&server, "/a?present=true", Some("00.0:1")).await;
    let (name, id, data) = events.next().await;
    assert_eq!((name.as_str(), id), ("state", server.engine.state().position.to_string()));
    assert!(data.ends_with(r#""nodes":[{"path":"a","value":1}]}"#), "{data}");
    server.engine.clear(tega_engine::Author::client(None, false), None).await.unwrap();
    let (name, id, data) = events.next().await;
    assert_eq!((name.as_str(), id), ("state", server.engine.state().position.to_string()));
    assert!(data.ends_with(r#""nodes":[]}"#), "{data}");
    let frame = socket.text().await;
    assert!(frame.starts_with("STATE a\n") && frame.ends_with(r#""nodes":[]}"#), "{frame}");
    server.put("/a", "2").await;
    assert_eq!(events.items().await, r#"[{"put":{"path":"a","value":2}}]}"#);
}

#[tokio::test]
async fn a_position_that_is_not_known_is_answered_with_a_reset() {
    let server = Server::start().await;
    server.put("/a", "1").await;
    let position = server.engine.state().position.to_string();
    for wrong in ["nonsense", "00.0:1", &format!("{}9", position)] {
        let mut events = Events::of(&server, "/a", Some(wrong)).await;
        let (name, id, _) = events.next().await;
        assert_eq!((name.as_str(), id.as_str()), ("reset", position.as_str()), "{wrong}");
    }
    for (path, fact) in [
        ("/_watch", "pattern is missing"),
        ("/_watch?pattern=a..b", "not a pattern"),
        ("/a//b", "an empty name"),
        ("/a(?regex_flag=True", "not a pattern"),
    ] {
        let answer = server.request("GET", path).header("accept", "text/event-stream").send().await.unwrap();
        assert_eq!(answer.status(), 400, "{path}");
        let text = answer.text().await.unwrap();
        assert!(text.contains(fact), "{path}: {text}");
    }
}
