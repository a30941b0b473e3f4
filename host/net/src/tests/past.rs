//! The past of the roots: versions, tags, differences, rollbacks, the log.

use super::{Answer, Server};

/// A root `a` with the versions 0 to 3: `{"n":0}`, `{"n":1}`, `{"n":2}`, `{"m":1,"n":2}`.
async fn server() -> Server {
    let server = Server::start().await;
    for n in 0..3 {
        server.put("/a", &format!(r#"{{"n":{n}}}"#)).await;
    }
    server.put("/a/m?tega_id=bob&message=why", "1").await;
    server
}

#[tokio::test]
async fn the_versions_of_a_root_are_told_with_their_tags() {
    let server = server().await;
    let steps = [
        ("GET", "/_old", "", 200, r#"[{"a":[0,1,2]}]"#),
        (
            "POST",
            "/_tag?root=a&name=good&version=1",
            "",
            200,
            r#"{"revision":5,"position":"$H.0:5","versions":{},"tagged":1}"#,
        ),
        (
            "POST",
            "/_tag?root=a&name=now&tega_id=bob",
            "",
            200,
            r#"{"revision":6,"position":"$H.0:6","versions":{},"tagged":3}"#,
        ),
        (
            "POST",
            "/_tag?root=a&name=before&version=-1",
            "",
            200,
            r#"{"revision":7,"position":"$H.0:7","versions":{},"tagged":2}"#,
        ),
        ("GET", "/_tag?root=a", "", 200, r#"{"before":2,"good":1,"now":3}"#),
        ("DELETE", "/_tag?root=a&name=before", "", 200, r#"{"revision":8,"position":"$H.0:8","versions":{}}"#),
        ("DELETE", "/_tag?root=a&name=before", "", 404, "no version of a has the tag before; there are good, now"),
        (
            "GET",
            "/_history?path=a.n",
            "",
            200,
            r#"{"root":"a","versions":[{"version":0,"revision":1,"time":"1970-01-01T00:00:00Z","tags":[]},{"version":1,"revision":2,"time":"1970-01-01T00:00:00Z","tags":["good"]},{"version":2,"revision":3,"time":"1970-01-01T00:00:00Z","tags":[]},{"version":3,"revision":4,"time":"1970-01-01T00:00:00Z","tags":["now"]}]}"#,
        ),
        ("DELETE", "/a", "", 200, ""),
        ("GET", "/_old", "", 200, r#"[{"a":[0,1,2,3]}]"#),
    ];
    server.check("", &steps).await;
    let history = server.send("GET", "/_history?path=a", "").await.json();
    assert_eq!(history["versions"][4]["deleted"], true);
    let refused = [
        ("GET", "/_history", "", 400, "path is missing"),
        ("GET", "/_history?path=a..b", "", 400, "empty name"),
        ("GET", "/_history?path=none", "", 404, "there is no root none, and never was"),
        ("GET", "/_history?path=a&limit=3", "", 400, r#"there is no argument "limit" here; there are path"#),
        ("GET", "/_tag", "", 400, "root is missing"),
        ("GET", "/_tag?root=none", "", 404, "no root none"),
        ("POST", "/_tag?root=a.n&name=x", "", 400, "root=a.n is wrong"),
        ("POST", "/_tag?root=a", "", 400, "name is missing"),
        ("POST", "/_tag?root=a&name=1", "", 400, "no tag"),
        ("POST", "/_tag?root=a&name=x&version=9", "", 404, "no version 9 yet"),
        ("POST", "/_tag?root=a&name=x&version=1&at=2026-01-01T00:00:00Z", "", 400, "only one of them"),
        ("POST", "/_tag?root=a&name=x&vresion=1", "", 400, r#"no argument "vresion""#),
        ("PUT", "/_tag?root=a&name=x", "", 405, "takes GET, HEAD, POST, DELETE"),
    ];
    server.check("", &refused).await;
}

#[tokio::test]
async fn the_difference_between_two_states_is_a_json_patch_of_the_node() {
    let server = server().await;
    let steps = [
        (
            "GET",
            "/_diff?path=a&from=0",
            "",
            200,
            r#"[{"op":"add","path":"/m","value":1},{"op":"replace","path":"/n","value":2}]"#,
        ),
        ("GET", "/_diff?path=a.n&from=0&to=1", "", 200, r#"[{"op":"replace","path":"","value":1}]"#),
        ("GET", "/_diff?path=a&from=-1", "", 200, r#"[{"op":"add","path":"/m","value":1}]"#),
        ("GET", "/_diff?path=a&from=3&to=-1", "", 200, r#"[{"op":"remove","path":"/m"}]"#),
        ("GET", "/_diff?path=a&from=3&to=3", "", 200, "[]"),
        ("GET", "/_diff?path=a&from=2026-01-01T00:00:00Z", "", 200, "[]"),
        ("GET", "/_diff?path=a", "", 400, "from is missing"),
        ("GET", "/_diff?from=1", "", 400, "path is missing"),
        ("GET", "/_diff?path=a&from=1.5", "", 400, "from=1.5 is wrong"),
        ("GET", "/_diff?path=a&from=9", "", 404, "there is no version 9 yet"),
        ("GET", "/_diff?path=a&from=-9", "", 404, "before a was first made"),
        ("GET", "/_diff?path=a&from=good", "", 404, "no version of a has the tag good; it has none"),
        ("GET", "/_diff?path=none&from=1", "", 404, "no root none"),
        ("GET", "/_diff?path=a&from=1&txid=2", "", 400, r#"no argument "path""#),
    ];
    server.check("", &steps).await;
}

#[tokio::test]
async fn a_rollback_makes_a_version_with_the_content_of_an_old_one() {
    let server = server().await;
    let steps = [
        (
            "POST",
            "/_rollback?path=a&version=1&message=back",
            "",
            200,
            r#"{"revision":5,"position":"$H.0:5","versions":{"a":4},"to":1}"#,
        ),
        ("GET", "/a", "", 200, r#"{"n":1}"#),
        (
            "POST",
            "/_rollback?path=a.n&version=-1",
            "",
            200,
            r#"{"revision":6,"position":"$H.0:6","versions":{"a":5},"to":3}"#,
        ),
        ("GET", "/a", "", 200, r#"{"n":2}"#),
        (
            "POST",
            "/_tag?root=a&name=first&version=0",
            "",
            200,
            r#"{"revision":7,"position":"$H.0:7","versions":{},"tagged":0}"#,
        ),
        (
            "POST",
            "/_rollback?path=a&version=first",
            "",
            200,
            r#"{"revision":8,"position":"$H.0:8","versions":{"a":6},"to":0}"#,
        ),
        (
            "POST",
            "/_rollback?path=a&at=2026-01-01T00:00:00Z",
            "",
            200,
            r#"{"revision":9,"position":"$H.0:9","versions":{"a":7},"to":6}"#,
        ),
        ("GET", "/a", "", 200, r#"{"n":0}"#),
        ("POST", "/_rollback", "", 400, "path is missing"),
        ("POST", "/_rollback?path=a", "", 400, "version is missing"),
        ("POST", "/_rollback?path=a&version=x.", "", 404, "no version of a has the tag x."),
        ("POST", "/_rollback?path=a&version=", "", 400, "version is missing"),
        ("POST", "/_rollback?path=a&version=1&at=2026-01-01T00:00:00Z", "", 400, "only one of them"),
        ("POST", "/_rollback?path=a&at=1", "", 400, "at= takes a time"),
        ("POST", "/_rollback?path=none&version=1", "", 404, "no root none"),
        ("POST", "/_rollback?path=a&version=100", "", 404, "no version 100 yet"),
        ("POST", "/_rollback?path=a&to=1", "", 400, r#"no argument "to""#),
    ];
    server.check("", &steps).await;
    let log = server.send("GET", "/_log?from=5&limit=1", "").await.json();
    assert_eq!(log["commits"][0]["effects"], serde_json::json!([{ "rollback": { "path": "a", "to": 1 } }]));
    assert_eq!(log["commits"][0]["message"], "back");
}

#[tokio::test]
async fn a_rollback_counts_as_the_original_did() {
    let server = server().await;
    let steps = [
        ("POST", "/_rollback?tega_id=bob&root_oid=a&backto=-1", "", 200, ""),
        ("GET", "/a", "", 200, r#"{"n":2}"#),
        ("POST", "/_rollback?root_oid=a&backto=-1", "", 200, ""),
        ("GET", "/a", "", 200, r#"{"n":1}"#),
        ("POST", "/_rollback?path=a&backto=3", "", 200, ""),
        ("GET", "/a", "", 200, r#"{"m":1,"n":2}"#),
        ("POST", "/_rollback?path=a.n&backto=1", "", 200, ""),
        ("GET", "/a", "", 200, r#"{"m":1,"n":1}"#),
        ("POST", "/_rollback?root_oid=a&backto=0", "", 400, "backto=0 is wrong"),
        ("POST", "/_rollback?root_oid=a&backto=x", "", 400, "backto=x is wrong"),
        ("POST", "/_rollback?root_oid=a", "", 400, "backto is missing"),
        ("POST", "/_rollback?backto=-1", "", 400, "path is missing"),
        ("POST", "/_rollback?root_oid=a.n&backto=-1", "", 400, "root_oid=a.n is wrong"),
        ("POST", "/_rollback?root_oid=a&backto=99", "", 404, "there is no place 99"),
        ("POST", "/_rollback?root_oid=a&backto=-99", "", 404, "99 steps back"),
        ("POST", "/_rollback?root_oid=none&backto=-1", "", 404, "no root none"),
        ("POST", "/_rollback?root_oid=none&backto=1", "", 404, "none has 0 versions"),
        ("POST", "/_rollback?root_oid=a&backto=-1&version=1", "", 400, r#"no argument "version""#),
        ("GET", "/_old", "", 200, r#"[{"a":[0,1,2,3,4,5,6]}]"#),
    ];
    server.check("", &steps).await;
}

#[tokio::test]
async fn the_log_tells_the_commits_page_by_page_in_both_directions() {
    let server = server().await;
    server.put("/b.c", "1").await;
    let revisions = |answer: Answer| {
        let page = answer.json();
        let commits = page["commits"].as_array().unwrap().clone();
        (commits.iter().map(|commit| commit["revision"].as_u64().unwrap()).collect::<Vec<_>>(), page["next"].as_u64())
    };
    for (query, listed, next) in [
        ("", &[1, 2, 3, 4, 5][..], None),
        ("?limit=2", &[1, 2], Some(3)),
        ("?limit=2&from=3", &[3, 4], Some(5)),
        ("?newest_first=true&limit=2", &[5, 4], Some(3)),
        ("?newest_first=True&limit=2&to=3", &[3, 2], Some(1)),
        ("?path=b", &[5], None),
        ("?path=a.m", &[1, 2, 3, 4], None),
        ("?pattern=b.*", &[5], None),
        // What is above a node of the pattern touches it too.
        ("?pattern=*.m", &[1, 2, 3, 4], None),
        ("?path=a&from=2&to=3", &[2, 3], None),
        ("?path=none", &[], None),
        ("?from=99", &[], None),
    ] {
        let answer = server.send("GET", &format!("/_log{query}"), "").await;
        assert_eq!((answer.status, revisions(answer)), (200, (listed.to_vec(), next)), "{query}");
    }
    let steps = [
        (
            "GET",
            "/_log?path=a.m&from=4",
            "",
            200,
            r#"{"commits":[{"revision":4,"epoch":0,"time":"1970-01-01T00:00:00Z","author":{"kind":"client","name":"bob","proven":false},"message":"why","changes":[{"put":"a.m","value":1}]}],"next":null,"oldest":1}"#,
        ),
        ("GET", "/_log?from=x", "", 400, "from=x is wrong"),
        ("GET", "/_log?path=a..b", "", 400, "empty name"),
        ("GET", "/_log?pattern=a.**.b", "", 400, "not a pattern"),
        ("GET", "/_log?pattern=a&path=a", "", 400, "only one of them"),
        ("GET", "/_log?limit=0", "", 400, "limit= takes a number from 1 to 1000"),
        ("GET", "/_log?limit=1001", "", 400, "limit= takes a number from 1 to 1000"),
        ("GET", "/_log?newest_first=yes", "", 400, "newest_first=yes is wrong"),
        ("GET", "/_log?newest=true", "", 400, r#"no argument "newest""#),
        ("POST", "/_log", "", 405, "takes GET, HEAD"),
    ];
    server.check("", &steps).await;
}

#[tokio::test]
async fn a_page_of_the_log_ends_where_it_grows_too_large() {
    let server = Server::start().await;
    let large = format!("\"{}\"", "x".repeat(6_000_000));
    for _ in 0..5 {
        server.put("/a", &large).await;
    }
    server.put("/b", "1").await;
    for (query, listed, next) in [
        ("", &[1, 2][..], Some(3)),
        ("from=3", &[3, 4], Some(5)),
        ("from=5", &[5, 6], None),
        ("newest_first=true", &[6, 5, 4], Some(3)),
        ("newest_first=true&to=3", &[3, 2], Some(1)),
        ("newest_first=true&to=1", &[1], None),
    ] {
        let page = server.send("GET", &format!("/_log?{query}"), "").await.json();
        let commits = page["commits"].as_array().unwrap().iter();
        let revisions: Vec<u64> = commits.map(|commit| commit["revision"].as_u64().unwrap()).collect();
        assert_eq!((&revisions[..], page["next"].as_u64()), (listed, next), "{query}");
    }
}

#[tokio::test]
async fn what_the_log_tells_of_a_pending_commit_is_what_it_changed_and_not_what_was_before() {
    let server = server().await;
    let body = r#"{"operations": [{"put": "a.n", "value": 9}], "confirm_within_ms": 60000}"#;
    let id = server.send("POST", "/_transaction", body).await.json()["confirm"].as_str().unwrap().to_owned();
    let log = server.send("GET", "/_log?from=5", "").await.json();
    let effect = serde_json::json!({ "confirm": { "id": id, "within_ms": 60000, "paths": ["a.n"] } });
    assert_eq!(log["commits"][0]["effects"], serde_json::json!([effect]));
}
