//! The original's local nodes: what they send, in their order and without waiting, and what they are told.

use super::script::run;
use crate::server::TestServer;

#[tokio::test]
async fn a_local_node_connects_and_is_told_what_it_lacks() {
    let server = TestServer::start().await;
    run(&server, r#"
        > PUT /config-l1?tega_id=t {"mtu": 1500}
        < 200 empty
        > PUT /config-l1/up?tega_id=t true
        < 200 empty
        > PUT /ip-l1?tega_id=t {"a": 1}
        < 200 empty
        l1> SESSION l1 global
        l1> SUBSCRIBE config-l1 global False
        l1> SUBSCRIBE ip-l1 global False
        l1> SUBSCRIBE Subscriber1 global False
        l1> REQUEST 1 SYNC None None\n{"args": null, "kwargs": {"config-l1": -1, "ip-l1": 4, "none": -1}}
        l1> REQUEST 2 REFER None None\n{"args": ["operational-l1"], "kwargs": null}
        l1< SESSIONACK tega
        l1< NOTIFY\n[{"ope": "PUT", "path": "config-l1", "tega_id": null, "instance": {"mtu":1500,"up":true}}]
        l1< NOTIFY\n[{"ope": "PUT", "path": "ip-l1", "tega_id": null, "instance": {"a":1}}]
        ~ each commit that it lacked by its count of versions, nothing where that was no lower: after writes of its own it missed some,
        ~ and it came back for ever where an old log file was missing
        l1< RESPONSE 1 SYNC None\nnull
        l1< SUBSCRIBE operational-l1 global
        l1< RESPONSE 2 REFER None\nnull
        # Config goes down with each commit, what is removed exactly, rollbacks as what they come to.
        > PUT /config-l1/vlan/7?tega_id=t 1
        < 200 empty
        l1< NOTIFY\n[{"ope": "PUT", "path": "config-l1.vlan.7", "tega_id": null, "instance": 1}]
        > DELETE /config-l1/vlan/7?tega_id=t
        < 200 empty
        l1< NOTIFY\n[{"ope": "DELETE", "path": "config-l1.vlan", "tega_id": null, "instance": null}]
        > POST /_rollback?tega_id=t&root_oid=config-l1&backto=-3
        < 200 empty
        l1< NOTIFY\n[{"ope": "DELETE", "path": "config-l1.up", "tega_id": null, "instance": null}]
        ~ {"ope": "ROLLBACK", ..}: each side went back along its own past, and they differed from then on
        # Operational data comes up, by the node; a rollback goes back along the past that the root has here.
        w> SUBSCRIBE operational-l1 local False
        w|
        l1> NOTIFY\n[{"ope": "PUT", "path": "operational-l1.a", "tega_id": null, "instance": 1}, {"ope": "PUT", "path": "operational-l1.b", "tega_id": "bob", "instance": 2}]
        w< NOTIFY\n[{"ope": "PUT", "path": "operational-l1.a", "tega_id": "l1", "instance": 1}, {"ope": "PUT", "path": "operational-l1.b", "tega_id": "l1", "instance": 2}]
        ~ a name that the node gave was taken for the author: now the link proves the node, and nothing proves that name
        l1> NOTIFY\n[{"ope": "DELETE", "path": "operational-l1.a", "tega_id": null, "instance": 1}]
        w< NOTIFY\n[{"ope": "DELETE", "path": "operational-l1.a", "tega_id": "l1", "instance": 1}]
        l1> NOTIFY\n[{"ope": "ROLLBACK", "path": "operational-l1", "tega_id": "x", "instance": null, "backto": -1}]
        w< NOTIFY\n[{"ope": "PUT", "path": "operational-l1.a", "tega_id": "l1", "instance": 1}]
        # What can't be done here is left out, and the node stays connected.
        l1> NOTIFY\n[{"ope": "ROLLBACK", "path": "operational-l1", "tega_id": "x", "instance": null, "backto": -99}]
        l1> NOTIFY\n[{"ope": "DELETE", "path": "operational-l1.none", "tega_id": null, "instance": null}, {"ope": "SS", "path": "x", "tega_id": null}]
        ~ an item that failed closed the connection, and the node was back with it, forty times a second
        l1|
    "#)
    .await;
}

#[tokio::test]
async fn channels_of_global_scope_are_passed_down() {
    let server = TestServer::start().await;
    run(
        &server,
        r#"
        l1> SESSION l1 global
        l1< SESSIONACK tega
        bob> SESSION bob local
        bob< SESSIONACK tega
        bob> SUBSCRIBE call.me global False
        l1< SUBSCRIBE call.me global\nnull
        ~ one line, escaped: the Go driver stopped on it, and a node escaped it once more, then refused every write
        # Those of nodes are not, nor expressions, which a node could not read.
        l2> SESSION l2 global
        l2< SESSIONACK tega
        l2< SUBSCRIBE call.me global\nnull
        ~ nothing: who connected later was not told
        l2> SUBSCRIBE call.me global False
        l2> SUBSCRIBE mine global False
        bob> SUBSCRIBE x.* global True
        bob> SUBSCRIBE p+q global False
        l2|
        l1|
        # A message crosses, and does not come back.
        bob> PUBLISH call.me\n{"message": "down"}
        l2< MESSAGE call.me bob\n{"message": "down"}
        l2> MESSAGE call.me carol\n{"message": "up"}
        bob< MESSAGE call.me carol\n{"message": "up"}
        l2|
    "#,
    )
    .await;
}

#[tokio::test]
async fn a_call_reaches_a_method_of_another_node_and_its_answer_comes_back() {
    let server = TestServer::start().await;
    run(
        &server,
        r#"
        > PUT /inventory/ne1/f1?tega_id=t "%Subscriber1.max"
        < 200 empty
        l1> SESSION l1 global
        l1< SESSIONACK tega
        l1> SUBSCRIBE Subscriber1 global False
        l1|
        > POST /_rpc?tega_id=caller&path=inventory.ne1.f1 {"args": [1, 2]}
        l1< REQUEST 1 RPC caller inventory.ne1.f1\n{"args": [1,2], "kwargs": {}}
        l1> RESPONSE 1 RPC caller\n2
        < 200 json {"result": 2}
        # From another node, by this one, under a number of its own.
        l2> SESSION l2 global
        l2< SESSIONACK tega
        l2> REQUEST 1 RPC tega inventory.ne1.f1\n{"args": [3, 4], "kwargs": null}
        l1< REQUEST 2 RPC l2 inventory.ne1.f1\n{"args": [3,4], "kwargs": {}}
        l1> RESPONSE 2 RPC l2\n0
        l2< RESPONSE 1 RPC tega\n0
        ~ the answer got lost: 500 after 30 s, and the connection of the node that answered was dropped
        # The caller's name may be a node's.
        > POST /_rpc?tega_id=l2&path=inventory.ne1.f1
        l1< REQUEST 3 RPC l2 inventory.ne1.f1\n{"args": [], "kwargs": {}}
        l1> RESPONSE 3 RPC l2\nfalse
        < 200 json {"result": false}
        ~ 500 after 30 s
        l1.
        > POST /_rpc?tega_id=caller&path=inventory.ne1.f1
        < 503 text Subscriber1
        ~ 500 after 30 s
    "#,
    )
    .await;
}
