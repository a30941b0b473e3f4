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
