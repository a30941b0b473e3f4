//! Long answers, and compressed ones.

use std::io::Read;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::Server;
use super::told::{Told, ask, check};

/// A root of so many nodes, and its text.
async fn wide(server: &Server, path: &str, len: usize) -> String {
    let members: Vec<String> = (0..len)
        .map(|number| format!("\"n{number:06}\":{{\"l\":[{number},\"é\"],\"v\":\"{}\"}}", "x".repeat(number % 50)))
        .collect();
    let text = format!("{{{}}}", members.join(","));
    server.put(path, &text).await;
    text
}

fn decoded(told: &Told) -> String {
    let mut text = Vec::new();
    match told.header("content-encoding") {
        Some("gzip") => drop(flate2::read::GzDecoder::new(&*told.body).read_to_end(&mut text).unwrap()),
        Some("zstd") => text = zstd::stream::decode_all(&*told.body).unwrap(),
        other => panic!("{other:?}"),
    }
    String::from_utf8(text).unwrap()
}

#[tokio::test]
async fn a_long_answer_is_sent_while_it_is_written() {
    let server = Server::start().await;
    let text = wide(&server, "/a", 40_000).await;
    let told = ask(&server, "GET /a", "").await;
    assert_eq!((told.status, told.header("content-length"), told.header("content-encoding")), (200, None, None));
    assert_eq!((told.header("content-type"), told.header("vary")), (Some("application/json"), Some("accept-encoding")));
    assert!(told.text() == text);
    check(&server, &[("HEAD /a", "", "200 | -content-length | etag: \"ID-0\"")]).await;
    for coding in ["gzip", "zstd"] {
        let told = ask(&server, &format!("GET /a | accept-encoding: {coding}"), "").await;
        assert!(told.body.len() < text.len() / 4 && told.header("etag").unwrap().ends_with(&format!("-0-{coding}\"")));
        assert!(decoded(&told) == text, "{coding}");
    }
    let array = format!("[{}0]", "[1,{\"a\":\"b\"}],".repeat(60_000));
    server.put("/l", &array).await;
    assert!(ask(&server, "GET /l", "").await.text() == array);
    assert_eq!(ask(&server, "GET /l/60000", "").await.text(), "0");
}

#[tokio::test]
async fn a_short_answer_has_its_length_and_is_compressed_where_it_is_worth_it() {
    let server = Server::start().await;
    server.put("/short", "1").await;
    let text = wide(&server, "/a", 100).await;
    let length = text.len();
    check(
        &server,
        &[
            ("GET /short | accept-encoding: gzip", "", "200 | 1 | content-length: 1 | -content-encoding | -vary"),
            (
                "GET /a",
                "",
                &format!("200 | content-length: {length} | -content-encoding | vary: accept-encoding | etag: \"ID-0\""),
            ),
            ("GET /a | accept-encoding: br, *;q=0.1, gzip;q=0, zstd;q=0", "", "200 | -content-encoding"),
            ("GET /a | accept-encoding: identity;q=0", "", "200 | -content-encoding"),
            ("GET /a?keys=true | accept-encoding: identity;q=0, br", "", "200 | -content-encoding"),
        ],
    )
    .await;
    for (accept, coding) in [("gzip, deflate", "gzip"), ("gzip, zstd", "zstd"), ("gzip, zstd;q=0.9", "gzip")] {
        let told = ask(&server, &format!("GET /a | accept-encoding: {accept}"), "").await;
        assert_eq!((told.header("content-encoding"), told.header("vary")), (Some(coding), Some("accept-encoding")));
        assert_eq!(told.header("content-length"), Some(told.body.len().to_string().as_str()));
        assert!(told.body.len() < length && decoded(&told) == text, "{accept}");
        let tag = told.header("etag").unwrap();
        assert!(tag.ends_with(&format!("-{coding}\"")), "{tag}");
        check(&server, &[(&format!("GET /a | accept-encoding: {accept} | if-none-match: {tag}"), "", "304")]).await;
    }
    let told = ask(&server, "GET /short | accept-encoding: gzip, identity;q=0", "").await;
    assert_eq!(decoded(&told), "1");
    let head = ask(&server, "HEAD /a | accept-encoding: gzip", "").await;
    assert!(head.body.is_empty() && head.header("content-encoding") == Some("gzip"));
}

#[tokio::test]
async fn a_reader_that_leaves_a_long_answer_holds_nothing_up() {
    let mut server = Server::start().await;
    wide(&server, "/a", 100_000).await;
    for _ in 0..20 {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(b"GET /a HTTP/1.1\r\nhost: x\r\naccept-encoding: gzip\r\n\r\n").await.unwrap();
        let mut begin = [0; 1000];
        stream.read_exact(&mut begin).await.unwrap();
        assert!(begin.starts_with(b"HTTP/1.1 200 OK\r\n"));
    }
    assert_eq!(ask(&server, "GET /a/n000000/l/0", "").await.text(), "0");
    server.stop();
    assert!(server.served().await.is_ok());
}

#[tokio::test]
async fn a_long_answer_to_http_1_0_ends_with_the_connection() {
    let server = Server::start().await;
    let text = wide(&server, "/a", 10_000).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(b"GET /a HTTP/1.0\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.starts_with("HTTP/1.0 200 OK\r\n") && !answer.contains("chunked") && answer.ends_with(&text));
}
