//! Methods that a session serves, called over HTTP and from another session.

use tega_tree::{Path, Value};

use super::*;

/// Puts the leaf by which a session serves a method.
async fn serve(server: &Server, name: &str, at: &str, function: &str) {
    let owner = server.engine.sessions().owner(name).unwrap();
    let mut transaction = server.engine.begin(server.engine.sessions().author(Some(name)));
    let leaf = Value::from(format!("%{name}.{function}").as_str());
    transaction.put_ephemeral(owner, Path::parse(at).unwrap(), leaf).unwrap();
    server.engine.commit(transaction).await.unwrap();
}

#[tokio::test]
async fn a_method_that_a_session_serves_is_called_over_http_and_from_another_session() {
    let server = Server::start().await;
    let mut ann = server.session("ann", &[]).await;
    serve(&server, "ann", "math.max", "max").await;
    let call = server.request("POST", "/_rpc?path=math.max&tega_id=eve").body(r#"{"args": [1, 2.50]}"#).send();
    let (answer, ()) = tokio::join!(call, async {
        assert_eq!(ann.text().await, "REQUEST 1 RPC eve math.max\n{\"args\": [1,2.50], \"kwargs\": {}}");
        ann.send("RESPONSE 1 RPC eve\n{\"result\": 2.50}").await;
    });
    assert_eq!(answer.unwrap().text().await.unwrap(), r#"{"result": {"result":2.50}}"#);
    let mut bob = server.session("bob", &[]).await;
    bob.send("REQUEST 77 RPC bob math.max\n{\"args\": [3]}").await;
    assert_eq!(ann.text().await, "REQUEST 2 RPC bob math.max\n{\"args\": [3], \"kwargs\": {}}");
    // An answer that nobody waits for harms nobody.
    ann.send("RESPONSE 9 RPC bob\nnull").await;
    ann.send("RESPONSE 2 RPC bob\n0").await;
    assert_eq!(bob.text().await, "RESPONSE 77 RPC bob\n0");
    bob.send("REQUEST 78 RPC bob nothing.there\n{}").await;
    let answer = bob.text().await;
    assert!(
        answer.starts_with("RESPONSE 78 RPC bob\n{\"error\": {\"type\":\"urn:tega:problem:no-such-method\""),
        "{answer}"
    );
    drop(ann);
    // The leaf goes with the session, and the method with it.
    let mut feed = server.engine.feed(server.engine.state().revision());
    while server.engine.state().tree.node(&Path::parse("math.max").unwrap()).is_some() {
        tokio::time::timeout(PATIENCE, feed.next()).await.unwrap().unwrap();
    }
    let answer = server.send("POST", "/_rpc?path=math.max", "").await;
    assert_eq!(answer.status, 404, "{}", answer.body);
}

#[tokio::test]
async fn who_waits_for_a_session_that_goes_is_told() {
    let server = Server::start().await;
    let mut ann = server.session("ann", &[]).await;
    serve(&server, "ann", "slow", "slow").await;
    let call = server.request("POST", "/_rpc?path=slow").send();
    let (answer, ()) = tokio::join!(call, async {
        ann.text().await;
        drop(ann);
    });
    let answer = answer.unwrap();
    assert_eq!(answer.status(), 503);
    assert!(answer.text().await.unwrap().contains("slow is served by the session ann, which is not open"));
}

#[tokio::test]
async fn an_ephemeral_put_needs_a_session_and_goes_with_it() {
    let server = Server::start().await;
    server.put("/a/lasting", "1").await;
    for (path, status, fact) in
        [("/a/e?ephemeral=True", 400, "tega_id"), ("/a/e?ephemeral=True&tega_id=ann", 409, "no session ann is open")]
    {
        let answer = server.send("PUT", path, "1").await;
        assert!(answer.status == status && answer.body.contains(fact), "{path}: {answer:?}");
    }
    let ann = server.session("ann", &[]).await;
    server.put("/a/e?ephemeral=True&tega_id=ann", "1").await;
    let internal = server.send("GET", "/a?internal=True", "").await.body;
    assert!(
        internal.contains(r#""e":{"_value":1,"_oid":"e","_parent":"a","_version":1,"_ephemeral":true}"#),
        "{internal}"
    );
    assert!(internal.contains(r#""_version":0,"_ephemeral":false}"#), "{internal}");
    let answer = server.send("PUT", "/a/lasting?ephemeral=True&tega_id=ann", "1").await;
    assert!(answer.status == 409 && answer.body.contains("is there and is not ephemeral"), "{answer:?}");
    let mut feed = server.engine.feed(server.engine.state().revision());
    drop(ann);
    tokio::time::timeout(PATIENCE, feed.next()).await.unwrap().unwrap();
    assert_eq!(server.send("GET", "/a", "").await.body, r#"{"lasting":1}"#);
}
