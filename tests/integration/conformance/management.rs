//! The commands.

use super::script::run;
use crate::server::TestServer;

#[tokio::test]
async fn roots_old_states_and_edges_are_told_as_the_original_tells_them() {
    let server = TestServer::start().await;
    run(&server, r#"
        # Nothing yet.
        > GET /_roots
        < 200 json {}
        ~ 200 without content: JSON is safe for both clients
        > GET /_old
        < 200 json []
        ~ 200 without content
        > GET /_channels
        < 200 json {}
        > GET /_subscribers
        < 200 json {}
        > GET /_ids
        < 200 json []
        > GET /_global
        < 200 json []
        > GET /_forwarders
        < 200 json []
        > GET /_plugins
        < 200 json {}
        > GET /_edges
        < 200 json []

        > PUT /a/x?tega_id=t 1
        < 200 empty
        > PUT /a/x?tega_id=t 2
        < 200 empty
        > PUT /a/y?tega_id=t 3
        < 200 empty
        > PUT /b?tega_id=t {}
        < 200 empty
        > GET /_roots
        < 200 json {"a":2,"b":0}
        > GET /_old
        < 200 json [{"a":[0,1]},{"b":[]}]

        # From parent to child, and from the child to the parent it had last; old states share what did not change.
        > GET /_edges?root_oid=a
        < 200 json [["a(2)","a.x(1)"],["a.x(1)","a(2)"],["a(2)","a.y(2)"],["a.y(2)","a(2)"]]
        > GET /_edges?root_oid=a&old_roots=True
        < 200 json [["a(2)","a.x(1)"],["a.x(1)","a(2)"],["a(2)","a.y(2)"],["a.y(2)","a(2)"],["a(0)","a.x(0)"],["a.x(0)","a(0)"],["a(1)","a.x(1)"],["a.x(1)","a(2)"]]
        > GET /_edges?root_oid=a&old_roots=False
        < 200 json [["a(2)","a.x(1)"],["a.x(1)","a(2)"],["a(2)","a.y(2)"],["a.y(2)","a(2)"]]
        ~ any text was a yes, `False` too
        > GET /_edges?root_oid=none
        < 404 text there is no root none
        ~ 500
    "#)
    .await;
}

#[tokio::test]
async fn sessions_and_channels_are_told_with_who_listens() {
    let server = TestServer::start().await;
    run(
        &server,
        r#"
        > PUT /a?tega_id=t 1
        < 200 empty
        # Channels are listed in their escaped form.
        bob> SESSION bob local
        bob< SESSIONACK tega
        bob> SUBSCRIBE x.y local False
        bob> SUBSCRIBE a\.[xy] global True
        bob|
        node> SESSION node1 global
        node< SESSIONACK tega
        node> SUBSCRIBE call global False
        node|
        nobody> SUBSCRIBE x.y local False
        nobody|
        > GET /_channels
        < 200 json {"a\\.[xy]":["bob"],"call":["node1"],"x\\.y":["bob"]}
        ~ 500 while a socket without a session listened
        > GET /_subscribers
        < 200 json {"bob":["a\\.[xy]","x\\.y"],"node1":["call"]}
        ~ as before
        > GET /_ids
        < 200 json ["bob","node1"]
        > GET /_global
        < 200 json [["a\\.[xy]","global"],["call","global"]]
        > GET /_forwarders
        < 200 json ["node1"]

        # Others.
        > POST /_ss?tega_id=t
        < 200 json {"revision":1}
        ~ without content
        > POST /_sync
        < 404 text no link to a global node
        > POST /_clear
        < 200 empty
        > GET /_roots
        < 200 json {}
        bob|
        node|
        > GET /_ids
        < 200 json ["bob","node1"]
        > GET /_reload
        < 405 text takes POST
        ~ 200 without content; 500 where it was started without plugins
        > POST /_reload
        < 200 json {}
        ~ 200 without content, without an effect
    "#,
    )
    .await;
}
