//! PATCH: merge patches and JSON Patches.

use std::sync::Arc;

use super::Server;
use super::told::{ask, check};

const MERGE: &str = "PATCH /a | content-type: application/merge-patch+json";
const PATCH: &str = "PATCH /a | content-type: application/json-patch+json; charset=utf-8";

#[tokio::test]
async fn a_patch_of_another_type_is_refused_and_the_types_there_are_told() {
    let server = Server::start().await;
    let types = "accept-patch: application/merge-patch+json, application/json-patch+json";
    check(
        &server,
        &[
            ("PATCH /a | content-type: application/json", "{}", &format!("415 | {types} | ..\"application/json\"\n")),
            ("PATCH /a", "{}", &format!("415 | {types} | ..without Content-Type\n")),
            ("PATCH /a?txid=1 | content-type: application/json-patch+json", "[]", "400 | ..txid=1\n"),
            ("PATCH / | content-type: application/json-patch+json", "[]", "405"),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_merge_patch_changes_what_the_rfc_says() {
    let server = Server::start().await;
    check(
        &server,
        &[
            (MERGE, r#"{"b":{"c":1,"d":null},"e":[1,{"f":null}]}"#, "200"),
            ("GET /a", "", r#"200 | {"b":{"c":1},"e":[1,{"f":null}]}"#),
            (MERGE, r#"{"b":{"c":null},"e":{"g":1}}"#, "200"),
            ("GET /a", "", r#"200 | {"b":{},"e":{"g":1}}"#),
            (MERGE, "[1]", "200"),
            ("GET /a", "", "200 | [1]"),
            (MERGE, "{", "400 | ..not a JSON value.."),
            ("PATCH /a/0/x | content-type: application/merge-patch+json", "1", "409 | ..a is a leaf.."),
        ],
    )
    .await;
}

/// Puts a document, patches it, and compares what it is then; a failed patch has left it as it was.
async fn check_patches(rows: &[(&str, &str, &str)]) {
    let server = Server::start().await;
    for (before, patch, expected) in rows {
        server.put("/a", before).await;
        let revision = server.engine.state().revision();
        let told = ask(&server, PATCH, patch).await;
        let now = server.send("GET", "/a", "").await.body;
        match expected.split_once(' ').filter(|(status, _)| status.parse::<u16>().is_ok()) {
            None => assert_eq!((told.status, now.as_str()), (200, *expected), "{patch}: {}", told.text()),
            Some((status, fact)) => {
                assert_eq!(told.status.to_string(), status, "{patch}: {}", told.text());
                assert!(told.text().contains(fact), "{patch}: {}", told.text());
                assert_eq!((now.as_str(), server.engine.state().revision()), (*before, revision), "{patch}");
            }
        }
    }
}

#[tokio::test]
async fn each_operation_does_what_the_rfc_says() {
    check_patches(&[
        (r#"{"b":1}"#, "[]", r#"{"b":1}"#),
        (r#"{"b":1}"#, r#"[{"op":"add","path":"/c","value":{"d":null}}]"#, r#"{"b":1,"c":{"d":null}}"#),
        (r#"{"b":1}"#, r#"[{"op":"add","path":"/b","value":2,"more":"x"}]"#, r#"{"b":2}"#),
        (r#"{"b":1}"#, r#"[{"op":"add","path":"","value":[3]}]"#, "[3]"),
        (r#"{"b":{"c":1}}"#, r#"[{"op":"remove","path":"/b/c"}]"#, r#"{"b":{}}"#),
        (r#"{"b":{"c":1}}"#, r#"[{"op":"remove","path":"/b"}]"#, "{}"),
        (r#"{"b":{"c":1}}"#, r#"[{"op":"replace","path":"/b","value":2}]"#, r#"{"b":2}"#),
        (r#"{"b":{"c":1}}"#, r#"[{"op":"replace","path":"","value":2}]"#, "2"),
        (r#"{"b":{"c":1}}"#, r#"[{"op":"move","from":"/b/c","path":"/d"}]"#, r#"{"b":{},"d":1}"#),
        (r#"{"b":{"c":1}}"#, r#"[{"op":"move","from":"/b","path":"/b"}]"#, r#"{"b":{"c":1}}"#),
        (r#"{"b":{"c":1}}"#, r#"[{"op":"move","from":"/b/c","path":"/b"}]"#, r#"{"b":1}"#),
        (r#"{"b":{"c":1}}"#, r#"[{"op":"copy","from":"","path":"/b/d"}]"#, r#"{"b":{"c":1,"d":{"b":{"c":1}}}}"#),
        (r#"{"b":{"c":1.0}}"#, r#"[{"op":"test","path":"/b","value":{"c":10e-1}}]"#, r#"{"b":{"c":1.0}}"#),
        (r#"{"x/y":1,"~":2,"":3}"#, r#"[{"op":"remove","path":"/x~1y"},{"op":"remove","path":"/~0"},{"op":"add","path":"/","value":4}]"#, r#"{"":4}"#),
        (
            r#"{"b":1}"#,
            r#"[{"op":"add","path":"/c","value":{}},{"op":"add","path":"/c/d","value":5},{"op":"test","path":"/c/d","value":5},{"op":"move","from":"/c","path":"/e"}]"#,
            r#"{"b":1,"e":{"d":5}}"#,
        ),
    ])
    .await;
}

#[tokio::test]
async fn an_operation_inside_of_an_array_makes_it_anew() {
    check_patches(&[
        (r#"{"l":[1,2]}"#, r#"[{"op":"add","path":"/l/1","value":"x"}]"#, r#"{"l":[1,"x",2]}"#),
        (r#"{"l":[1,2]}"#, r#"[{"op":"add","path":"/l/-","value":3},{"op":"add","path":"/l/3","value":4}]"#, r#"{"l":[1,2,3,4]}"#),
        (r#"{"l":[1,2]}"#, r#"[{"op":"remove","path":"/l/0"},{"op":"replace","path":"/l/0","value":[]}]"#, r#"{"l":[[]]}"#),
        (r#"{"l":[{"n":1},{"n":[0]}]}"#, r#"[{"op":"add","path":"/l/1/n/0","value":9},{"op":"add","path":"/l/0/m","value":null},{"op":"remove","path":"/l/0/n"}]"#, r#"{"l":[{"m":null},{"n":[9,0]}]}"#),
        (r#"{"l":[1,{"k":2}]}"#, r#"[{"op":"move","from":"/l/1/k","path":"/k"},{"op":"copy","from":"/k","path":"/l/0"},{"op":"test","path":"/l","value":[2,1,{}]}]"#, r#"{"k":2,"l":[2,1,{}]}"#),
        (r#"{"l":[1],"m":[2]}"#, r#"[{"op":"add","path":"/l/-","value":3},{"op":"move","from":"/m/0","path":"/l/0"},{"op":"replace","path":"/m","value":{}},{"op":"move","from":"/l","path":"/m/l"}]"#, r#"{"m":{"l":[2,1,3]}}"#),
        ("[1,2]", r#"[{"op":"test","path":"/1","value":2},{"op":"remove","path":"/1"}]"#, "[1]"),
        (r#"{"l":[1,2]}"#, r#"[{"op":"add","path":"/l/3","value":1}]"#, "409 there is nothing at /l/3"),
        (r#"{"l":[1,2]}"#, r#"[{"op":"add","path":"/l/01","value":1}]"#, "409 nothing at /l/01"),
        (r#"{"l":[1,2]}"#, r#"[{"op":"replace","path":"/l/-","value":1}]"#, "409 nothing at /l/-"),
        (r#"{"l":[1,2]}"#, r#"[{"op":"remove","path":"/l/0/x"}]"#, "409 nothing at /l/0/x"),
        (r#"{"l":[1,2]}"#, r#"[{"op":"add","path":"/l/0","value":3},{"op":"test","path":"/l/0","value":4}]"#, "409 operation 1 of the patch, test /l/0: the value is another"),
    ])
    .await;
}

#[tokio::test]
async fn a_patch_is_made_whole_or_not_at_all_and_the_operation_at_fault_is_named() {
    let long = "n".repeat(1025);
    let long = format!(r#"[{{"op":"add","path":"/{long}","value":1}}]"#);
    let many = format!("[{}{{}}]", r#"{"op":"remove","path":"/b"},"#.repeat(10_000));
    let doubling = |number| format!(r#"{{"op":"copy","from":"/b","path":"/b/{number}"}}"#);
    let doubling = format!("[{}]", (0..60).map(doubling).collect::<Vec<_>>().join(","));
    check_patches(&[
        (
            r#"{"b":1}"#,
            r#"[{"op":"add","path":"/c","value":1},{"op":"test","path":"/b","value":2}]"#,
            "409 operation 1 of the patch, test /b: the value is another",
        ),
        (
            r#"{"b":1}"#,
            r#"[{"op":"test","path":"/c","value":null}]"#,
            "409 operation 0 of the patch, test /c: there is nothing at /c",
        ),
        (
            r#"{"b":1}"#,
            r#"[{"op":"add","path":"/c/d","value":null}]"#,
            "409 operation 0 of the patch, add /c/d: there is nothing at /c",
        ),
        (r#"{"b":1}"#, r#"[{"op":"add","path":"/b/d","value":null}]"#, "409 there is a leaf at /b"),
        (r#"{"b":1}"#, r#"[{"op":"remove","path":"/c"}]"#, "409 nothing at /c"),
        (r#"{"b":1}"#, r#"[{"op":"replace","path":"/c","value":1}]"#, "409 nothing at /c"),
        (r#"{"b":1}"#, r#"[{"op":"copy","from":"/c","path":"/d"}]"#, "409 nothing at /c"),
        (r#"{"b":{"c":1}}"#, r#"[{"op":"move","from":"/b","path":"/b/c"}]"#, "400 can't be moved below itself"),
        (r#"{"b":1}"#, r#"[{"op":"add","path":"/_version","value":1}]"#, "400 reserved"),
        (r#"{"b":1}"#, r#"{"op":"add"}"#, "400 is an array of operations"),
        (r#"{"b":1}"#, r#"[{"op":"add","path":"/c"}]"#, "400 operation 0 of the patch: it has no \"value\""),
        (r#"{"b":1}"#, r#"[{"op":"remove"}]"#, "400 it has no \"path\""),
        (r#"{"b":1}"#, r#"[{"op":"put","path":"/c"}]"#, "400 there is no operation \"put\""),
        (r#"{"b":1}"#, r#"[{"op":"remove","path":"b"}]"#, "400 does not begin with a slash"),
        (r#"{"b":1}"#, r#"[{"op":1,"path":"/b"}]"#, "400 its \"op\" is not a string"),
        (r#"{"b":1}"#, "[1]", "400 operation 0"),
        (r#"{"b":1}"#, &long, "400 over the limit of 1024"),
        (r#"{"b":1}"#, &many, "413 the limit of 10000"),
        (r#"{"b":{}}"#, &doubling, "413 the patch copies more than 268435456 bytes"),
    ])
    .await;
}

#[tokio::test]
async fn a_patch_needs_a_node_unless_it_makes_it() {
    let server = Server::start().await;
    server.put("/h/%22a.b%22", "[1]").await;
    let patch = "| content-type: application/json-patch+json";
    check(
        &server,
        &[
            (
                &format!("PATCH /none {patch}"),
                r#"[{"op":"add","path":"/c","value":1}]"#,
                "404 | there is nothing at none\n",
            ),
            (&format!("PATCH /none {patch}"), "[]", "404"),
            (&format!("PATCH /h/a/b {patch}"), "[]", "404 | ..did you mean.."),
            (&format!("PATCH /h/%22a.b%22/0 {patch}"), "[]", "409 | ..h.\"a.b\" is a leaf.."),
            (&format!("PATCH /h/%22a.b%22/0 {patch}"), r#"[{"op":"add","path":"","value":1}]"#, "409 | ..is a leaf.."),
            (
                &format!("PATCH /new/x {patch}"),
                r#"[{"op":"add","path":"","value":{}},{"op":"add","path":"/c","value":1}]"#,
                "200",
            ),
            ("GET /new", "", r#"200 | {"x":{"c":1}}"#),
            (&format!("PATCH /new/x {patch}"), r#"[{"op":"remove","path":""}]"#, "200 | -etag"),
            ("GET /new/x", "", "404"),
            (
                &format!("PATCH /new {patch} | accept: application/json"),
                r#"[{"op":"test","path":"","value":1}]"#,
                r#"409 | {"type":"urn:tega:problem:test-failed",..,"operation":0}"#,
            ),
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn patches_at_once_lose_nothing_of_each_other() {
    let server = Arc::new(Server::start().await);
    server.put("/a", r#"{"l":[],"n":0}"#).await;
    // Each adds one item to the array that it read; a patch that gives up says so and is sent again.
    let writers = (0..4).map(|writer| {
        let server = Arc::clone(&server);
        tokio::spawn(async move {
            for number in 0..20 {
                let patch = format!(r#"[{{"op":"add","path":"/l/-","value":{}}}]"#, writer * 100 + number);
                while ask(&server, PATCH, &patch).await.status == 503 {}
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    let mut items: Vec<u64> = serde_json::from_str(&server.send("GET", "/a/l", "").await.body).unwrap();
    items.sort_unstable();
    let all: Vec<u64> = (0..4).flat_map(|writer| (0..20).map(move |number| writer * 100 + number)).collect();
    assert_eq!(items, all);
}
