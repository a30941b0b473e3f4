//! Sessions that resume: positions, bookmarks, their own changes, and what was while they were away.

use super::Server;

/// The word, the channel and the JSON of a frame.
fn parts(frame: &str) -> (String, String, serde_json::Value) {
    let (head, json) = frame.split_once('\n').unwrap();
    let (word, channel) = head.split_once(' ').unwrap();
    (word.to_owned(), channel.to_owned(), serde_json::from_str(json).unwrap())
}

fn position(json: &serde_json::Value) -> String {
    json["position"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_session_that_resumes_hears_its_own_changes_with_positions_and_what_it_missed() {
    let server = Server::start().await;
    let mut socket = server.socket().await;
    socket.send("SESSION bob local resume").await;
    let (word, id, json) = parts(&socket.text().await);
    assert_eq!((word.as_str(), id.as_str()), ("SESSIONACK", "tega"));
    assert_eq!(position(&json), server.engine.state().position.to_string());
    socket.send("SUBSCRIBE a.b local False").await;
    assert_eq!(parts(&socket.text().await).0, "SUBSCRIBED");
    server.put("/a/b?tega_id=bob&message=why", "1.50").await;
    let (word, channel, json) = parts(&socket.text().await);
    assert_eq!((word.as_str(), channel.as_str()), ("COMMIT", "a.b"));
    assert_eq!(json["items"].to_string(), r#"[{"put":{"path":"a.b","value":1.5}}]"#);
    assert_eq!((json["author"]["name"].as_str(), json["message"].as_str()), (Some("bob"), Some("why")));
    let seen = position(&json);
    drop(socket);
    server.put("/a/b", "2").await;
    server.put("/z", "1").await;
    server.send("DELETE", "/a/b", "").await;
    let mut socket = server.socket().await;
    socket.send("SESSION bob local resume").await;
    socket.text().await;
    socket.send(&format!("SUBSCRIBE a.b local False {seen}")).await;
    socket.send("SUBSCRIBE ** local Pattern present").await;
    let mut frames = Vec::new();
    while frames.len() < 5 {
        let (word, channel, json) = parts(&socket.text().await);
        let told = if word == "STATE" { json["nodes"].to_string() } else { json["items"].to_string() };
        frames.push((channel, word, told));
    }
    // Each channel is told in order; which of two comes first is open.
    frames.sort_by(|one, other| one.0.cmp(&other.0));
    let expected = [
        ("**", "SUBSCRIBED", "null"),
        ("**", "STATE", r#"[{"path":"a","value":{}},{"path":"z","value":1}]"#),
        ("a.b", "SUBSCRIBED", "null"),
        ("a.b", "COMMIT", r#"[{"put":{"path":"a.b","value":2}}]"#),
        ("a.b", "COMMIT", r#"[{"delete":{"path":"a.b","value":2}}]"#),
    ];
    let found: Vec<(&str, &str, &str)> = frames.iter().map(|(c, w, t)| (c.as_str(), w.as_str(), t.as_str())).collect();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn a_position_that_is_none_of_this_database_is_a_reset_and_a_subscription_ends_when_it_is_told_to() {
    let server = Server::start().await;
    server.put("/a", "1").await;
    let mut socket = server.socket().await;
    socket.send("SESSION bob local resume").await;
    socket.text().await;
    for wrong in ["00.0:1", "nonsense"] {
        socket.send(&format!("SUBSCRIBE a local False {wrong}")).await;
        assert_eq!(parts(&socket.text().await).0, "SUBSCRIBED");
        let (word, channel, json) = parts(&socket.text().await);
        assert_eq!((word.as_str(), channel.as_str()), ("RESET", "a"));
        assert_eq!(position(&json), server.engine.state().position.to_string());
    }
    server.put("/a", "2").await;
    assert_eq!(parts(&socket.text().await).2["items"].to_string(), r#"[{"put":{"path":"a","value":2}}]"#);
    socket.send("UNSUBSCRIBE a False").await;
    assert_eq!(socket.text().await, "UNSUBSCRIBE ['a', 'False']\nnull");
    server.put("/a", "3").await;
    socket.send("SUBSCRIBE a local False").await;
    assert_eq!(parts(&socket.text().await).0, "SUBSCRIBED");
    server.engine.clear(tega_engine::Author::client(None, false), None).await.unwrap();
    let (word, _, json) = parts(&socket.text().await);
    assert_eq!((word.as_str(), position(&json)), ("RESET", server.engine.state().position.to_string()));
    server.put("/a", "4").await;
    assert_eq!(parts(&socket.text().await).0, "COMMIT");
}

#[tokio::test]
async fn an_old_session_that_was_slow_is_told_from_the_log_and_of_a_clearing_nothing() {
    let server = Server::start().await;
    let mut socket = server.session("old", &["SUBSCRIBE a local False"]).await;
    // More than the feed holds, by more than is read at a time, while the thread that would serve the socket waits.
    let commits = tega_engine::limits::FEED_COMMITS_MAX + 600;
    let engine = server.engine.clone();
    let writer = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let put = |_| {
            let mut transaction = engine.begin(tega_engine::Author::client(None, false));
            transaction.put(tega_tree::Path::parse("a").unwrap(), tega_tree::Value::from_json(b"1").unwrap()).unwrap();
            engine.commit(transaction)
        };
        for chunk in (0..commits).collect::<Vec<_>>().chunks(500) {
            let made = runtime.block_on(futures_util::future::join_all(chunk.iter().map(put)));
            assert!(made.iter().all(Result::is_ok));
        }
    });
    writer.join().unwrap();
    for _ in 0..commits {
        assert!(socket.text().await.starts_with("NOTIFY\n"));
    }
    server.engine.clear(tega_engine::Author::client(None, false), None).await.unwrap();
    server.put("/a", "4").await;
    let frame = socket.text().await;
    assert_eq!(frame, "NOTIFY\n[{\"ope\": \"PUT\", \"path\": \"a\", \"tega_id\": null, \"instance\": 4}]");
}

#[tokio::test]
async fn a_subscription_ends_by_the_name_and_form_that_it_has_and_no_other_with_it() {
    let server = Server::start().await;
    let mut socket = server.socket().await;
    socket.send("SESSION bob local resume").await;
    socket.text().await;
    // One channel, written in two ways: the second takes the place of the first.
    for channel in ["a\\.b", "a.b"] {
        socket.send(&format!("SUBSCRIBE {channel} local False")).await;
        assert_eq!(parts(&socket.text().await).0, "SUBSCRIBED");
    }
    server.put("/a/b", "1").await;
    assert_eq!(parts(&socket.text().await).1, "a.b");
    socket.send("UNSUBSCRIBE a\\.b False").await;
    assert_eq!(socket.text().await, "UNSUBSCRIBE ['a\\.b', 'False']\nnull");
    server.put("/a/b", "2").await;
    socket.settle().await;
    // Of another form it is another channel.
    socket.send("SUBSCRIBE a local True").await;
    assert_eq!(parts(&socket.text().await).0, "SUBSCRIBED");
    socket.send("UNSUBSCRIBE a False").await;
    assert_eq!(socket.text().await, "UNSUBSCRIBE ['a', 'False']\nnull");
    server.put("/a", "3").await;
    assert_eq!(parts(&socket.text().await).2["items"].to_string(), r#"[{"put":{"path":"a","value":3}}]"#);
}

#[tokio::test]
async fn the_present_is_told_once_and_not_again_for_each_node_in_it() {
    let server = Server::start().await;
    server.put("/a", r#"{"b": {"c": 1}, "d": {"c": 2}}"#).await;
    let mut socket = server.socket().await;
    socket.send("SESSION bob local resume").await;
    socket.text().await;
    for (pattern, nodes) in [
        ("**", r#"[{"path":"a","value":{"b":{"c":1},"d":{"c":2}}}]"#),
        ("a.**", r#"[{"path":"a.b","value":{"c":1}},{"path":"a.d","value":{"c":2}}]"#),
        ("*.*.c", r#"[{"path":"a.b.c","value":1},{"path":"a.d.c","value":2}]"#),
    ] {
        socket.send(&format!("SUBSCRIBE {pattern} local Pattern present")).await;
        assert_eq!(parts(&socket.text().await).0, "SUBSCRIBED");
        assert_eq!(parts(&socket.text().await).2["nodes"].to_string(), nodes, "{pattern}");
    }
}
