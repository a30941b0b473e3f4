//! GET: states of the past, forms, names, searches.

use super::Server;
use super::told::{ask, check};

/// A server on which `/a` has had the versions 0 to 4, and `/gone` was deleted.
async fn server() -> Server {
    let server = Server::start().await;
    for (path, body) in
        [("/a", r#"{"x":0}"#), ("/a/x", "1"), ("/a/y", r#"{"l":[{"n":"lo"}]}"#), ("/gone", "1"), ("/a/y/z", "true")]
    {
        server.put(path, body).await;
    }
    let mut transaction = server.engine.begin(server.engine.sessions().author(None));
    transaction.tag(&"a".into(), "golden", &tega_engine::Which::Before(2)).unwrap();
    server.engine.commit(transaction).await.unwrap();
    assert_eq!(server.send("DELETE", "/gone", "").await.status, 200);
    server
}

#[tokio::test]
async fn a_state_of_the_past_is_named_by_version_count_tag_or_time() {
    let server = server().await;
    check(
        &server,
        &[
            ("GET /a?version=0", "", r#"200 | {"x":0} | etag: "ID-0""#),
            ("GET /a/x?version=1", "", r#"200 | 1 | etag: "ID-1""#),
            ("GET /a/x?version=2", "", r#"200 | 1 | etag: "ID-1""#),
            ("GET /a?version=-1", "", r#"200 | {"x":1,"y":{"l":[{"n":"lo"}]}} | etag: "ID-2""#),
            ("GET /a/x?version=-3", "", "200 | 0"),
            ("GET /a/x?version=-0", "", "200 | 1"),
            ("GET /a/x?version=+0+", "", "200 | 0"),
            ("GET /a?version=golden", "", r#"200 | {"x":1} | etag: "ID-1""#),
            ("GET /a/x?at=1970-01-01T00:00:00Z", "", "200 | 1"),
            ("GET /a/x?version=", "", "200 | 1"),
            ("GET /gone?version=0", "", "200 | 1"),
            ("GET /gone", "", "404 | there is nothing at gone\n"),
            ("GET /gone?version=1", "", "404 | there is nothing at gone\n"),
            ("GET /a/y?version=0", "", "404 | there is nothing at a.y\n"),
            ("GET /a?version=9", "", "404 | a is at version 3; ..version 9.."),
            ("GET /a?version=-9", "", "404 | ..9 versions before the present one.."),
            ("GET /a?version=gold", "", "404 | ..no version of a has the tag gold; there are golden\n"),
            ("GET /a?at=1969-01-01T00:00:00Z", "", "404 | ..before a was first made\n"),
            ("GET /none?version=0", "", "404 | there is no root none, and never was\n"),
            ("GET /a?version=1.5", "", "400 | ..version=1.5.."),
            ("GET /a?at=golden", "", "400 | ..time.."),
            ("GET /a?version=0&at=1970-01-01T00:00:00Z", "", "400 | ..only one of them.."),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_version_that_is_no_longer_kept_is_not_found_and_the_oldest_is_named() {
    let server = Server::start().await;
    for number in 0..103 {
        server.put("/a", &number.to_string()).await;
    }
    check(
        &server,
        &[
            ("GET /a?version=1", "", "404 | version 1 of a is no longer kept; the oldest kept is version 2\n"),
            ("GET /_diff?path=a&from=1", "", "410 | version 1 of a is no longer kept; the oldest kept is version 2\n"),
            (
                "POST /_rollback?path=a&version=1",
                "",
                "410 | version 1 of a is no longer kept; the oldest kept is version 2\n",
            ),
            ("GET /a?version=1 | accept: application/json", "", r#"404 | ..no-such-state.."root":"a","oldest":2}"#),
            ("GET /a?version=2", "", "200 | 2"),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_node_is_shown_in_the_form_asked_for() {
    let server = server().await;
    check(
        &server,
        &[
            ("GET /a?depth=0", "", r#"200 | {} | etag: "ID-3-depth0""#),
            ("GET /a?depth=1", "", r#"200 | {"x":1,"y":{}}"#),
            ("GET /a?depth=2", "", r#"200 | {"x":1,"y":{"l":[{"n":"lo"}],"z":true}}"#),
            ("GET /a/x?depth=0", "", "200 | 1"),
            ("GET /a?depth=x", "", "400 | ..depth=x.."),
            (
                "GET /a/x?internal=True",
                "",
                r#"200 | {"_value":1,"_oid":"x","_parent":"a","_version":1,"_ephemeral":false} | etag: "ID-1-internal""#,
            ),
            (
                "GET /a?internal=1&depth=1&version=1",
                "",
                r#"200 | {"_oid":"a","_parent":null,"_version":1,"_ephemeral":false,"x":{"_value":1,"_oid":"x","_parent":"a","_version":1,"_ephemeral":false}} | etag: "ID-1-internal-depth1""#,
            ),
            ("GET /a/y/l/0/n", "", r#"200 | "lo" | etag: "ID-2""#),
            ("GET /a/y/l/(n=lo)?internal=True", "", "400 | ..is a part of an array.."),
            ("GET /a?internal=True&txid=none&tega_id=bob&regex_flag=False", "", r#"200 | {"_oid":"a",..}"#),
        ],
    )
    .await;
    let internal = ask(&server, "GET /a?internal=True", "").await.text();
    check(&server, &[("PUT /b", &internal, "200"), ("GET /b", "", r#"200 | {"x":1,"y":{"l":[{"n":"lo"}],"z":true}}"#)])
        .await;
}

#[tokio::test]
async fn the_names_of_a_container_are_read_page_by_page() {
    let server = Server::start().await;
    server.put("/a", r#"{"b":{},"a b":1,"":2,"c\n":[],"é&":3}"#).await;
    server.put("/a/b/new", "1").await;
    check(
        &server,
        &[
            ("GET /a?keys=true", "", r#"200 | ["","a b","b","c\n","é&"] | -link | etag: "ID-1-keys""#),
            (
                "GET /a?keys=true&limit=2",
                "",
                r#"200 | ["","a b"] | link: </a?keys=true&limit=2&after=a%20b>; rel="next""#,
            ),
            ("GET /a?keys=true&limit=1", "", r#"200 | [""] | link: </a?keys=true&limit=1&after=>; rel="next""#),
            (
                "GET /a?keys=true&limit=1&after=",
                "",
                r#"200 | ["a b"] | link: </a?keys=true&limit=1&after=a%20b>; rel="next""#,
            ),
            ("GET /a?keys=true&after=b", "", r#"200 | ["c\n","é&"] | -link"#),
            (
                "GET /a?keys=true&limit=2&after=aa",
                "",
                r#"200 | ["b","c\n"] | link: </a?keys=true&limit=2&after=c%0A>; rel="next""#,
            ),
            (
                "GET /a?keys=true&limit=1&version=-1",
                "",
                r#"200 | [""] | link: </a?keys=true&limit=1&after=&version=0>; rel="next""#,
            ),
            ("GET /a/b?keys=true", "", r#"200 | ["new"]"#),
            ("GET /a/b/new?keys=true", "", "200 | []"),
            ("GET /a/%22c%5Cn%22?keys=1", "", "200 | []"),
            ("GET /a?keys=true&limit=0", "", "400 | ..1 to 1000.."),
            ("GET /a?keys=true&limit=1001", "", "400 | ..1 to 1000.."),
            ("GET /a?keys=true&internal=True", "", "400 | ..names alone.."),
            ("GET /none?keys=true", "", "404"),
        ],
    )
    .await;
}

#[tokio::test]
async fn regular_expressions_find_nodes_as_the_original_did() {
    let server = Server::start().await;
    for (path, body) in [
        ("/inventory", r#"{"ne1":{"name":"a"},"ne2":{"name":"b","x":1},"other":{}}"#),
        ("/yy", "1"),
        ("/hosts/%2210.0.0.1%22", "2"),
        ("/inventory/ne1/name", r#""c""#),
        ("/gone", "1"),
    ] {
        server.put(path, body).await;
    }
    assert_eq!(server.send("DELETE", "/gone", "").await.status, 200);
    let both = r#"{"inventory.ne1.name":{"groups":[["i"],["1",null]],"instance":"c"},"inventory.ne2.name":{"groups":[["i"],["2",null]],"instance":"b"}}"#;
    let past = r#"{"inventory.ne1":{"groups":[],"instance":{"name":"a"}}}"#;
    check(
        &server,
        &[
            ("GET /y?regex_flag=True", "", r#"200 | {"yy":{"groups":[],"instance":1}} | -etag"#),
            ("GET /(i).*%5C/ne(%5Cd)(x)%3F%5C/n?regex_flag=True", "", &format!("200 | {both}")),
            ("GET /(i).*%5C.ne(%5Cd)(x)%3F%5C.n/?regex_flag=True", "", &format!("200 | {both}")),
            ("GET /h%5C/1?regex_flag=True", "", r#"200 | {"hosts.\"10.0.0.1\"":{"groups":[],"instance":2}}"#),
            ("GET /none?regex_flag=True", "", "200 | {}"),
            ("GET /gone?regex_flag=True", "", "200 | {}"),
            ("GET /yy%5C/below?regex_flag=True", "", "200 | {}"),
            ("GET /inv%5C/ne1?regex_flag=True&version=0", "", &format!("200 | {past}")),
            ("GET /.%5C/ne1?regex_flag=True&version=1", "", "404 | hosts is at version 0.."),
            (
                "GET /.*?regex_flag=True&version=0&depth=0",
                "",
                r#"200 | {"gone":{..},"hosts":{..},"inventory":{"groups":[],"instance":{}},"yy":{..}}"#,
            ),
            (
                "GET /y?regex_flag=True&internal=True",
                "",
                r#"200 | {"yy":{"groups":[],"instance":{"_value":1,"_oid":"yy",..}}}"#,
            ),
            ("GET /(?regex_flag=True", "", "400 | not a pattern: ..unclosed group.."),
            ("GET /%ff?regex_flag=True", "", "400 | ..UTF-8.."),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_search_that_finds_many_is_whole_and_in_order() {
    let server = Server::start().await;
    let members: Vec<String> =
        (0..5000).map(|number| format!("\"n{number:04}\":{{\"v\":\"{}\"}}", "x".repeat(90))).collect();
    server.put("/a", &format!("{{{}}}", members.join(","))).await;
    let told = ask(&server, "GET /a%5C/n?regex_flag=True", "").await;
    let found: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(&told.body).unwrap();
    assert_eq!((found.len(), told.header("content-length")), (5000, None));
    assert_eq!(found["a.n4999"]["instance"]["v"], "x".repeat(90));
    let text = told.text();
    let places: Vec<usize> = (0..5000).map(|number| text.find(&format!("\"a.n{number:04}\"")).unwrap()).collect();
    assert!(places.is_sorted());
}
