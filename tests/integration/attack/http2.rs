//! HTTP/2 peers that open streams and leave them, reset them, or never end a head; frames as RFC 9113 draws them.

use tega_daemon::Settings;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::OwnedReadHalf;
use tokio::time::timeout;

use super::{PATIENCE, Raw};
use crate::server::TestServer;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut bytes = u32::try_from(payload.len()).unwrap().to_be_bytes()[1..].to_vec();
    bytes.extend([kind, flags]);
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
    bytes
}

/// The head of a GET, as HPACK without its table.
fn get(path: &str) -> Vec<u8> {
    let text = |index: u8, text: &str| [&[index, u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
    [vec![0x82, 0x86], text(0x04, path), text(0x01, "x")].concat()
}

/// What opens a connection whose streams have a window of so many bytes.
fn opening(window: u32) -> Vec<u8> {
    let setting = [&[0, 4], &window.to_be_bytes()[..]].concat();
    [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(), frame(SETTINGS, 0, 0, &setting)].concat()
}

/// The next frame: its kind, its stream, its payload. None at the end.
async fn next(reader: &mut OwnedReadHalf) -> Option<(u8, u32, Vec<u8>)> {
    let mut head = [0; 9];
    timeout(PATIENCE, reader.read_exact(&mut head)).await.expect("a frame in time").ok()?;
    let mut payload = vec![0; usize::from(head[0]) << 16 | usize::from(head[1]) << 8 | usize::from(head[2])];
    reader.read_exact(&mut payload).await.ok()?;
    Some((head[3], u32::from_be_bytes([head[5], head[6], head[7], head[8]]), payload))
}

#[tokio::test]
async fn a_stream_whose_reader_leaves_it_is_reset_and_the_others_go_on() {
    let settings = Settings { write_stall_ms_max: Some(300), ..Settings::default() };
    let server = TestServer::with_settings(settings).await;
    server.put_ok("/large", format!("\"{}\"", "x".repeat(2_000_000))).await;
    server.put_ok("/small", format!("\"{}\"", "x".repeat(100_000))).await;
    let (mut reader, mut writer) = Raw::sending(&server.url(""), opening(0)).await.0.into_split();
    let stalled: Vec<u32> = (0..40).map(|n| 2 * n + 1).collect();
    for stream in &stalled {
        let path = if stream % 4 == 1 { "/large" } else { "/small" };
        writer.write_all(&frame(HEADERS, END_STREAM | END_HEADERS, *stream, &get(path))).await.unwrap();
    }
    let last = 2 * 40 + 1;
    writer.write_all(&frame(HEADERS, END_STREAM | END_HEADERS, last, &get("/large"))).await.unwrap();
    let (mut reset, mut got) = (Vec::new(), 0);
    while reset.len() < stalled.len() || got < 2_000_002 {
        match next(&mut reader).await.expect("the connection goes on") {
            (RST_STREAM, stream, _) => reset.push(stream),
            // The one stream that is read has its window opened, a little at a time.
            (HEADERS | DATA, stream, payload) if stream == last => {
                got += if payload.first() == Some(&b'x') || payload.first() == Some(&b'"') { payload.len() } else { 0 };
                let more = 30_000_u32.to_be_bytes();
                writer.write_all(&frame(WINDOW_UPDATE, 0, last, &more)).await.unwrap();
                writer.write_all(&frame(WINDOW_UPDATE, 0, 0, &more)).await.unwrap();
            }
            (GOAWAY, ..) => panic!("the connection is ended"),
            _ => {}
        }
    }
    reset.sort_unstable();
    assert_eq!(reset, stalled);
}

#[tokio::test]
async fn an_idle_connection_is_told_to_go_even_if_it_answers_pings() {
    let settings = Settings {
        idle_ms_max: Some(200),
        ping_ms: Some(50),
        write_stall_ms_max: Some(100),
        connections_max: Some(1),
        ..Settings::default()
    };
    let server = TestServer::with_settings(settings).await;
    let url = server.url("");
    // Its window takes one byte: the rest of the answer stays with HTTP/2.
    let (mut reader, mut writer) = Raw::sending(&url, opening(1)).await.0.into_split();
    writer.write_all(&frame(HEADERS, END_STREAM | END_HEADERS, 1, &get("/_livez"))).await.unwrap();
    let mut told_to_go = false;
    while let Some((kind, _, payload)) = next(&mut reader).await {
        told_to_go |= kind == GOAWAY;
        if kind == PING {
            // The end may come first.
            let _ = writer.write_all(&frame(PING, 1, 0, &payload)).await;
        }
    }
    assert!(told_to_go);
    super::get_in(&url, "/_livez").await;
}

#[tokio::test]
async fn streams_reset_in_rapid_succession_and_heads_without_end_are_cut_off() {
    let settings = Settings { connections_max: Some(1), ..Settings::default() };
    let server = TestServer::with_settings(settings).await;
    let url = server.url("");
    // What is sent past the end may make the system reset the connection, and drop the frame that says why.
    let (mut reader, mut writer) = Raw::sending(&url, opening(65_535)).await.0.into_split();
    let flood = tokio::spawn(async move {
        for stream in (1_u32..).step_by(2) {
            let begun = frame(HEADERS, END_STREAM | END_HEADERS, stream, &get("/_livez"));
            let bytes = [begun, frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes())].concat();
            if writer.write_all(&bytes).await.is_err() {
                break;
            }
        }
    });
    while next(&mut reader).await.is_some() {}
    flood.abort();
    super::get_in(&url, "/_livez").await;

    let (mut reader, mut writer) = Raw::sending(&url, opening(65_535)).await.0.into_split();
    let flood = tokio::spawn(async move {
        let mut sent = writer.write_all(&frame(HEADERS, 0, 1, &get("/_livez"))).await;
        while sent.is_ok() {
            sent = writer.write_all(&frame(CONTINUATION, 0, 1, &[0, 1, b'x', 1, b'y'].repeat(200))).await;
        }
    });
    while next(&mut reader).await.is_some() {}
    flood.abort();
    super::get_in(&url, "/_livez").await;
}
