//! Requests for data and commands.

use http::header::ACCEPT;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{Answer, Server};

#[tokio::test]
async fn what_was_put_is_read_back_whole_and_in_parts() {
    let server = Server::start().await;
    server.put("/a/b", r#"{"c":1.50,"l":[{"n":"lo","mtu":1},{"n":"eth0"}]}"#).await;
    for (path, body) in [
        ("/a/b/c", "1.50"),
        ("/a.b/c/", "1.50"),
        ("/a/b/l/0/mtu", "1"),
        ("/a/b/l/(n=eth0)/n", r#""eth0""#),
        (
            "/a?tega_id=bob&regex_flag=False&internal=False&txid=x&version=&unknown=1",
            r#"{"b":{"c":1.50,"l":[{"n":"lo","mtu":1},{"n":"eth0"}]}}"#,
        ),
    ] {
        let answer = server.send("GET", path, "").await;
        assert_eq!((answer.status, answer.body.as_str()), (200, body), "{path}");
        assert_eq!(answer.content_type.as_deref(), Some("application/json"));
    }
    let answer = server.send("DELETE", "/a/b/c", "").await;
    assert_eq!((answer.status, answer.body.as_str(), answer.length.as_deref()), (200, "", Some("0")));
    assert_eq!(server.send("GET", "/a/b/c", "").await.status, 404);
}

#[tokio::test]
async fn a_name_holds_what_device_data_holds() {
    let server = Server::start().await;
    for path in
        ["/r/10%2F31", "/r/%2210.0.0.1%22", "/r/a%20b", "/r/%C3%A9", "/r/%22%22", "/_x".replace("/_", "/x%5F").as_str()]
    {
        server.put(path, "1").await;
        assert_eq!(server.send("GET", path, "").await.body, "1", "{path}");
    }
    assert_eq!(
        server.send("GET", "/r", "").await.json(),
        serde_json::json!({ "10/31": 1, "10.0.0.1": 1, "a b": 1, "é": 1, "": 1 })
    );
}

#[tokio::test]
async fn each_error_has_its_status_and_names_the_fact() {
    let server = Server::start().await;
    server.put("/a", r#"{"b": 1}"#).await;
    server.put("/hosts/%2210.0.0.1%22/name", r#""ne1""#).await;
    let deep = format!("/a{}", "/n".repeat(100));
    let long = format!("/{}", "n/".repeat(4200));
    let name = format!("/a/{}", "n".repeat(1025));
    for (verb, path, body, status, fact) in [
        ("GET", "/none", "", 404, "there is nothing at none"),
        ("GET", "/a/b/c", "", 404, "there is nothing at a.b.c"),
        ("GET", "/hosts/10.0.0.1/name", "", 404, "did you mean /hosts/%2210.0.0.1%22/name (hosts.\"10.0.0.1\".name)?"),
        ("DELETE", "/hosts/10.0.0.1/name", "", 404, "did you mean /hosts/%2210.0.0.1%22/name"),
        ("DELETE", "/a/none", "", 404, "there is nothing at a.none"),
        ("GET", "//", "", 400, "empty"),
        ("PUT", "/a//b", "1", 400, "an empty name"),
        ("PUT", "/%5Fx", "1", 400, "reserved"),
        ("PUT", "/a/_value", "1", 400, "reserved"),
        ("PUT", "/a/%ff", "1", 400, "UTF-8"),
        ("PUT", "/a/(x=1)", "1", 400, "only be read"),
        ("PUT", &deep, "1", 400, "over the limit of 100"),
        ("PUT", &name, "1", 400, "over the limit of 1024"),
        ("GET", &long, "", 414, "over the limit of 8192"),
        ("PUT", "/a/b/c", "1", 409, "a.b is a leaf"),
        ("PUT", "/a", "", 400, "line 1 column"),
        ("PUT", "/a", "{\n\"b\": nothing}", 400, "line 2 column"),
        ("PUT", "/a", r#"{"b":1,"b":2}"#, 400, "comes twice"),
        ("PUT", "/a/x/y?version=", r#"{"z":[[[]]]}"#, 200, ""),
        ("PUT", "/a/x/y?version=0", "1", 200, ""),
        ("PUT", "/a/x/y?version=1.5", "1", 400, "version=1.5"),
        ("PUT", "/a/x/y?version=-1", "1", 400, "version=-1"),
        ("PUT", "/a/x/y?version=7", "1", 409, "a.x.y is expected at version 7 and is at version 2"),
        ("PUT", "/a/none?version=7", "1", 409, "not there"),
        ("DELETE", "/a/x/y?version=7", "", 409, "version 7"),
        ("DELETE", "/a/x/y?version=2", "", 200, ""),
        ("PUT", "/a?ephemeral=true", "1", 400, "belongs to a session: tega_id= names it"),
        ("PUT", "/a?txid=1", "1", 404, "no transaction 1 is open"),
        ("DELETE", "/a?txid=1", "", 404, "no transaction 1 is open"),
        ("PUT", "/a?tega_id=%ff", "1", 400, "UTF-8"),
        ("POST", "/a", "1", 405, "takes GET, HEAD, PUT, PATCH, DELETE, OPTIONS"),
        ("PUT", "/", "1", 405, "takes GET, HEAD"),
        ("GET", "/_none", "", 404, "/_roots"),
        ("GET", "/_", "", 404, "no command"),
        ("GET", "/_roots/", "", 404, "no command"),
        ("POST", "/_roots", "", 405, "takes GET, HEAD"),
        ("GET", "/_rpc", "", 405, "takes POST"),
        ("POST", "/_pubsub", "", 405, "takes GET"),
        ("GET", "/_pubsub", "", 400, "Can \"Upgrade\" only to \"WebSocket\"."),
    ] {
        let answer = server.send(verb, path, body).await;
        assert_eq!(answer.status, status, "{verb} {path}: {}", answer.body);
        assert!(answer.body.contains(fact), "{verb} {path}: {}", answer.body);
        assert_eq!(answer.allow.is_some(), status == 405, "{verb} {path}");
        if status != 200 {
            assert_eq!(answer.content_type.as_deref(), Some("text/plain; charset=utf-8"), "{verb} {path}");
            assert!(serde_json::from_str::<serde_json::Value>(&answer.body).is_err(), "{}", answer.body);
        }
    }
}

#[tokio::test]
async fn a_problem_is_json_for_who_asks_for_it() {
    let server = Server::start().await;
    server.put("/a", "1").await;
    let request = server.request("PUT", "/a?version=3").header(ACCEPT, "application/json").body("2");
    let answer = Answer::of(request.send().await.unwrap()).await;
    assert_eq!(answer.content_type.as_deref(), Some("application/problem+json"));
    assert_eq!(
        answer.body,
        r#"{"type":"urn:tega:problem:version-mismatch","title":"Another version than expected","status":409,"detail":"a is expected at version 3 and is at version 0","failed":[{"condition":"version","expected":3,"found":0,"path":"a"}]}"#
    );
    server.put("/h/%22a.b%22", "1").await;
    let request = server.request("GET", "/h/a/b").header(ACCEPT, "application/problem+json");
    let answer = Answer::of(request.send().await.unwrap()).await;
    assert_eq!(answer.json()["did_you_mean"], serde_json::json!({ "path": "h.\"a.b\"", "url": "/h/%22a.b%22" }));
}

#[tokio::test]
async fn the_commands_tell_about_the_server() {
    let server = Server::start().await;
    for (path, body) in [("/_roots", "{}"), ("/_plugins", "{}"), ("/_ids", "[]"), ("/_livez", "ok"), ("/_readyz", "ok")]
    {
        let answer = server.send("GET", path, "").await;
        assert_eq!((answer.status, answer.body.as_str()), (200, body), "{path}");
    }
    server.put("/b", "1").await;
    server.put("/a", "1").await;
    server.put("/a", "2").await;
    assert_eq!(server.send("GET", "/_roots", "").await.body, r#"{"a":1,"b":0}"#);
    assert_eq!(server.send("DELETE", "/b", "").await.status, 200);
    assert_eq!(server.send("GET", "/_roots?tega_id=x", "").await.body, r#"{"a":1}"#);
    let _bob = server.session("bob", &[]).await;
    assert_eq!(server.send("GET", "/_ids", "").await.body, r#"["bob"]"#);
    let home = server.send("GET", "/", "").await;
    assert!(
        home.status == 200 && home.body.contains("tega 0.1.0") && home.body.contains("POST /_rpc"),
        "{}",
        home.body
    );
}

#[tokio::test]
async fn head_tells_the_length_and_sends_no_body() {
    let server = Server::start().await;
    server.put("/a", r#""text""#).await;
    let answer = server.send("HEAD", "/a", "").await;
    assert_eq!((answer.status, answer.length.as_deref(), answer.body.as_str()), (200, Some("6"), ""));
    assert_eq!(server.send("HEAD", "/none", "").await.status, 404);
}

#[tokio::test]
async fn who_wrote_and_why_goes_into_the_commit() {
    let server = Server::start().await;
    let mut feed = server.engine.feed(server.engine.state().revision());
    server.put("/a?tega_id=bob&message=for+the+test", "1").await;
    let commit = feed.next().await.unwrap();
    assert_eq!((commit.author.name.as_deref(), commit.author.proven), (Some("bob"), false));
    assert_eq!(commit.message.as_deref(), Some("for the test"));
    let why = "w".repeat(5000);
    assert_eq!(server.send("PUT", &format!("/a?message={why}"), "1").await.status, 413);
    assert_eq!(server.send("PUT", &format!("/a?tega_id={why}"), "1").await.status, 400);
}

/// Sends bytes and gives all that comes back until the server closes.
async fn raw(server: &Server, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn http_1_0_pipelines_and_bytes_beyond_ascii_in_a_path_are_taken() {
    let server = Server::start().await;
    let answer = raw(&server, b"GET /_livez HTTP/1.0\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.0 200 OK\r\n") && answer.ends_with("\r\n\r\nok"), "{answer}");
    let two = "PUT /\u{e9} HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\n\r\n5GET /%C3%A9 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let answer = raw(&server, two.as_bytes()).await;
    assert!(answer.matches("HTTP/1.1 200 OK").count() == 2 && answer.ends_with("\r\n\r\n5"), "{answer}");
}

#[tokio::test]
async fn http_2_is_spoken_to_who_begins_with_it() {
    use http_body_util::{BodyExt, Full};
    use hyper_util::rt::{TokioExecutor, TokioIo};

    let server = Server::start().await;
    server.put("/a", "1").await;
    let stream = TcpStream::connect(server.address).await.unwrap();
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    let connection = tokio::spawn(connection);
    let request =
        http::Request::get(format!("http://{}/a", server.address)).body(Full::<bytes::Bytes>::default()).unwrap();
    let response = sender.send_request(request).await.unwrap();
    assert_eq!(response.version(), http::Version::HTTP_2);
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "1");
    drop(sender);
    connection.await.unwrap().unwrap();
}
