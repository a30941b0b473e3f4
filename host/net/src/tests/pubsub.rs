//! Sessions, notifications and messages.

use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use super::Server;

/// The items of a frame, each as `ope path tega_id instance`.
fn items(frame: &str) -> Vec<String> {
    let text = frame.strip_prefix("NOTIFY\n").unwrap();
    let items: serde_json::Value = serde_json::from_str(text).unwrap();
    let line = |item: &serde_json::Value| {
        let word = |name: &str| item[name].as_str().unwrap_or("null").to_owned();
        format!("{} {} {} {}", word("ope"), word("path"), word("tega_id"), item["instance"])
    };
    items.as_array().unwrap().iter().map(line).collect()
}

#[tokio::test]
async fn a_subscriber_hears_of_what_is_at_below_and_above_its_channel() {
    let server = Server::start().await;
    let mut socket = server.session("watcher", &["SUBSCRIBE n.m.o local False"]).await;
    server.put("/n/m/oo", "1").await;
    server.put("/nn", "1").await;
    server.put("/n/m/o/p", "1").await;
    assert_eq!(
        socket.text().await,
        "NOTIFY\n[{\"ope\": \"PUT\", \"path\": \"n.m.o.p\", \"tega_id\": null, \"instance\": 1}]"
    );
    server.put("/n/m", r#"{"x": 0, "o": {"p": "2 3"}}"#).await;
    assert_eq!(items(&socket.text().await), ["PUT n.m.o null {\"p\":\"2 3\"}"]);
    server.put("/n", "5").await;
    assert_eq!(items(&socket.text().await), ["DELETE n.m.o null {\"p\":\"2 3\"}"]);
    server.put("/n", r#"{"m": {"o": 7}}"#).await;
    assert_eq!(items(&socket.text().await), ["PUT n.m.o null 7"]);
    server.send("DELETE", "/n/m/o", "").await;
    assert_eq!(items(&socket.text().await), ["DELETE n.m.o null 7"]);
}

#[tokio::test]
async fn a_session_does_not_hear_of_its_own_changes_and_its_name_is_proven_while_it_is_open() {
    let server = Server::start().await;
    let mut bob = server.session("bob", &["SUBSCRIBE a local False"]).await;
    let mut carol = server.session("carol", &["SUBSCRIBE a local False"]).await;
    server.put("/a?tega_id=bob", "1").await;
    server.put("/a?tega_id=dave", "2").await;
    assert_eq!(items(&carol.text().await), ["PUT a bob 1"]);
    assert_eq!(items(&carol.text().await), ["PUT a null 2"]);
    assert_eq!(items(&bob.text().await), ["PUT a null 2"]);
    bob.0.close(None).await.unwrap();
    while bob.next().await.is_some() {}
    assert_eq!(server.engine.sessions().names(), ["carol"]);
    server.put("/a?tega_id=bob", "3").await;
    assert_eq!(items(&carol.text().await), ["PUT a null 3"]);
}

#[tokio::test]
async fn one_frame_for_a_commit_has_its_items_in_order_once_for_each_channel() {
    let server = Server::start().await;
    server.put("/a", r#"{"x": 1, "y": 1}"#).await;
    let channels = ["SUBSCRIBE a local False", "SUBSCRIBE a\\.[xy] local True", "SUBSCRIBE p+q local False"];
    let mut socket = server.session("watcher", &channels).await;
    let author = std::sync::Arc::new(tega_engine::Author::daemon());
    let mut transaction = server.engine.begin_as(author.clone());
    let path = |text: &str| tega_tree::Path::parse(text).unwrap();
    transaction.put(path("a.y"), 2_u64.into()).unwrap();
    transaction.put(path("b"), 2_u64.into()).unwrap();
    transaction.put(path("a"), tega_tree::Value::from_json(br#"{"x": 3}"#).unwrap()).unwrap();
    transaction.delete(path("a.x")).unwrap();
    server.engine.commit(transaction).await.unwrap();
    assert_eq!(
        items(&socket.text().await),
        [
            "PUT a.y null 2",
            "PUT a.y null 2",
            "PUT a null {\"x\":3}",
            "PUT a.x null 3",
            "DELETE a.y null 2",
            "DELETE a.x null 3",
            "DELETE a.x null 3",
        ]
    );
}

#[tokio::test]
async fn a_channel_written_with_quotes_reaches_names_with_dots_and_blanks() {
    let server = Server::start().await;
    let mut socket = server.session("w", &[r#"SUBSCRIBE h."10.0.0.1\u0020x" local False"#]).await;
    server.put("/h/%2210.0.0.1%20x%22/n", "1").await;
    assert_eq!(items(&socket.text().await), ["PUT h.\"10.0.0.1 x\".n null 1"]);
}

#[tokio::test]
async fn what_a_socket_no_longer_listens_to_it_is_not_told() {
    let server = Server::start().await;
    let mut socket = server.session("w", &["SUBSCRIBE a local False", "SUBSCRIBE b local False"]).await;
    socket.send("UNSUBSCRIBE a False").await;
    assert_eq!(socket.text().await, "UNSUBSCRIBE ['a', 'False']\nnull");
    server.put("/a", "1").await;
    server.put("/b", "1").await;
    assert_eq!(items(&socket.text().await), ["PUT b null 1"]);
    socket.send("UNSUBSCRIBE").await;
    assert_eq!(socket.text().await, "UNSUBSCRIBE\nnull");
    server.put("/b", "2").await;
    socket.send("SUBSCRIBE b local False").await;
    socket.settle().await;
    server.put("/b", "3").await;
    assert_eq!(items(&socket.text().await), ["PUT b null 3"]);
}

#[tokio::test]
async fn a_message_goes_to_the_others_on_exactly_its_channel() {
    let server = Server::start().await;
    let mut one = server.session("one", &["SUBSCRIBE channels.ch1 local False"]).await;
    let mut two = server.session("two", &["SUBSCRIBE channels\\.ch1 global False", "SUBSCRIBE p+q local False"]).await;
    one.send("PUBLISH nobody.listens\n{\"message\": 0}").await;
    one.send("PUBLISH channels.ch1\n{\"message\": {\"message\": \"text\"}}").await;
    assert_eq!(two.text().await, "MESSAGE channels.ch1 one\n{\"message\": {\"message\":\"text\"}}");
    let mut stranger = server.socket().await;
    stranger.send("PUBLISH channels\\.ch1\n{\"message\": 1}").await;
    assert_eq!(one.text().await, "MESSAGE channels.ch1 None\n{\"message\": 1}");
    assert_eq!(two.text().await, "MESSAGE channels.ch1 None\n{\"message\": 1}");
    stranger.send("MESSAGE p+q node7\n{\"message\": null}").await;
    assert_eq!(two.text().await, "MESSAGE p+q node7\n{\"message\": null}");
    stranger.send("NO SUCH COMMAND").await;
    stranger.send("").await;
    stranger.settle().await;
}

#[tokio::test]
async fn the_first_frame_is_the_sessionack_and_subscriptions_need_no_session() {
    let server = Server::start().await;
    let mut socket = server.socket().await;
    socket.send("SESSION bob local").await;
    socket.send("SUBSCRIBE bob local False").await;
    assert_eq!(socket.text().await, "SESSIONACK tega");
    let mut nameless = server.socket().await;
    nameless.send("SUBSCRIBE a local False").await;
    nameless.settle().await;
    server.put("/a", "1").await;
    assert_eq!(items(&nameless.text().await), ["PUT a null 1"]);
}

#[tokio::test]
async fn the_drafts_7_and_8_of_the_protocol_are_taken_and_others_named() {
    let server = Server::start().await;
    for (version, status) in [("7", 101), ("8", 101), ("13", 101), ("12", 426)] {
        let mut request = format!("ws://{}/_pubsub", server.address).into_client_request().unwrap();
        request.headers_mut().insert("sec-websocket-version", http::HeaderValue::from_static(version));
        let answered = match connect_async(request).await {
            Ok((_, response)) => response.status(),
            Err(tokio_tungstenite::tungstenite::Error::Http(response)) => {
                assert_eq!(response.headers()["sec-websocket-version"], "13, 8, 7");
                response.status()
            }
            Err(other) => panic!("{other}"),
        };
        assert_eq!(answered, status, "{version}");
    }
}
