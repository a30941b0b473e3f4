//! Nodes that go with their session.

use super::script::run;
use crate::server::TestServer;

#[tokio::test]
async fn ephemeral_nodes_go_with_their_session_in_one_commit() {
    let server = TestServer::start().await;
    run(&server, r#"
        > PUT /a/e?tega_id=ann&ephemeral=True 1
        < 409 text no session ann is open
        ~ 500
        > PUT /a/e?ephemeral=True 1
        < 400 text tega_id= names it
        ann> SESSION ann local
        ann< SESSIONACK tega
        w> SESSION w local
        w< SESSIONACK tega
        w> SUBSCRIBE a local False
        w|
        > PUT /a/k?tega_id=t 1
        < 200 empty
        w< NOTIFY\n[{"ope": "PUT", "path": "a.k", "tega_id": null, "instance": 1}]
        > PUT /a/e?tega_id=ann&ephemeral=True {"x": 1}
        < 200 empty
        w< NOTIFY\n[{"ope": "PUT", "path": "a.e", "tega_id": "ann", "instance": {"x":1}}]
        > GET /a/e?tega_id=t&internal=True
        < 200 json {"_oid":"e","_parent":"a","_version":1,"_ephemeral":true,"x":{"_value":1,"_oid":"x","_parent":"e","_version":1,"_ephemeral":false}}
        # What is there and lasts does not become ephemeral; another's can't be taken over.
        > PUT /a/k?tega_id=ann&ephemeral=True 1
        < 409 text a.k
        ~ 500
        > PUT /a/e?tega_id=w&ephemeral=True 1
        < 409 text a.e
        > DELETE /a/e/x?tega_id=ann
        < 200 empty
        w< NOTIFY\n[{"ope": "DELETE", "path": "a.e.x", "tega_id": "ann", "instance": 1}]
        > DELETE /a/e/x?tega_id=w
        < 404 text there is nothing at a.e.x
        # An ordinary put makes it one that lasts.
        > PUT /a/f?tega_id=ann&ephemeral=True 1
        < 200 empty
        w< NOTIFY\n[{"ope": "PUT", "path": "a.f", "tega_id": "ann", "instance": 1}]
        > PUT /a/f?tega_id=t 2
        < 200 empty
        w< NOTIFY\n[{"ope": "PUT", "path": "a.f", "tega_id": null, "instance": 2}]
        > PUT /a/g?tega_id=ann&ephemeral=True 1
        < 200 empty
        w< NOTIFY\n[{"ope": "PUT", "path": "a.g", "tega_id": "ann", "instance": 1}]
        # All that are left go in one commit, by nobody.
        ann.
        w< NOTIFY\n[{"ope": "DELETE", "path": "a.e", "tega_id": null, "instance": {}}, {"ope": "DELETE", "path": "a.g", "tega_id": null, "instance": 1}]
        ~ one that was gone already made this fail half-way; one that had been made to last went too
        > GET /a?tega_id=t
        < 200 json {"f":2,"k":1}
        > GET /_ids
        < 200 json ["w"]
        ~ the name stayed proven for ever
    "#)
    .await;
}

#[tokio::test]
async fn an_ephemeral_put_may_wait_in_a_transaction_and_anybody_may_delete_what_it_made() {
    let server = TestServer::start().await;
    run(
        &server,
        r#"
        ann> SESSION ann local
        ann< SESSIONACK tega
        w> SESSION w local
        w< SESSIONACK tega
        w> SUBSCRIBE a local False
        w|
        # In a transaction, which may be another's.
        > POST /_begin?tega_id=t
        < 200 json {"txid":"$TXID"}
        > PUT /a/h?tega_id=ann&txid=$TXID&ephemeral=True 1
        < 200 empty
        > PUT /a/i?tega_id=w&txid=$TXID&ephemeral=True 1
        < 200 empty
        > POST /_commit?txid=$TXID
        < 200 empty
        w< NOTIFY\n[{"ope": "PUT", "path": "a.h", "tega_id": "ann", "instance": 1}]
        > GET /a/i?tega_id=t&internal=True
        < 200 json {"_value":1,"_oid":"i","_parent":"a","_version":0,"_ephemeral":true}
        # Whoever may put over it may delete it.
        > DELETE /a/h?tega_id=t
        < 200 empty
        ~ 500 but for its owner, though anybody could put over it
        w< NOTIFY\n[{"ope": "DELETE", "path": "a.h", "tega_id": null, "instance": 1}]
        # Its session must be open at the commit.
        > PUT /a/j?tega_id=ann&ephemeral=True 1
        < 200 empty
        w< NOTIFY\n[{"ope": "PUT", "path": "a.j", "tega_id": "ann", "instance": 1}]
        > POST /_begin?tega_id=ann
        < 200 json {"txid":"$LATE"}
        > PUT /a/late?tega_id=ann&txid=$LATE&ephemeral=True 1
        < 200 empty
        ann.
        w< NOTIFY\n[{"ope": "DELETE", "path": "a.j", "tega_id": null, "instance": 1}]
        > POST /_commit?txid=$LATE
        < 409 text no session ann is open
        > GET /a?tega_id=t
        < 200 json {"i":1}
    "#,
    )
    .await;
}
