//! Who is told what of a change.

use super::script::run;
use crate::server::TestServer;

#[tokio::test]
async fn a_channel_is_told_of_what_is_at_below_and_above_it() {
    let server = TestServer::start().await;
    run(
        &server,
        r#"
        w> SESSION w local
        w< SESSIONACK tega
        w> SUBSCRIBE n.m.o local False
        w|
        > PUT /n/m/o?tega_id=t 1
        < 200 empty
        w< NOTIFY\n[{"ope": "PUT", "path": "n.m.o", "tega_id": null, "instance": 1}]
        > PUT /n/m/o?tega_id=t {}
        < 200 empty
        w< NOTIFY\n[{"ope": "PUT", "path": "n.m.o", "tega_id": null, "instance": {}}]
        > PUT /n/m/o/p?tega_id=t 2
        < 200 empty
        w< NOTIFY\n[{"ope": "PUT", "path": "n.m.o.p", "tega_id": null, "instance": 2}]
        # Above: narrowed to the channel, wherever it stands in the value.
        > PUT /n/m?tega_id=t {"x": 0, "o": {"p": 3}}
        < 200 empty
        w< NOTIFY\n[{"ope": "PUT", "path": "n.m.o", "tega_id": null, "instance": {"p":3}}]
        ~ narrowed only where the channel's names came first; and what was logged was narrowed as well
        > PUT /n?tega_id=t 5
        < 200 empty
        w< NOTIFY\n[{"ope": "DELETE", "path": "n.m.o", "tega_id": null, "instance": {"p":3}}]
        ~ the write was refused with 500
        > GET /n
        < 200 json 5
        > PUT /n?tega_id=t {"m": {"oo": 1}}
        < 200 empty
        > PUT /nn?tega_id=t {"m": {"o": 1}}
        < 200 empty
        > PUT /n/m/o?tega_id=t {"q": [1, 2]}
        < 200 empty
        w< NOTIFY\n[{"ope": "PUT", "path": "n.m.o", "tega_id": null, "instance": {"q":[1,2]}}]
        # A DELETE tells what was removed.
        > DELETE /n/m/o/q?tega_id=t
        < 200 empty
        w< NOTIFY\n[{"ope": "DELETE", "path": "n.m.o.q", "tega_id": null, "instance": [1,2]}]
        > DELETE /n?tega_id=t
        < 200 empty
        w< NOTIFY\n[{"ope": "DELETE", "path": "n.m.o", "tega_id": null, "instance": {}}]
        ~ told as the DELETE of n, with all of its value
        w|
    "#,
    )
    .await;
}

#[tokio::test]
async fn one_frame_for_a_commit_in_its_order_and_not_to_who_made_it() {
    let server = TestServer::start().await;
    run(&server, r#"
        w> SESSION w local
        w< SESSIONACK tega
        w> SUBSCRIBE a local False
        w> SUBSCRIBE a\.[xy] local True
        w|
        bob> SESSION bob local
        bob< SESSIONACK tega
        bob> SUBSCRIBE a local False
        bob|
        > POST /_begin?tega_id=bob
        < 200 json {"txid":"$TXID"}
        > PUT /a/y?tega_id=bob&txid=$TXID 1
        < 200 empty
        > PUT /b?tega_id=bob&txid=$TXID 1
        < 200 empty
        > PUT /a/z?tega_id=bob&txid=$TXID 2
        < 200 empty
        > POST /_commit?txid=$TXID
        < 200 empty
        # Two channels that match: the item comes twice.
        w< NOTIFY\n[{"ope": "PUT", "path": "a.y", "tega_id": "bob", "instance": 1}, {"ope": "PUT", "path": "a.y", "tega_id": "bob", "instance": 1}, {"ope": "PUT", "path": "a.z", "tega_id": "bob", "instance": 2}]
        bob|
        # The name counts while a session has it.
        > PUT /a/z?tega_id=carol 3
        < 200 empty
        w< NOTIFY\n[{"ope": "PUT", "path": "a.z", "tega_id": null, "instance": 3}]
        bob< NOTIFY\n[{"ope": "PUT", "path": "a.z", "tega_id": null, "instance": 3}]
        # A channel that is no expression of its own, or no path, harms no write.
        odd> SUBSCRIBE p+q local False
        odd> SUBSCRIBE a..b local False
        odd> SUBSCRIBE ( local False
        odd|
        > PUT /p+q?tega_id=bob 1
        < 200 empty
        odd< NOTIFY\n[{"ope": "PUT", "path": "p+q", "tega_id": "bob", "instance": 1}]
        ~ `(` made every write of the server fail until that socket closed
        # Regular expressions: one for each name, from its start; the last to its end.
        rex> SUBSCRIBE a\.z local True
        rex|
        > PUT /a/zz?tega_id=bob 1
        < 200 empty
        w< NOTIFY\n[{"ope": "PUT", "path": "a.zz", "tega_id": "bob", "instance": 1}]
        > PUT /a/z?tega_id=bob 1
        < 200 empty
        w< NOTIFY\n[{"ope": "PUT", "path": "a.z", "tega_id": "bob", "instance": 1}]
        rex< NOTIFY\n[{"ope": "PUT", "path": "a.z", "tega_id": "bob", "instance": 1}]
    "#)
    .await;
}

#[tokio::test]
async fn a_rollback_is_told_to_those_it_concerns_as_the_changes_it_comes_to() {
    let server = TestServer::start().await;
    run(&server, r#"
        > PUT /a?tega_id=t {"x": 1, "gone": {"y": 1}}
        < 200 empty
        > PUT /a?tega_id=t {"x": 2, "new": 1}
        < 200 empty
        one> SESSION one local
        one< SESSIONACK tega
        one> SUBSCRIBE a local False
        one|
        two> SESSION two local
        two< SESSIONACK tega
        two> SUBSCRIBE a.x local False
        two|
        three> SESSION three local
        three< SESSIONACK tega
        three> SUBSCRIBE b local False
        three> SUBSCRIBE a.other local False
        three|
        > POST /_rollback?tega_id=two&root_oid=a&backto=-1
        < 200 empty
        one< NOTIFY\n[{"ope": "PUT", "path": "a.gone", "tega_id": "two", "instance": {"y":1}}, {"ope": "DELETE", "path": "a.new", "tega_id": "two", "instance": 1}, {"ope": "PUT", "path": "a.x", "tega_id": "two", "instance": 1}]
        ~ every session, the author too, was told {"ope": "ROLLBACK", "path": "a", .., "backto": -1}, if anybody listened to `a`; who
        ~ keeps a copy, or listens to a part, can't follow that: what a root was is known only where it was
        two|
        three|
    "#)
    .await;
}
