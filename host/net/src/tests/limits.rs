//! What is over a limit is refused by its name.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{PATIENCE, Server, drain};
use crate::NetOptions;

async fn answer_to(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("an end in time").unwrap();
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn a_body_over_the_limit_is_told_so_to_a_client_that_is_still_sending() {
    let server = Server::start_with(NetOptions { body_bytes_max: 1000, ..NetOptions::default() }).await;
    server.put("/a", &format!("\"{}\"", "x".repeat(998))).await;
    let answer = server.send("PUT", "/a", &"x".repeat(50_000_000)).await;
    assert_eq!(answer.status, 413);
    assert!(answer.body.contains("the limit of 1000 bytes"), "{}", answer.body);

    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(b"PUT /a HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n").await.unwrap();
    for _ in 0..2000 {
        stream.write_all(format!("1f4\r\n{}\r\n", "x".repeat(500)).as_bytes()).await.unwrap();
    }
    let mut answer = vec![0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer, b"HTTP/1.1 413");
}

#[tokio::test]
async fn an_early_answer_is_not_lost_when_the_body_is_still_coming() {
    let server = Server::start().await;
    let body = "x".repeat(20_000_000);
    assert_eq!(server.send("PUT", "/%5Fx", &body).await.status, 400);
    assert_eq!(server.send("POST", "/_none", &body).await.status, 404);
}

#[tokio::test]
async fn a_body_that_comes_too_slowly_is_given_up() {
    let server = Server::start_with(NetOptions { body_grace_ms: 50, ..NetOptions::default() }).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(b"PUT /a HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n1").await.unwrap();
    let answer = answer_to(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 408") && answer.ends_with("1 bytes so far\n"), "{answer}");
}

#[tokio::test]
async fn a_peer_that_sends_no_request_is_closed() {
    let server = Server::start_with(NetOptions { head_read_ms_max: 50, ..NetOptions::default() }).await;
    for begun in ["", "PRI * HTTP", "GET /a HTTP/1.1\r\nhost:"] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(begun.as_bytes()).await.unwrap();
        assert_eq!(answer_to(&mut stream).await, "", "{begun}");
    }
}

#[tokio::test]
async fn a_head_over_the_limit_is_refused() {
    let server = Server::start_with(NetOptions { head_bytes_max: 8192, ..NetOptions::default() }).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let head = format!("GET /_livez HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n", "x".repeat(10_000));
    stream.write_all(head.as_bytes()).await.unwrap();
    assert!(answer_to(&mut stream).await.starts_with("HTTP/1.1 431"));
}

#[tokio::test]
async fn a_connection_over_the_limit_is_told_so_until_another_ends() {
    let server = Server::start_with(NetOptions { connections_max: 2, ..NetOptions::default() }).await;
    let socket = server.session("bob", &[]).await;
    server.put("/a", "1").await;
    let mut third = TcpStream::connect(server.address).await.unwrap();
    let answer = answer_to(&mut third).await;
    assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("2 connections"), "{answer}");
    drop(socket);
    // The socket's place is free once its end was seen.
    loop {
        let mut next = TcpStream::connect(server.address).await.unwrap();
        next.write_all(b"GET /a HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
        if answer_to(&mut next).await.starts_with("HTTP/1.1 200") {
            return;
        }
    }
}

#[tokio::test]
async fn an_address_with_more_than_its_share_of_connections_is_told_so() {
    let server = Server::start_with(NetOptions { connections_per_address_max: 1, ..NetOptions::default() }).await;
    let _socket = server.socket().await;
    let mut second = TcpStream::connect(server.address).await.unwrap();
    let answer = answer_to(&mut second).await;
    assert!(answer.starts_with("HTTP/1.1 429 Too Many Requests\r\n") && answer.contains("retry-after: 1"), "{answer}");
    assert!(answer.ends_with("your address has 1 connections, which is the limit of one\n"), "{answer}");
}

#[tokio::test]
async fn requests_over_the_limit_are_told_so_and_watches_and_sockets_are_none() {
    let server = Server::start_with(NetOptions { requests_max: 1, ..NetOptions::default() }).await;
    let _socket = server.session("bob", &[]).await;
    let _watch = server.request("GET", "/a").header("accept", "text/event-stream").send().await.unwrap();
    let gate = drain::enter(&server);
    let call = tokio::spawn(server.request("POST", "/_rpc?path=gate.wait").send());
    gate.entered.acquire().await.unwrap().forget();
    let answer = server.send("PUT", "/a", "1").await;
    assert_eq!((answer.status, answer.retry_after.as_deref()), (503, Some("1")));
    assert_eq!(answer.body, "1 requests are under way, which is the limit\n");
    assert_eq!(server.send("GET", "/_livez", "").await.status, 200);
    gate.open.add_permits(1);
    assert!(call.await.unwrap().unwrap().status().is_success());
    server.put("/a", "1").await;
}

#[tokio::test]
async fn a_peer_that_does_not_read_its_answer_is_given_up() {
    let options = NetOptions { write_stall_ms_max: 50, connections_max: 2, ..NetOptions::default() };
    let mut server = Server::start_with(options).await;
    server.put("/a", &format!("\"{}\"", "x".repeat(20_000_000))).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(b"GET /a HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    // It was taken in once some of the answer is there.
    stream.readable().await.unwrap();
    server.stop();
    let drained = tokio::time::timeout(Duration::from_secs(5), &mut server.served).await;
    assert!(drained.is_ok_and(|served| served.unwrap().is_ok()));
}
