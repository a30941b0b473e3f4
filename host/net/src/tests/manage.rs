//! The other commands: what is there, who listens, locks, the server itself.

use http::header::ACCEPT;

use super::{Answer, Server};

#[tokio::test]
async fn the_nodes_of_a_pattern_come_page_by_page() {
    let server = Server::start().await;
    server.put("/inventory", r#"{"ne1":{"mtu":1500,"name":"a"},"ne2":{"mtu":9000},"ne3":{"mtu":1.50}}"#).await;
    server.put("/inventory/ne2/mtu", "9001").await;
    let steps = [
        (
            "GET",
            "/_find?pattern=inventory.*.mtu",
            "",
            200,
            r#"{"nodes":[{"path":"inventory.ne1.mtu","version":0,"value":1500},{"path":"inventory.ne2.mtu","version":1,"value":9001},{"path":"inventory.ne3.mtu","version":0,"value":1.50}],"next":null}"#,
        ),
        (
            "GET",
            "/_find?pattern=inventory.*.mtu&limit=1",
            "",
            200,
            r#"{"nodes":[{"path":"inventory.ne1.mtu","version":0,"value":1500}],"next":"inventory.ne1.mtu"}"#,
        ),
        (
            "GET",
            "/_find?pattern=inventory.*.mtu&limit=2&after=inventory.ne1.mtu",
            "",
            200,
            r#"{"nodes":[{"path":"inventory.ne2.mtu","version":1,"value":9001},{"path":"inventory.ne3.mtu","version":0,"value":1.50}],"next":null}"#,
        ),
        (
            "GET",
            "/_find?pattern=inventory.~%22ne[13]%22.name",
            "",
            200,
            r#"{"nodes":[{"path":"inventory.ne1.name","version":0,"value":"a"}],"next":null}"#,
        ),
        ("GET", "/_find?pattern=none.**", "", 200, r#"{"nodes":[],"next":null}"#),
        ("GET", "/_find", "", 400, "pattern is missing"),
        ("GET", "/_find?pattern=a.**.b", "", 400, "not a pattern"),
        ("GET", "/_find?pattern=a&after=..", "", 400, "empty name"),
        ("GET", "/_find?pattern=a&limit=x", "", 400, "limit=x is wrong"),
        ("GET", "/_find?pattern=a&limit=1001", "", 400, "limit= takes a number from 1 to 1000"),
        (
            "GET",
            "/_find?pattern=a&depth=1",
            "",
            400,
            r#"there is no argument "depth" here; there are pattern, after, limit"#,
        ),
        ("POST", "/_find?pattern=a", "", 405, "takes GET, HEAD"),
    ];
    server.check("", &steps).await;
}

#[tokio::test]
async fn a_page_of_nodes_ends_where_it_grows_too_large() {
    let server = Server::start().await;
    let large = format!("\"{}\"", "x".repeat(9_000_000));
    for name in ["a", "b", "c"] {
        server.put(&format!("/r/{name}"), &large).await;
    }
    let page = server.send("GET", "/_find?pattern=r.*", "").await.json();
    assert_eq!((page["nodes"].as_array().unwrap().len(), &page["next"]), (2, &"r.b".into()));
    let page = server.send("GET", "/_find?pattern=r.*&after=r.b", "").await.json();
    assert_eq!((page["nodes"].as_array().unwrap().len(), &page["next"]), (1, &serde_json::Value::Null));
}

#[tokio::test]
async fn a_lock_is_given_to_an_open_session_and_goes_with_it() {
    let server = Server::start().await;
    server.put("/a", r#"{"x": 1}"#).await;
    let bob = server.session("bob", &[]).await;
    let _carol = server.session("carol", &[]).await;
    let held = r#"{"path":"a.x","holder":"bob","reason":"upgrade","since":"1970-01-01T00:00:00Z"}"#;
    let all = format!("[{held}]");
    let steps = [
        ("GET", "/_lock", "", 200, "[]"),
        ("POST", "/_lock?path=a.x&tega_id=bob&reason=upgrade", "", 200, held),
        ("GET", "/_lock", "", 200, all.as_str()),
        ("PUT", "/a/x", "2", 423, "a.x is locked by bob since 1970-01-01T00:00:00Z: upgrade"),
        ("PUT", "/a?tega_id=carol", "2", 423, "locked by bob"),
        ("PUT", "/a/x?tega_id=bob", "2", 200, ""),
        ("POST", "/_lock?path=a&tega_id=carol", "", 423, "a.x is locked by bob"),
        ("POST", "/_lock?path=a&tega_id=dave", "", 409, "no session of the name dave is open"),
        ("POST", "/_lock?path=a", "", 400, "tega_id is missing"),
        ("POST", "/_lock?tega_id=bob", "", 400, "path is missing"),
        ("POST", "/_lock?path=a..b&tega_id=bob", "", 400, "empty name"),
        ("POST", "/_lock?path=a&tega_id=bob&why=so", "", 400, r#"no argument "why""#),
        ("DELETE", "/_lock?path=a.x&tega_id=carol", "", 404, "there is no lock of carol on exactly a.x"),
        ("DELETE", "/_lock?path=a", "", 404, "there is no lock on exactly a"),
        ("DELETE", "/_lock", "", 400, "path is missing"),
        ("DELETE", "/_lock?path=a.x&tega_id=bob", "", 200, all.as_str()),
        ("PUT", "/a/x", "3", 200, ""),
        ("POST", "/_lock?path=a.x&tega_id=bob&reason=upgrade", "", 200, held),
        ("DELETE", "/_lock?path=a.x", "", 200, all.as_str()),
        ("POST", "/_lock?path=a.x&tega_id=bob&reason=upgrade", "", 200, held),
        ("GET", "/_lock?path=a", "", 400, r#"no argument "path""#),
    ];
    server.check("", &steps).await;
    let long = format!("/_lock?path=b&tega_id=bob&reason={}", "w".repeat(5000));
    server.check("", &[("POST", &long, "", 413, "a reason of 5000 bytes is over the limit of 4096")]).await;
    let request = server.request("POST", "/_lock?path=a&tega_id=carol").header(ACCEPT, "application/json");
    let problem = Answer::of(request.send().await.unwrap()).await.json();
    assert_eq!((&problem["holder"], &problem["locked"]), (&"bob".into(), &"a.x".into()));
    drop(bob);
    while server.engine.sessions().names() != ["carol"] {
        tokio::task::yield_now().await;
    }
    server.check("", &[("GET", "/_lock", "", 200, "[]"), ("PUT", "/a/x", "4", 200, "")]).await;
}

#[tokio::test]
async fn who_listens_to_what_is_told_as_the_original_did() {
    let server = Server::start().await;
    let none = [
        ("GET", "/_channels", "", 200, "{}"),
        ("GET", "/_subscribers", "", 200, "{}"),
        ("GET", "/_global", "", 200, "[]"),
        ("GET", "/_forwarders", "", 200, "[]"),
        ("POST", "/_channels", "", 405, "takes GET, HEAD"),
    ];
    server.check("", &none).await;
    let mut bob = server.session("bob", &["SUBSCRIBE a.b local False", "SUBSCRIBE x\\..* global True"]).await;
    let mut node = server.socket().await;
    node.send("SESSION node1 global").await;
    assert_eq!(node.text().await, "SESSIONACK tega");
    node.send("SUBSCRIBE a\\.b global False").await;
    node.settle().await;
    let mut nameless = server.socket().await;
    nameless.send("SUBSCRIBE c local False").await;
    nameless.settle().await;
    let some = [
        ("GET", "/_channels", "", 200, r#"{"a\\.b":["bob","node1"],"c":[],"x\\..*":["bob"]}"#),
        ("GET", "/_subscribers?tega_id=x", "", 200, r#"{"bob":["a\\.b","x\\..*"],"node1":["a\\.b"]}"#),
        ("GET", "/_global", "", 200, r#"[["a\\.b","global"],["x\\..*","global"]]"#),
        ("GET", "/_forwarders", "", 200, r#"["node1"]"#),
        ("GET", "/_ids", "", 200, r#"["bob","node1"]"#),
    ];
    server.check("", &some).await;
    bob.send("UNSUBSCRIBE a.b False").await;
    assert_eq!(bob.text().await, "UNSUBSCRIBE ['a.b', 'False']\nnull");
    node.send("UNSUBSCRIBE").await;
    assert_eq!(node.text().await, "UNSUBSCRIBE\nnull");
    drop(nameless);
    while server.send("GET", "/_channels", "").await.body.contains("\"c\"") {
        tokio::task::yield_now().await;
    }
    server.check("", &[("GET", "/_channels", "", 200, r#"{"x\\..*":["bob"]}"#)]).await;
}

#[tokio::test]
async fn the_tree_is_told_as_links_with_versions() {
    let server = Server::start().await;
    let none = [("GET", "/_edges", "", 200, "[]"), ("GET", "/_edges?root_oid=r", "", 404, "there is no root r")];
    server.check("", &none).await;
    server.put("/r/a/b", "1").await;
    server.put("/r/c", "2").await;
    server.put("/s.t", "3").await;
    let r = r#"["r(1)","r.a(0)"],["r.a(0)","r(1)"],["r.a(0)","r.a.b(0)"],["r.a.b(0)","r.a(0)"],["r(1)","r.c(1)"],["r.c(1)","r(1)"]"#;
    let s = r#"["s(0)","s.t(0)"],["s.t(0)","s(0)"]"#;
    let old = r#"["r(0)","r.a(0)"],["r.a(0)","r(1)"],["r.a(0)","r.a.b(0)"],["r.a.b(0)","r.a(0)"]"#;
    let steps = [
        ("GET", "/_edges?root_oid=r", "", 200, &*format!("[{r}]")),
        ("GET", "/_edges", "", 200, &*format!("[{r},{s}]")),
        ("GET", "/_edges?old_roots=False", "", 200, &*format!("[{r},{s}]")),
        ("GET", "/_edges?root_oid=r&old_roots=True", "", 200, &*format!("[{r},{old}]")),
        ("GET", "/_edges?old_roots=maybe", "", 400, "old_roots=maybe is wrong"),
        ("GET", "/_edges?root_oid=r.a", "", 400, "root_oid=r.a is wrong"),
        ("DELETE", "/r", "", 200, ""),
        ("GET", "/_edges", "", 200, &*format!("[{s}]")),
        ("GET", "/_edges?root_oid=r", "", 404, "there is no root r"),
        ("POST", "/_edges", "", 405, "takes GET, HEAD"),
    ];
    server.check("", &steps).await;
}

#[tokio::test]
async fn a_snapshot_is_written_when_asked_for() {
    let server = Server::start().await;
    let steps = [
        ("POST", "/_ss", "", 200, r#"{"revision":null}"#),
        ("PUT", "/a", "1", 200, ""),
        ("POST", "/_ss?tega_id=bob", "", 200, r#"{"revision":1}"#),
        ("POST", "/_ss", "", 200, r#"{"revision":1}"#),
        ("GET", "/_ss", "", 405, "takes POST"),
        ("POST", "/_sync", "", 404, "no link to a global node"),
        ("POST", "/_nothing", "", 404, "there is no command /_nothing"),
    ];
    server.check("", &steps).await;
    let snapshot = server._folder.path().join("snapshot-00000000000000000001.jsonl");
    assert!(snapshot.exists());
}

#[tokio::test]
async fn head_of_a_backup_tells_of_it_and_takes_none() {
    let server = Server::start().await;
    assert_eq!(server.send("HEAD", "/_backup", "").await.status, 404);
    // More than sockets hold.
    server.put("/a", &format!("\"{}\"", "x".repeat(32 * 1024 * 1024))).await;
    let mut unread = Vec::new();
    for _ in 0..crate::limits::BACKUPS_MAX {
        unread.push(server.request("GET", "/_backup").send().await.unwrap());
    }
    assert_eq!(server.send("GET", "/_backup", "").await.status, 503);
    let head = server.request("HEAD", "/_backup").send().await.unwrap();
    assert_eq!(head.status(), 200);
    for name in ["content-type", "content-disposition", "tega-position"] {
        assert_eq!(head.headers()[name], unread[0].headers()[name]);
    }
}

#[tokio::test]
async fn the_front_page_names_each_command_with_each_of_its_methods() {
    let server = Server::start().await;
    let home = server.send("GET", "/", "").await.body;
    for command in crate::command::Command::all() {
        for used in command.uses() {
            let begin = format!("{} /_{} ", used.verb, command.name());
            let found = home.lines().any(|line| line.starts_with(&begin) && line.ends_with(&used.line()));
            assert!(found, "{begin}\n{home}");
        }
    }
}

#[tokio::test]
async fn why_a_commit_is_made_may_stand_in_a_header() {
    let server = Server::start().await;
    server.put("/a", "1").await;
    let request = server.request("POST", "/_tag?root=a&name=good").header("tega-message", "as é agreed");
    assert_eq!(request.send().await.unwrap().status(), 200);
    let commit = server.send("GET", "/_log?from=2", "").await.json();
    assert_eq!(commit["commits"][0]["message"], "as é agreed");
    for (verb, path) in [("PUT", "/b"), ("DELETE", "/b")] {
        let request = server.request(verb, path).header("tega-message", "by hand").body("1");
        assert_eq!(request.send().await.unwrap().status(), 200);
        let commit = server.send("GET", "/_log?newest_first=true&limit=1", "").await.json();
        assert_eq!(commit["commits"][0]["message"], "by hand", "{verb}");
    }
    let long = "w".repeat(5000);
    let long = format!("/_tag?root=a&name=good&message={long}");
    server.check("", &[("POST", &long, "", 413, "over the limit of 4096")]).await;
}
