//! What the original's local nodes send and are told, beside whole roots and changes.

use super::{Server, Socket};

impl Server {
    /// A socket whose session is of global scope.
    async fn node(&self, name: &str) -> Socket {
        let mut socket = self.socket().await;
        socket.send(&format!("SESSION {name} global")).await;
        assert_eq!(socket.text().await, "SESSIONACK tega");
        socket
    }
}

#[tokio::test]
async fn a_node_that_asks_to_be_listened_to_is_subscribed_to_its_roots() {
    let server = Server::start().await;
    let mut node = server.node("local1").await;
    node.send("REQUEST 2 REFER None None\n{\"args\": [\"operational-local1\", \"other\"], \"kwargs\": null}").await;
    assert_eq!(node.text().await, "SUBSCRIBE operational-local1 global");
    assert_eq!(node.text().await, "SUBSCRIBE other global");
    assert_eq!(node.text().await, "RESPONSE 2 REFER None\nnull");
    let mut watcher = server.session("watcher", &["SUBSCRIBE operational-local1 local False"]).await;
    node.send(
        "NOTIFY\n[{\"ope\": \"PUT\", \"path\": \"operational-local1.up\", \"tega_id\": null, \"instance\": true}]",
    )
    .await;
    assert_eq!(
        watcher.text().await,
        "NOTIFY\n[{\"ope\": \"PUT\", \"path\": \"operational-local1.up\", \"tega_id\": \"local1\", \"instance\": true}]"
    );
}

#[tokio::test]
async fn nodes_are_told_of_the_channels_that_clients_listen_to_on_all_nodes() {
    let server = Server::start().await;
    let mut before = server.node("before").await;
    let mut client = server
        .session("client", &["SUBSCRIBE here local False", "SUBSCRIBE x.y global False", "SUBSCRIBE z global True"])
        .await;
    assert_eq!(before.text().await, "SUBSCRIBE x.y global\nnull");
    let mut after = server.node("after").await;
    assert_eq!(after.text().await, "SUBSCRIBE x.y global\nnull");
    // One from a node is not passed on; a message of a node reaches the client.
    after.send("SUBSCRIBE x\\.y global False").await;
    after.send("SUBSCRIBE mine global False").await;
    after.settle().await;
    before.send("MESSAGE x.y carol\n{\"message\": 1}").await;
    assert_eq!(client.text().await, "MESSAGE x.y carol\n{\"message\": 1}");
    assert_eq!(after.text().await, "MESSAGE x.y carol\n{\"message\": 1}");
    before.settle().await;
}

#[tokio::test]
async fn a_method_of_a_nodes_plugin_is_asked_of_the_node_that_listens_to_its_name() {
    let server = Server::start().await;
    server.put("/inventory/ne1/f1", "\"%Subscriber1.max\"").await;
    let call =
        |args: &'static str| server.request("POST", "/_rpc?path=inventory.ne1.f1&tega_id=caller").body(args).send();
    assert_eq!(call("").await.unwrap().status(), 503);
    let mut listener = server.session("listener", &["SUBSCRIBE Subscriber1 global False"]).await;
    let mut node = server.node("local1").await;
    assert_eq!(node.text().await, "SUBSCRIBE Subscriber1 global\nnull");
    node.send("SUBSCRIBE Subscriber1 global False").await;
    node.settle().await;
    let (answer, ()) = tokio::join!(call(r#"{"args": [1, 2]}"#), async {
        assert_eq!(node.text().await, "REQUEST 1 RPC caller inventory.ne1.f1\n{\"args\": [1,2], \"kwargs\": {}}");
        node.send("RESPONSE 1 RPC caller\n2").await;
    });
    assert_eq!(answer.unwrap().text().await.unwrap(), r#"{"result": 2}"#);
    // From another node, by this one.
    let mut other = server.node("local2").await;
    assert_eq!(other.text().await, "SUBSCRIBE Subscriber1 global\nnull");
    other.send("REQUEST 3 RPC tega inventory.ne1.f1\n{\"args\": [3], \"kwargs\": null}").await;
    assert_eq!(node.text().await, "REQUEST 2 RPC local2 inventory.ne1.f1\n{\"args\": [3], \"kwargs\": {}}");
    node.send("RESPONSE 2 RPC local2\nnull").await;
    assert_eq!(other.text().await, "RESPONSE 3 RPC tega\nnull");
    node.send("UNSUBSCRIBE Subscriber1 False").await;
    assert_eq!(node.text().await, "UNSUBSCRIBE ['Subscriber1', 'False']\nnull");
    assert_eq!(call("").await.unwrap().status(), 503);
    listener.settle().await;
}

#[tokio::test]
async fn a_root_that_is_gone_is_told_as_gone_to_a_node_that_has_it() {
    let server = Server::start().await;
    server.put("/config/a", "1").await;
    server.send("DELETE", "/config", "").await;
    let mut node = server.node("local1").await;
    for (version, told) in [(-1, false), (3, true)] {
        let kwargs = format!("{{\"config\": {version}, \"never\": {version}}}");
        node.send(&format!("REQUEST 1 SYNC None None\n{{\"args\": null, \"kwargs\": {kwargs}}}")).await;
        if told {
            let gone = r#"[{"ope": "DELETE", "path": "config", "tega_id": null, "instance": null}]"#;
            assert_eq!(node.text().await, format!("NOTIFY\n{gone}"));
        }
        assert_eq!(node.text().await, "RESPONSE 1 SYNC None\nnull");
    }
}

#[tokio::test]
async fn a_rollback_is_told_as_the_changes_that_it_comes_to() {
    let server = Server::start().await;
    server.put("/a", r#"{"x": 1, "y": 1}"#).await;
    server.put("/a", r#"{"x": 2, "z": 1}"#).await;
    let mut node = server.node("local1").await;
    node.send("SUBSCRIBE a global False").await;
    node.settle().await;
    server.send("POST", "/_rollback?tega_id=bob&root_oid=a&backto=-1", "").await;
    let item = |ope: &str, path: &str, value: &str| {
        format!(r#"{{"ope": "{ope}", "path": "{path}", "tega_id": null, "instance": {value}}}"#)
    };
    let items = [item("PUT", "a.x", "1"), item("PUT", "a.y", "1"), item("DELETE", "a.z", "1")];
    assert_eq!(node.text().await, format!("NOTIFY\n[{}]", items.join(", ")));
}
