//! What the original's drivers send, in their order and without waiting, and what they rely on.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::script::{Http, run};
use crate::server::TestServer;

/// A request as the Python driver sends it.
async fn python(http: &mut Http, method: &str, target: &str, body: &str) -> (u16, String) {
    let length = if body.is_empty() { String::new() } else { format!("content-length: {}\r\n", body.len()) };
    let length = if method == "POST" && body.is_empty() { "content-length: 0\r\n".to_owned() } else { length };
    let headers = "Host: localhost:8739\r\ncontent-type: application/json\r\naccept: application/json\r\nconnection: Keep-Alive\r\n\
        user-agent: Python-httplib2/0.9.2 (gzip)\r\naccept-encoding: gzip, deflate\r\n";
    http.send(format!("{method} {target} HTTP/1.1\r\n{headers}{length}\r\n{body}").as_bytes()).await;
    let answer = http.read(true).await;
    (answer.status, answer.body)
}

#[tokio::test]
async fn the_python_drivers_requests_get_what_it_relies_on() {
    let server = TestServer::start().await;
    let mut http = Http::open(&server).await;
    let mut txid = String::new();
    for (method, target, body, status, wanted) in [
        ("GET", "/_roots", "", 200, "{}"),
        ("PUT", "/a/b/c/?tega_id=d", "0", 200, ""),
        ("PUT", "/a/b/c/?tega_id=d", "1", 200, ""),
        ("PUT", "/a/?tega_id=d", r#"{"b": {"c": "0"}}"#, 200, ""),
        ("PUT", "/a/b/c/?version=9&tega_id=d", "1", 409, "version-mismatch"),
        ("PUT", "/e/?tega_id=d&ephemeral=True", "{}", 409, "no-session"),
        ("GET", "/a/b/c/?tega_id=d&regex_flag=False", "", 200, "\"0\""),
        ("GET", "/a/b/c/?version=0&tega_id=d&regex_flag=False", "", 200, "0"),
        ("GET", "/a/?tega_id=d&internal=True&regex_flag=False", "", 200, "\"_version\":2"),
        (
            "GET",
            "/a%5C/b%5C/%28c%29/?tega_id=d&regex_flag=True",
            "",
            200,
            r#"{"a.b.c":{"groups":[["c"]],"instance":"0"}}"#,
        ),
        ("GET", "/a/x/?tega_id=d&regex_flag=False", "", 404, "not-found"),
        ("POST", "/_begin?tega_id=d", "", 200, "{\"txid\":\""),
        ("PUT", "/a/z/?txid=$TXID&tega_id=d", "5", 200, ""),
        ("GET", "/a/z/?txid=$TXID&tega_id=d&regex_flag=False", "", 404, "not-found"),
        ("POST", "/_cand?txid=$TXID", "", 200, r#"[{"op":"add","path":"/a/z","value":5}]"#),
        ("POST", "/_commit?txid=$TXID", "", 200, ""),
        ("DELETE", "/a/z/?tega_id=d", "", 200, ""),
        ("POST", "/_begin?tega_id=d", "", 200, "{\"txid\":\""),
        ("POST", "/_cancel?txid=$TXID", "", 200, ""),
        ("POST", "/_rollback?tega_id=d&root_oid=a&backto=-1", "", 200, ""),
        ("POST", "/_ss?tega_id=d", "", 200, "revision"),
        ("GET", "/_old", "", 200, r#"[{"a":[0,1,2,3,4]}]"#),
        ("GET", "/_edges?old_roots=True", "", 200, "[[\"a(5)\""),
        ("GET", "/_ids", "", 200, "[]"),
        ("POST", "/_rpc?tega_id=d&path=a.none", r#"{"args": [1], "kwargs": {"x": 2}}"#, 404, "no-such-method"),
    ] {
        let (found, text) = python(&mut http, method, &target.replace("$TXID", &txid), body).await;
        let is_it = if wanted.is_empty() { text.is_empty() } else { text.contains(wanted) };
        assert!(found == status && is_it, "{method} {target}: {found} {text}");
        if let Some(id) = text.strip_prefix("{\"txid\":\"") {
            txid = id.trim_end_matches("\"}").to_owned();
        }
        // It parses whatever body comes.
        assert!(text.is_empty() || serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{text}");
    }
}

#[tokio::test]
async fn the_go_driver_over_http_never_gets_an_error_that_is_json() {
    let server = TestServer::start().await;
    let mut http = Http::open(&server).await;
    for (method, target, body, status) in [
        ("DELETE", "/a/?tega_id=anonymous", "", 404),
        ("PUT", "/a/b/c/?tega_id=anonymous", "\"test\"", 200),
        ("GET", "/a/b/c/?tega_id=anonymous", "", 200),
        ("GET", "/a/none/?tega_id=anonymous", "", 404),
        ("GET", "/a/b/c/?tega_id=anonymous&version=77", "", 404),
        ("GET", "/a//c/?tega_id=anonymous", "", 400),
        ("PUT", "/f/?ephemeral=True&tega_id=anonymous", "\"%anonymous.max\"", 409),
    ] {
        let length = if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
        let head = "Host: localhost:8739\r\nUser-Agent: Go-http-client/1.1\r\nAccept-Encoding: gzip\r\n";
        http.send(format!("{method} {target} HTTP/1.1\r\n{head}{length}\r\n{body}").as_bytes()).await;
        let answer = http.read(true).await;
        let is_json = serde_json::from_str::<serde_json::Value>(&answer.body).is_ok();
        assert_eq!(
            (answer.status, is_json),
            (status, method == "GET" && status == 200),
            "{method} {target}: {answer:?}"
        );
    }
}

/// A masked text frame, as a client sends it.
fn frame(text: &str) -> Vec<u8> {
    let length = u8::try_from(text.len()).unwrap();
    assert!(length < 126);
    // A mask of zeros leaves the text as it is.
    [&[0x81, 0x80 | length, 0, 0, 0, 0], text.as_bytes()].concat()
}

#[tokio::test]
async fn the_go_driver_sends_its_first_frames_with_the_handshake_and_needs_a_second_line_in_all_but_the_first() {
    let server = TestServer::start().await;
    let address = server.url("");
    let mut stream = TcpStream::connect(address.strip_prefix("http://").unwrap()).await.unwrap();
    let handshake = "GET /_pubsub HTTP/1.1\r\nHost: localhost:8739\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: http://localhost/\r\nSec-WebSocket-Version: 13\r\n\r\n";
    let mut bytes = handshake.as_bytes().to_vec();
    for text in [
        "SESSION anonymous global",
        "SUBSCRIBE anonymous local False",
        "SUBSCRIBE a local False",
        "SUBSCRIBE channels.ch1 local False",
        "UNSUBSCRIBE a False",
        "SUBSCRIBE a local False",
        "PUBLISH channels.ch2\n{\"message\":{\"message\":\"nobody listens\"}}",
        "SESSION anonymous global",
    ] {
        bytes.extend(frame(text));
    }
    stream.write_all(&bytes).await.unwrap();
    let mut came = Vec::new();
    let mut frames = Vec::new();
    // The second acknowledgement says that all was handled.
    while frames.iter().filter(|text: &&String| text.starts_with("SESSIONACK")).count() < 2 {
        assert_ne!(stream.read_buf(&mut came).await.unwrap(), 0);
        frames = frames_of(&came);
    }
    assert_eq!(frames, ["SESSIONACK tega", "UNSUBSCRIBE ['a', 'False']\nnull", "SESSIONACK tega"]);
    run(
        &server,
        r#"
        other> SESSION anonymous2 local
        other< SESSIONACK tega
        other> SUBSCRIBE anonymous2 local False
        other> SUBSCRIBE channels.ch1 global False
        other> PUBLISH channels.ch1\n{"message":{"message":"Good Morning!"}}
        other|
        > PUT /a/b/c/?tega_id=anonymous2 "test4"
        < 200 empty
        > PUT /test/func/max/?ephemeral=True&tega_id=anonymous "%anonymous.max"
        < 200 empty
    "#,
    )
    .await;
    while frames.len() < 6 {
        assert_ne!(stream.read_buf(&mut came).await.unwrap(), 0);
        frames = frames_of(&came);
    }
    let mut told = frames.split_off(3);
    told.sort_unstable();
    assert_eq!(
        told,
        [
            "MESSAGE channels.ch1 anonymous2\n{\"message\": {\"message\":\"Good Morning!\"}}",
            "NOTIFY\n[{\"ope\": \"PUT\", \"path\": \"a.b.c\", \"tega_id\": \"anonymous2\", \"instance\": \"test4\"}]",
            "SUBSCRIBE channels.ch1 global\nnull",
        ]
    );
}

/// The texts of the frames that came after the head of the handshake; all are short, or of two bytes' length.
fn frames_of(came: &[u8]) -> Vec<String> {
    let Some(head) = came.windows(4).position(|bytes| bytes == b"\r\n\r\n") else { return Vec::new() };
    let mut rest = &came[head + 4..];
    let mut frames = Vec::new();
    while let [0x81, length, after @ ..] = rest {
        let (length, after) = match (*length, after) {
            (126, [high, low, after @ ..]) => (usize::from(u16::from_be_bytes([*high, *low])), after),
            (length, after) => (usize::from(length), after),
        };
        let Some((text, after)) = after.split_at_checked(length) else { break };
        frames.push(String::from_utf8(text.to_vec()).unwrap());
        rest = after;
    }
    frames
}
