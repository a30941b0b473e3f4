//! Methods: of plugins, and of clients' sessions.

use super::script::run;
use crate::server::TestServer;

#[tokio::test]
async fn a_method_of_a_plugin_is_called_over_http_and_over_a_socket() {
    let server = TestServer::with_plugins(&[("probe", "")]).await;
    run(&server, r#"
        > POST /_rpc?tega_id=t&path=probe.echo {"args": [1, 2]}
        < 200 json {"result": {"caller":{"kind":"client","name":"t","proven":false},"named":{},"positional":[1,2]}}
        > POST /_rpc?tega_id=t&path=probe.echo {"args": null, "kwargs": {"a": 1}}
        < 200 json {"result": {"caller":{"kind":"client","name":"t","proven":false},"named":{"a":1},"positional":[]}}
        > POST /_rpc?tega_id=t&path=probe.echo
        < 200 json {"result": {"caller":{"kind":"client","name":"t","proven":false},"named":{},"positional":[]}}
        > POST /_rpc?path=probe.echo
        < 200 json {"result": {"caller":{"kind":"client","name":null,"proven":false},"named":{},"positional":[]}}
        ~ 400: tega_id was mandatory
        > POST /_rpc?tega_id=t
        < 400 text the argument path is missing
        > POST /_rpc?tega_id=t&path=probe.echo [1]
        < 400 text not an object
        ~ 500
        > POST /_rpc?tega_id=t&path=probe.echo {nope
        < 400 text not a JSON value
        ~ 500
        > POST /_rpc?tega_id=t&path=none.at.all
        < 404 text there is no method at none.at.all
        ~ 500, after 30 s where another node was asked that did not answer
        > PUT /a?tega_id=t 1
        < 200 empty
        > POST /_rpc?tega_id=t&path=a
        < 404 text there is no method at a
        ~ 500
        > GET /_rpc?tega_id=t&path=probe.echo
        < 405 text /_rpc takes POST

        bob> SESSION bob local
        bob< SESSIONACK tega
        bob> REQUEST 7 RPC bob probe.echo\n{"args": [1], "kwargs": null}
        bob< RESPONSE 7 RPC bob\n{"caller":{"kind":"client","name":"bob","proven":true},"named":{},"positional":[1]}
        bob> REQUEST 8 RPC bob none\n{"args": null}
        bob< RESPONSE 8 RPC bob\n{"error": {"type":"urn:tega:problem:no-such-method","title":"No such method","status":404,"detail":"$DETAIL","path":"none"}}
        ~ no answer
    "#)
    .await;
}

#[tokio::test]
async fn a_session_is_asked_for_the_methods_it_serves() {
    let server = TestServer::start().await;
    run(
        &server,
        r#"
        ann> SESSION ann local
        ann< SESSIONACK tega
        ann> SUBSCRIBE ann local False
        ann|
        > PUT /test/max?tega_id=ann&ephemeral=True "%ann.max"
        < 200 empty
        > GET /test/max
        < 200 json "%ann.max"
        > POST /_rpc?tega_id=eve&path=test.max {"args": [3, 7], "kwargs": null}
        ann< REQUEST 1 RPC eve test.max\n{"args": [3,7], "kwargs": {}}
        ann> RESPONSE 1 RPC eve\n{"result": 7}
        < 200 json {"result": {"result":7}}
        # What is no, nothing or empty is a result as well.
        > POST /_rpc?tega_id=eve&path=test.max
        ann< REQUEST 2 RPC eve test.max\n{"args": [], "kwargs": {}}
        ann> RESPONSE 2 RPC eve\nnull
        < 200 json {"result": null}
        ~ 200 without content
        > POST /_rpc?tega_id=eve&path=test.max
        ann< REQUEST 3 RPC eve test.max\n{"args": [], "kwargs": {}}
        ann> RESPONSE 3 RPC eve\n0
        < 200 json {"result": 0}
        ~ 200 without content
        # From another session, be it of global scope.
        bob> SESSION bob global
        bob< SESSIONACK tega
        bob> REQUEST 5 RPC bob test.max\n{"args": [1]}
        ann< REQUEST 4 RPC bob test.max\n{"args": [1], "kwargs": {}}
        ann> RESPONSE 4 RPC bob\n[false, ""]
        bob< RESPONSE 5 RPC bob\n[false,""]
        # An answer that nobody waits for.
        ann> RESPONSE 4 RPC bob\n1
        ann> RESPONSE 999 RPC bob\n1
        ann> RESPONSE x RPC bob\n1
        ann|
        ~ the connection was dropped
        # It goes with its session.
        > POST /_rpc?tega_id=eve&path=test.max
        ann< REQUEST 5 RPC eve test.max\n{"args": [], "kwargs": {}}
        ann.
        < 503 text ann
        ~ 500 after 30 s
    "#,
    )
    .await;
}
