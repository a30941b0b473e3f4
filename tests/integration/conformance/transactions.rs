//! Transactions, collisions, rollback.

use super::script::run;
use crate::server::TestServer;

#[tokio::test]
async fn a_transaction_is_seen_by_nobody_until_it_is_committed() {
    let server = TestServer::start().await;
    run(
        &server,
        r#"
        > PUT /a/x?tega_id=t 1
        < 200 empty
        > POST /_begin?tega_id=t
        < 200 json {"txid":"$TXID"}
        > POST /_begin
        < 200 json {"txid":"$OTHER"}
        ~ 400: tega_id was mandatory
        > PUT /a/x?tega_id=t&txid=$TXID 2
        < 200 empty
        > PUT /b/y?tega_id=t&txid=$TXID 3
        < 200 empty
        > PUT /b/z?tega_id=t&txid=$TXID 4
        < 200 empty
        > DELETE /b/z?tega_id=t&txid=$TXID
        < 200 empty
        > PUT /a/x?tega_id=t&txid=$TXID {nope
        < 400 text not a JSON value
        ~ 500
        # Nobody sees it.
        > GET /a/x?tega_id=t&txid=$TXID
        < 200 json 1
        > POST /_cand?txid=$TXID
        < 200 json [{"op":"replace","path":"/a/x","value":2},{"op":"add","path":"/b","value":{"y":3}}]
        ~ 200 and `[]`, whatever was in it
        > POST /_commit?txid=$TXID
        < 200 empty
        > GET /_roots
        < 200 json {"a":1,"b":0}
        # It is gone, whatever came of it.
        > POST /_commit?txid=$TXID
        < 404 text no transaction
        > POST /_cand?txid=$TXID
        < 404 text no transaction
        > POST /_cancel?txid=$TXID
        < 404 text no transaction
        > POST /_commit
        < 404 text the argument txid is missing
        > POST /_cancel?txid=$OTHER
        < 200 empty
        # Without a version it commits on top of what came meanwhile.
        > POST /_begin?tega_id=t
        < 200 json {"txid":"$LATE"}
        > PUT /a/x?tega_id=t&txid=$LATE 5
        < 200 empty
        > PUT /a/x?tega_id=t 6
        < 200 empty
        > POST /_commit?txid=$LATE
        < 200 empty
        > GET /a?tega_id=t
        < 200 json {"x":5}
    "#,
    )
    .await;
}

#[tokio::test]
async fn a_version_that_moved_is_a_collision_of_the_whole_transaction() {
    let server = TestServer::start().await;
    run(
        &server,
        r#"
        > PUT /a/x?tega_id=t {"l": 1}
        < 200 empty
        > PUT /a/y?tega_id=t 1
        < 200 empty
        # What is below a node moves its version, a sibling does not.
        > POST /_begin?tega_id=t
        < 200 json {"txid":"$ONE"}
        > PUT /a/y?tega_id=t&txid=$ONE&version=1 2
        < 200 empty
        > PUT /a/x?tega_id=t 3
        < 200 empty
        > POST /_commit?txid=$ONE
        < 200 empty
        > POST /_begin?tega_id=t
        < 200 json {"txid":"$TWO"}
        > PUT /a?tega_id=t&txid=$TWO&version=3 {}
        < 200 empty
        > PUT /a/x?tega_id=t 4
        < 200 empty
        > POST /_commit?txid=$TWO
        < 406 text a is expected at version 3 and is at version 4
        > GET /a?tega_id=t
        < 200 json {"x":4,"y":2}
        > POST /_begin?tega_id=t
        < 200 json {"txid":"$THREE"}
        > PUT /none?tega_id=t&txid=$THREE&version=1 {}
        < 200 empty
        > POST /_commit?txid=$THREE
        < 406 text none is expected at version 1 and is not there
        > POST /_begin?tega_id=t
        < 200 json {"txid":"$FOUR"}
        > DELETE /a/none?tega_id=t&txid=$FOUR&version=1
        < 200 empty
        > POST /_commit?txid=$FOUR
        < 406 text a.none is expected at version 1 and is not there
        ~ 500
        > POST /_begin?tega_id=t
        < 200 json {"txid":"$FIVE"}
        > DELETE /a/none?tega_id=t&txid=$FIVE
        < 200 empty
        > PUT /a/z?tega_id=t&txid=$FIVE 1
        < 200 empty
        > POST /_commit?txid=$FIVE
        < 404 text there is nothing at a.none
        ~ 500
        > GET /a/z?tega_id=t
        < 404 text there is nothing at a.z
    "#,
    )
    .await;
}

#[tokio::test]
async fn a_rollback_follows_the_past_and_loses_nothing_of_it() {
    let server = TestServer::start().await;
    run(
        &server,
        r#"
        > PUT /a/x?tega_id=t 0
        < 200 empty
        > PUT /a/x?tega_id=t 1
        < 200 empty
        > PUT /a/x?tega_id=t 2
        < 200 empty
        > PUT /a/x?tega_id=t 3
        < 200 empty
        > POST /_rollback?tega_id=t&root_oid=a&backto=-1
        < 200 empty
        > GET /a/x?tega_id=t
        < 200 json 2
        # A further step goes on from there.
        > POST /_rollback?tega_id=t&root_oid=a&backto=-1
        < 200 empty
        > GET /a/x?tega_id=t
        < 200 json 1
        > GET /_roots
        < 200 json {"a":5}
        # Nothing is lost.
        > GET /_old
        < 200 json [{"a":[0,1,2,3,4]}]
        ~ what came after the old state was dropped
        > GET /a?tega_id=t&version=3
        < 200 json {"x":3}
        ~ 404
        # A place among the states that are kept.
        > POST /_rollback?tega_id=t&root_oid=a&backto=3
        < 200 empty
        > GET /a/x?tega_id=t
        < 200 json 3
        > POST /_rollback?tega_id=t&root_oid=a&backto=0
        < 400 text backto=0 is wrong
        ~ 500
        > POST /_rollback?tega_id=t&root_oid=a&backto=-99
        < 404 text a
        ~ 500, and all of the root's past was lost
        > POST /_rollback?tega_id=t&root_oid=a&backto=99
        < 404 text there is no place 99
        ~ 500, and as before
        > POST /_rollback?tega_id=t&root_oid=none&backto=-1
        < 404 text there is no root none
        ~ 500
        > POST /_rollback?tega_id=t&root_oid=a
        < 400 text the argument backto is missing
        ~ 500
        > POST /_rollback?root_oid=a&backto=-1
        < 200 empty
        ~ 400: tega_id was mandatory
        > GET /_old
        < 200 json [{"a":[0,1,2,3,4,5,6]}]
    "#,
    )
    .await;
}
