//! Transactions: open ones between requests, and those of one request.

use http::header::{ACCEPT, CONTENT_TYPE};

use super::{Answer, Server};
use crate::NetOptions;

async fn begin(server: &Server, query: &str) -> String {
    let answer = server.send("POST", &format!("/_begin{query}"), "").await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()["txid"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_was_queued_is_committed_as_one_and_seen_by_nobody_before() {
    let server = Server::start().await;
    server.put("/b", r#"{"x": 1}"#).await;
    let txid = begin(&server, "?tega_id=bob").await;
    let steps = [
        ("POST", "/_cand?txid=$TXID", "", 200, "[]"),
        ("PUT", "/a/n/?txid=$TXID&tega_id=bob", "1.50", 200, ""),
        ("PUT", "/b/y?txid=$TXID", "2", 200, ""),
        ("DELETE", "/b/x?txid=$TXID&version=0", "", 200, ""),
        ("PUT", "/b/y?txid=$TXID", "", 400, "line 1"),
        ("PUT", "/b//y?txid=$TXID", "1", 400, "empty name"),
        ("PUT", "/b/z?txid=$TXID&ephemeral=True", "1", 400, "tega_id= names it"),
        ("PUT", "/b/z?txid=$TXID&ephemeral=True&tega_id=ann", "1", 409, "no session ann is open"),
        ("PUT", "/b/z?txid=$TXID&message=why", "1", 400, "takes no message"),
        ("GET", "/a?txid=$TXID", "", 404, "nothing at a"),
        (
            "POST",
            "/_cand?txid=$TXID",
            "",
            200,
            r#"[{"op":"add","path":"/a","value":{"n":1.50}},{"op":"remove","path":"/b/x"},{"op":"add","path":"/b/y","value":2}]"#,
        ),
        (
            "GET",
            "/_diff?txid=$TXID",
            "",
            200,
            r#"[{"op":"add","path":"/a","value":{"n":1.50}},{"op":"remove","path":"/b/x"},{"op":"add","path":"/b/y","value":2}]"#,
        ),
        ("GET", "/_roots", "", 200, r#"{"b":0}"#),
        ("POST", "/_commit?txid=$TXID&message=why", "", 200, ""),
        ("GET", "/_roots", "", 200, r#"{"a":0,"b":1}"#),
        ("GET", "/b", "", 200, r#"{"y":2}"#),
    ];
    server.check(&txid, &steps).await;
    let log = server.send("GET", "/_log?from=2", "").await.json();
    assert_eq!(log["commits"][0]["message"], "why");
    assert_eq!(log["commits"][0]["author"]["name"], "bob");
    assert_eq!(log["commits"][0]["changes"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn an_id_is_good_until_its_transaction_ends_however_it_does() {
    let server = Server::start().await;
    let (committed, cancelled) = (begin(&server, "").await, begin(&server, "").await);
    server.check(&committed, &[("POST", "/_commit?txid=$TXID", "", 200, "")]).await;
    server.check(&cancelled, &[("POST", "/_cancel?txid=$TXID", "", 200, "")]).await;
    let gone = [
        ("POST", "/_commit?txid=$TXID", "", 404, "no transaction"),
        ("POST", "/_cancel?txid=$TXID", "", 404, "no transaction"),
        ("POST", "/_cand?txid=$TXID", "", 404, "no transaction"),
        ("GET", "/_diff?txid=$TXID", "", 404, "no transaction"),
        ("PUT", "/a?txid=$TXID", "1", 404, "no transaction"),
        ("DELETE", "/a?txid=$TXID", "", 404, "no transaction"),
        ("POST", "/_commit", "", 404, "txid is missing"),
        ("POST", "/_cancel", "", 404, "txid is missing"),
        ("POST", "/_cand", "", 404, "txid is missing"),
        ("POST", "/_cancel?txid=1&id=2", "", 400, "only one of them"),
        ("POST", "/_cand?txid=$TXID&internal=True", "", 400, "internal"),
        ("GET", "/_begin", "", 405, "takes POST"),
    ];
    for id in [&committed, &cancelled] {
        server.check(id, &gone).await;
    }
    let server = Server::start_with(NetOptions { transaction_life_ms: 1, ..NetOptions::default() }).await;
    let txid = begin(&server, "").await;
    while server.send("POST", &format!("/_cand?txid={txid}"), "").await.status != 404 {}
    server.check(&txid, &gone).await;
}

#[tokio::test]
async fn a_collision_is_406_at_the_commit_and_nothing_of_it_is_made() {
    let server = Server::start().await;
    server.put("/a", r#"{"x": 1, "y": 1}"#).await;
    server.put("/a/x", "2").await;
    for (verb, path, body, status, fact) in [
        ("PUT", "/a/y?txid=$TXID&version=1", "2", 406, "a.y is expected at version 1 and is at version 0"),
        ("PUT", "/none?txid=$TXID&version=3", "2", 406, "not there"),
        ("DELETE", "/none?txid=$TXID&version=3", "", 406, "not there"),
        ("DELETE", "/a/none?txid=$TXID&version=3", "", 406, "not there"),
        ("DELETE", "/a/none?txid=$TXID", "", 404, "nothing at a.none"),
        ("PUT", "/a/x/below?txid=$TXID", "1", 409, "a.x is a leaf"),
    ] {
        let txid = begin(&server, "").await;
        let candidate = if status == 406 { 409 } else { status };
        let steps = [
            ("PUT", "/made?txid=$TXID", "1", 200, ""),
            (verb, path, body, 200, ""),
            ("POST", "/_cand?txid=$TXID", "", candidate, fact),
            ("POST", "/_commit?txid=$TXID", "", status, fact),
            ("POST", "/_commit?txid=$TXID", "", 404, "no transaction"),
            ("GET", "/_roots", "", 200, r#"{"a":1}"#),
        ];
        server.check(&txid, &steps).await;
    }
    let txid = begin(&server, "").await;
    let one_of_two = [
        ("PUT", "/a/x?txid=$TXID&version=1", "3", 200, ""),
        // It is the state before the transaction that counts, not what it wrote itself.
        ("PUT", "/a/x?txid=$TXID&version=1", "4", 200, ""),
        ("PUT", "/a/y", "2", 200, ""),
        ("POST", "/_commit?txid=$TXID", "", 200, ""),
        ("GET", "/a", "", 200, r#"{"x":4,"y":2}"#),
    ];
    server.check(&txid, &one_of_two).await;
    let txid = begin(&server, "").await;
    server.check(&txid, &[("PUT", "/a/x?txid=$TXID&version=1", "3", 200, "")]).await;
    let request = server.request("POST", &format!("/_commit?txid={txid}")).header(ACCEPT, "application/json");
    let answer = Answer::of(request.send().await.unwrap()).await;
    assert_eq!((answer.status, &answer.json()["type"]), (406, &"urn:tega:problem:collision".into()));
}

#[tokio::test]
async fn the_arguments_of_a_command_may_come_as_a_form() {
    let server = Server::start().await;
    let txid = begin(&server, "").await;
    server.check(&txid, &[("PUT", "/a?txid=$TXID", "1", 200, "")]).await;
    let request = server.request("POST", "/_commit").header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    let answer = Answer::of(request.body(format!("txid={txid}&message=so+it+is")).send().await.unwrap()).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, ""));
    assert_eq!(server.send("GET", "/_log", "").await.json()["commits"][0]["message"], "so it is");
}

#[tokio::test]
async fn a_transaction_in_one_request_is_made_as_a_whole() {
    let server = Server::start().await;
    server.put("/a", r#"{"x": 1}"#).await;
    let body = r#"{
        "operations": [
            {"put": "b.n", "value": 1.50},
            {"merge": "a", "value": {"y": 2, "x": null}, "version": 0},
            {"put": "a.z", "value": null},
            {"delete": "a.z"}
        ],
        "conditions": [
            {"path": "a", "version": 0}, {"path": "a.x", "present": true}, {"path": "b", "absent": true},
            {"path": "a", "equal": {"x": 1.0}}
        ],
        "message": "for the test"
    }"#;
    let would_be = r#"{"differences":[{"op":"remove","path":"/a/x"},{"op":"add","path":"/a/y","value":2},{"op":"add","path":"/b","value":{"n":1.50}}],"changes":[{"put":"b.n","value":1.50},{"put":"a.y","value":2},{"delete":"a.x","removed":[1]},{"put":"a.z","value":null},{"delete":"a.z","removed":[null]}]}"#;
    let made = r#"{"revision":2,"position":"$H.0:2","versions":{"a":1,"b":0}}"#;
    let steps = [
        ("POST", "/_transaction?dry_run=true", body, 200, would_be),
        ("POST", "/_check", body, 200, would_be),
        ("GET", "/_roots", "", 200, r#"{"a":0}"#),
        ("POST", "/_transaction?tega_id=bob", body, 200, made),
        ("GET", "/a", "", 200, r#"{"y":2}"#),
        ("POST", "/_transaction", body, 409, "a is expected at version 0 and is at version 1"),
        ("POST", "/_check", body, 409, "b is expected not to be there"),
        ("POST", "/_transaction", "{}", 200, r#"{"revision":null,"position":"$H.0:2","versions":{}}"#),
        ("POST", "/_check", "{}", 200, r#"{"differences":[],"changes":[]}"#),
        (
            "POST",
            "/_transaction",
            r#"{"conditions":[{"path":"a.y","equal":2}]}"#,
            200,
            r#"{"revision":null,"position":"$H.0:2","versions":{}}"#,
        ),
        ("POST", "/_transaction", r#"{"conditions":[{"path":"a.y","equal":3}]}"#, 409, "a.y does not have the value"),
        (
            "POST",
            "/_transaction",
            r#"{"operations":[{"rollback":"a","version":-1},{"put":"c","value":[1]}]}"#,
            200,
            r#"{"revision":3,"position":"$H.0:3","versions":{"a":2,"c":0}}"#,
        ),
        ("GET", "/a", "", 200, r#"{"x":1}"#),
    ];
    server.check("", &steps).await;
    let commit = server.send("GET", "/_log?from=2&limit=1", "").await.json();
    assert_eq!(commit["commits"][0]["message"], "for the test");
    assert_eq!(commit["commits"][0]["author"]["name"], "bob");
}

#[tokio::test]
async fn a_body_that_is_no_transaction_is_refused_with_the_place() {
    let server = Server::start().await;
    server.put("/a", "1").await;
    for (body, status, fact) in [
        ("", 400, "line 1"),
        ("[]", 400, "the body is not an object"),
        (r#"{"operation": []}"#, 400, r#"the body: there is no "operation" here; there are operations, conditions,"#),
        (r#"{"operations": {}}"#, 400, "operations is not an array"),
        (r#"{"operations": [1]}"#, 400, "operations[0] is not an object"),
        (r#"{"operations": [{"delete": "a"}, {}]}"#, 400, "operations[1]: it has none of put, merge, delete, rollback"),
        (r#"{"operations": [{"put": "a", "delete": "a"}]}"#, 400, "it has put and delete, of which only one can be"),
        (r#"{"operations": [{"put": "a"}]}"#, 400, "operations[0]: value is missing"),
        (r#"{"operations": [{"put": 1, "value": 1}]}"#, 400, "put is not a string"),
        (r#"{"operations": [{"put": "a..b", "value": 1}]}"#, 400, "operations[0]: put: "),
        (r#"{"operations": [{"put": "a", "value": 1, "vresion": 1}]}"#, 400, r#"there is no "vresion" here"#),
        (r#"{"operations": [{"put": "a", "value": 1, "version": -1}]}"#, 400, "version is not a whole number"),
        (r#"{"operations": [{"put": "a", "value": 1, "version": 7}]}"#, 409, "a is expected at version 7"),
        (
            r#"{"operations": [{"delete": "none", "version": 7}]}"#,
            409,
            "none is expected at version 7 and is not there",
        ),
        (r#"{"operations": [{"delete": "a", "value": 1}]}"#, 400, r#"there is no "value" here"#),
        (r#"{"operations": [{"delete": "none"}]}"#, 404, "there is nothing at none"),
        (r#"{"operations": [{"put": "a.b", "value": 1}]}"#, 409, "a is a leaf"),
        (r#"{"operations": [{"rollback": "a"}]}"#, 400, "version is missing"),
        (r#"{"operations": [{"rollback": "a", "version": true}]}"#, 400, "neither a version such as 3"),
        (r#"{"operations": [{"rollback": "a", "version": 7}]}"#, 404, "a is at version 0; there is no version 7 yet"),
        (r#"{"operations": [{"rollback": "a", "version": "good"}]}"#, 404, "no version of a has the tag good"),
        (r#"{"conditions": [{"path": "a"}]}"#, 400, "conditions[0]: it has none of version, present, absent, equal"),
        (r#"{"conditions": [{"present": true}]}"#, 400, "conditions[0]: path is missing"),
        (r#"{"conditions": [{"path": "a", "present": false}]}"#, 400, "present takes true; its opposite is absent"),
        (r#"{"conditions": [{"path": "a", "absent": true}]}"#, 409, "a is expected not to be there"),
        (r#"{"conditions": [{"path": "b", "present": true}]}"#, 409, "b is expected to be there"),
        (r#"{"message": 1}"#, 400, "message is not a string"),
        (r#"{"confirm_within_ms": "1"}"#, 400, "confirm_within_ms is not a whole number"),
        (r#"{"confirm_within_ms": 1}"#, 400, "not within 1 ms"),
        (r#"{"confirm": "0a", "operations": [{"put": "a", "value": 1}]}"#, 404, "no confirmed commit 0a is pending"),
    ] {
        for command in ["/_transaction", "/_check", "/_transaction?dry_run=1"] {
            server.check("", &[("POST", command, body, status, fact)]).await;
        }
    }
    let steps = [
        ("POST", "/_transaction?dryrun=true", "{}", 400, r#"there is no argument "dryrun" here"#),
        ("POST", "/_transaction?dry_run=yes", "{}", 400, "dry_run=yes is wrong"),
        ("GET", "/_transaction", "", 405, "takes POST"),
        ("GET", "/_roots", "", 200, r#"{"a":0}"#),
    ];
    server.check("", &steps).await;
    let request = server.request("POST", "/_transaction").header(ACCEPT, "application/json");
    let request = request.body(r#"{"operations": [{"put": "b", "value": 1}, {"delete": "none"}]}"#);
    let problem = Answer::of(request.send().await.unwrap()).await.json();
    assert_eq!((&problem["operation"], &problem["path"]), (&1.into(), &"none".into()));
}

#[tokio::test]
async fn a_confirmed_commit_waits_and_is_confirmed_or_taken_back() {
    let server = Server::start().await;
    server.put("/a", r#"{"x": 1}"#).await;
    let confirmed = |body: &'static str| {
        let server = &server;
        async move {
            let answer = server.send("POST", "/_transaction", body).await;
            assert_eq!(answer.status, 200, "{}", answer.body);
            answer.json()["confirm"].as_str().unwrap().to_owned()
        }
    };
    server.check("", &[("GET", "/_pending", "", 200, "[]")]).await;
    let id = confirmed(r#"{"operations": [{"put": "a.x", "value": 2}], "confirm_within_ms": 60000}"#).await;
    let pending = format!(r#"[{{"id":"{id}","within_ms":60000,"revision":2,"paths":["a.x"],"overwritten":[]}}]"#);
    server.check("", &[("GET", "/_pending", "", 200, &pending), ("PUT", "/a/x", "3", 409, &id)]).await;
    let extending = format!(r#"{{"operations": [{{"put": "a.y", "value": 2}}], "confirm": "{id}"}}"#);
    let extended = format!(r#"{{"revision":3,"position":"$H.0:3","versions":{{"a":2}},"confirm":"{id}"}}"#);
    let taken_back = [
        ("POST", "/_transaction", extending.as_str(), 200, extended.as_str()),
        (
            "POST",
            "/_cancel?id=$TXID&message=no+good",
            "",
            200,
            r#"{"revision":4,"position":"$H.0:4","versions":{"a":3}}"#,
        ),
        ("GET", "/a", "", 200, r#"{"x":1}"#),
        ("POST", "/_cancel?id=$TXID", "", 404, "is pending"),
        ("POST", "/_confirm?id=$TXID", "", 404, "is pending"),
        ("POST", "/_confirm", "", 400, "id is missing"),
        ("POST", "/_confirm?id=$TXID&force=1", "", 400, "no argument \"force\""),
        ("GET", "/_pending?all=1", "", 400, "no argument \"all\""),
        ("GET", "/_pending", "", 200, "[]"),
    ];
    server.check(&id, &taken_back).await;
    let id = confirmed(r#"{"operations": [{"put": "a.x", "value": 4}], "confirm_within_ms": 60000}"#).await;
    let stays = [
        ("POST", "/_confirm?id=$TXID", "", 200, r#"{"revision":6,"position":"$H.0:6","versions":{}}"#),
        ("PUT", "/a/x", "5", 200, ""),
    ];
    server.check(&id, &stays).await;
}
