//! The transport.

use super::script::{Http, run};
use crate::server::TestServer;

#[tokio::test]
async fn requests_are_routed_by_their_undecoded_path_and_arguments_are_read_as_the_original_reads_them() {
    let server = TestServer::start().await;
    run(&server, r#"
        # Always 200, never 201 or 204; no content, and no Content-Type.
        > PUT /a/b?tega_id=t 1
        < 200 empty
        <h content-length: 0
        > GET /a/b?tega_id=t
        < 200 json 1
        <h content-length: 1

        # `/%5Fx` is the root `_x`, `/_x` is a command.
        > PUT /%5Fx?tega_id=t {}
        < 400 text "_x" is reserved
        ~ 200: such a root could be written, and not be told from a command by a person
        > GET /_x?tega_id=t [Accept: application/json]
        < 404 problem {"type":"urn:tega:problem:no-such-command",
        ~ 200 without content, which hid what was misspelt
        > GET /_roots/
        < 404 text there is no command /_roots/
        ~ 200 without content

        # Blanks around a value don't count; the last of two counts; names are case sensitive; `True` is the word for yes.
        > GET /a/b?tega_id=t&version=+0+
        < 200 json 1
        > GET /a/b?tega_id=t&version=7&version=0
        < 200 json 1
        > GET /a/b?tega_id=t&VERSION=7
        < 200 json 1
        > GET /a/b?tega_id=t&internal=True
        < 200 json {"_value":1,"_oid":"b","_parent":"a","_version":0,"_ephemeral":false}
        > GET /a/b?tega_id=t&internal=False
        < 200 json 1
        > GET /a/b?tega_id=t&internal=yes
        < 200 json 1
        > GET /a/b?tega_id=t&internal=true
        < 200 json {"_value":1,"_oid":"b","_parent":"a","_version":0,"_ephemeral":false}
        ~ `true` and `1` were a no
        > GET /a/b?tega_id=
        < 200 json 1
        > GET /a/b
        < 200 json 1
        ~ 400: tega_id was mandatory where it was not used
    "#)
    .await;
}

#[tokio::test]
async fn forms_methods_and_answers_without_content() {
    let server = TestServer::start().await;
    run(
        &server,
        r#"
        > PUT /a/b?tega_id=t 1
        < 200 empty
        # A form's body holds arguments of a command.
        > POST /_begin [Content-Type: application/x-www-form-urlencoded] tega_id=t
        < 200 json {"txid":"$TXID"}
        > POST /_cancel [Content-Type: application/x-www-form-urlencoded] txid=$TXID
        < 200 empty
        # Not of a path: curl says of every body that it is a form's, and a JSON string may hold anything.
        > PUT /a/b [Content-Type: application/x-www-form-urlencoded] "&version=7&x="
        < 200 empty
        ~ arguments were read from the body of a PUT too

        # Methods.
        > POST /a/b?tega_id=t 1
        < 405 text a path takes GET, HEAD, PUT, PATCH, DELETE, OPTIONS
        <h allow: GET, HEAD, PUT, PATCH, DELETE, OPTIONS
        > GET /_begin
        < 405 text /_begin takes POST
        ~ 200 without content and without an effect
        > HEAD /a/b?tega_id=t
        < 200 json
        ~ 405
        > OPTIONS /a/b
        < 204 empty
        ~ 405
        > GET /_pubsub
        < 400 text Can "Upgrade" only to "WebSocket".

        # A client that has the answer already.
        > GET /a/b
        < 200 json "&version=7&x="
        <h etag: $ETAG
        > GET /a/b [If-None-Match: *]
        < 304 empty
    "#,
    )
    .await;
}

#[tokio::test]
async fn pipelining_chunked_bodies_and_expect_work_on_one_connection() {
    let server = TestServer::start().await;
    let mut http = Http::open(&server).await;
    let put = "PUT /a?tega_id=t HTTP/1.1\r\nHost: h\r\n";
    http.send(format!("{put}Content-Length: 1\r\n\r\n1GET /a HTTP/1.1\r\nHost: h\r\n\r\n").as_bytes()).await;
    assert_eq!(http.read(true).await.status, 200);
    assert_eq!(http.read(true).await.body, "1");
    http.send(format!("{put}Transfer-Encoding: chunked\r\n\r\n2\r\n[1\r\n3\r\n,2]\r\n0\r\n\r\n").as_bytes()).await;
    assert_eq!(http.read(true).await.status, 200);
    http.send(format!("{put}Content-Length: 1\r\nExpect: 100-continue\r\n\r\n").as_bytes()).await;
    assert_eq!(http.read(true).await.status, 100);
    http.send(b"7GET /a HTTP/1.0\r\n\r\n").await;
    assert_eq!(http.read(true).await.status, 200);
    let last = http.read(true).await;
    assert_eq!((last.status, last.body.as_str()), (200, "7"));
}

#[tokio::test]
async fn a_client_that_hangs_up_in_the_middle_leaves_nothing() {
    let server = TestServer::start().await;
    for sent in [
        "PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n123",
        "PUT /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12",
        "GET /a HTT",
        "\r\n",
    ] {
        Http::open(&server).await.send(sent.as_bytes()).await;
    }
    server.put_ok("/b", "1").await;
    assert_eq!(server.value("/_roots").await, serde_json::json!({ "b": 0 }));
}
