//! ETags, and the conditions of reads and writes.

use std::sync::Arc;

use super::Server;
use super::told::{ask, check};

#[tokio::test]
async fn a_node_has_a_tag_and_is_not_sent_again_to_who_has_it() {
    let server = Server::start().await;
    server.put("/a", r#"{"b":1}"#).await;
    check(
        &server,
        &[
            ("GET /a", "", r#"200 | {"b":1} | etag: "ID-0""#),
            ("HEAD /a", "", r#"200 | etag: "ID-0" | content-length: 7"#),
            (r#"GET /a | if-none-match: "ID-0""#, "", r#"304 | etag: "ID-0" | -content-length"#),
            (r#"HEAD /a | if-none-match: "ID-0""#, "", r#"304 | etag: "ID-0""#),
            (r#"GET /a | if-none-match: W/"x", W/"ID-0""#, "", r#"304 | etag: "ID-0""#),
            (r#"GET /a | if-none-match: "ID-0-gzip""#, "", r#"304 | etag: "ID-0-gzip""#),
            ("GET /a | if-none-match: *", "", "304"),
            (r#"GET /a?internal=True | if-none-match: "ID-0""#, "", r#"200 | etag: "ID-0-internal""#),
            (r#"GET /a | if-none-match: "ID-0-internal""#, "", "200"),
            (r#"GET /a?internal=True | if-none-match: "ID-0-internal""#, "", "304"),
            ("PUT /a/b", "2", r#"200 | etag: "ID-1""#),
            (r#"GET /a | if-none-match: "ID-0""#, "", r#"200 | {"b":2} | etag: "ID-1""#),
            (r#"GET /a?version=0 | if-none-match: "ID-0""#, "", "304"),
            (r#"GET /none | if-none-match: "ID-0""#, "", "404"),
            (r#"GET /a | if-match: "ID-1-zstd""#, "", "200"),
            (r#"GET /a | if-match: "ID-0""#, "", "412"),
            ("GET /a | if-none-match: ID-1", "", "400 | ..each in its quotes\n"),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_write_tells_the_tag_and_the_position_it_led_to() {
    let server = Server::start().await;
    let position = |revision: u64| {
        let position = server.engine.state().position.clone();
        format!("{}.{}:{revision}", position.history, position.epoch)
    };
    let at = [1, 2, 3, 4, 5].map(|revision| format!("tega-position: {}", position(revision)));
    check(
        &server,
        &[
            ("PUT /a", r#"{"b":1}"#, &format!(r#"200 | etag: "ID-0" | {} | content-length: 0"#, at[0])),
            ("PUT /a/c", "1", &format!(r#"200 | etag: "ID-1" | {}"#, at[1])),
            (
                "PATCH /a | content-type: application/merge-patch+json",
                r#"{"d":1}"#,
                &format!(r#"200 | etag: "ID-2" | {} | content-length: 0"#, at[2]),
            ),
            // Nothing to do is no commit.
            (
                "PATCH /a | content-type: application/merge-patch+json",
                r#"{"e":null}"#,
                &format!(r#"200 | etag: "ID-2" | {}"#, at[2]),
            ),
            ("DELETE /a/c", "", &format!("200 | -etag | {} | content-length: 0", at[3])),
            ("PUT /a/f", r#"{"_value":{"_oid":1,"g":1}}"#, &format!(r#"200 | etag: "ID-4" | {}"#, at[4])),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_write_is_made_only_where_its_conditions_hold() {
    let server = Server::start().await;
    server.put("/a", r#"{"b":1,"c":1}"#).await;
    server.put("/a/b", "2").await;
    check(
        &server,
        &[
            (
                r#"PUT /a/b | if-match: "ID-0""#,
                "3",
                "412 | ..a.b is not at a version that If-Match names; it is at version 1\n",
            ),
            (r#"PUT /a/b | if-match: "ID-1""#, "3", r#"200 | etag: "ID-2""#),
            (r#"PUT /a/b | if-match: "ID-0", "ID-2-internal-gzip""#, "4", r#"200 | etag: "ID-3""#),
            (r#"PUT /a/b | if-match: W/"ID-3""#, "5", "412"),
            (r#"PUT /a/b | if-match: "00000000.0-3""#, "5", "412"),
            (r#"PUT /a/b | if-match: "ID0-3""#, "5", "412"),
            (r#"PUT /a/b | if-match: "3""#, "5", "412"),
            ("PUT /a/b | if-match: 3", "5", "400 | ..if-match.."),
            ("PUT /a/b | if-match: *", "5", "200"),
            ("PUT /a/new | if-match: *", "5", "412 | a.new is expected to be there and is not\n"),
            ("DELETE /a/new | if-match: *", "", "412"),
            (r#"DELETE /a/new | if-match: "ID-3""#, "", "412 | ..it is not there\n"),
            ("PUT /a/b | if-none-match: *", "6", "412 | a.b is expected not to be there and is at version 4\n"),
            ("PUT /a/new | if-none-match: *", "6", r#"200 | etag: "ID-5""#),
            (r#"PUT /a/new | if-none-match: "ID-5", "x""#, "7", "412"),
            (r#"PUT /a/new | if-none-match: "ID-4""#, "7", r#"200 | etag: "ID-6""#),
            (r#"DELETE /a/new | if-match: "ID-5""#, "", "412"),
            (r#"DELETE /a/new | if-match: "ID-6""#, "", "200"),
            (r#"PATCH /a | if-match: "ID-6" | content-type: application/merge-patch+json"#, r#"{"c":2}"#, "412"),
            (
                r#"PATCH /a | if-match: "ID-7" | content-type: application/merge-patch+json"#,
                r#"{"c":2}"#,
                r#"200 | etag: "ID-8""#,
            ),
            (
                r#"PATCH /a | if-match: "ID-7" | content-type: application/json-patch+json"#,
                r#"[{"op":"remove","path":"/c"}]"#,
                "412",
            ),
            (
                r#"PATCH /a | if-match: "ID-8" | content-type: application/json-patch+json"#,
                r#"[{"op":"remove","path":"/c"}]"#,
                r#"200 | etag: "ID-9""#,
            ),
            // The argument is the original's: 409.
            ("PUT /a/b?version=9", "1", "409 | a.b is expected at version 9 and is at version 4\n"),
            ("PATCH /a/b?version=9 | content-type: application/json-patch+json", "[]", "409 | ..version 9.."),
            ("PATCH /a/b?version=9 | content-type: application/merge-patch+json", "1", "409 | ..version 9.."),
            ("PATCH /a/b?version=4 | content-type: application/merge-patch+json", "1", "200"),
            (
                r#"PUT /a/b | if-match: "ID-0" | accept: application/json"#,
                "1",
                r#"412 | {"type":"urn:tega:problem:precondition-failed",.."status":412,.."path":"a.b","found":10}"#,
            ),
        ],
    )
    .await;
}

/// Sends the same conditional writes at once, and tells how many were made.
async fn made_at_once(line: &'static str) -> usize {
    let server = Arc::new(Server::start().await);
    server.put("/a", "0").await;
    let writes = (0..16).map(|_| {
        let server = Arc::clone(&server);
        tokio::spawn(async move { ask(&server, line, "1").await.status })
    });
    let mut made = 0;
    for write in writes.collect::<Vec<_>>() {
        match write.await.unwrap() {
            200 => made += 1,
            status => assert_eq!(status, 412),
        }
    }
    made
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_writes_on_one_condition_at_once_one_is_made() {
    assert_eq!(made_at_once(r#"PUT /a | if-match: "ID-0""#).await, 1);
    assert_eq!(made_at_once("PUT /new | if-none-match: *").await, 1);
    assert_eq!(made_at_once(r#"DELETE /a | if-match: "ID-0""#).await, 1);
}
