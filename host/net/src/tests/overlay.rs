//! What plugins show beside the tree: views and methods.

use std::sync::Arc;
use std::time::Duration;

use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH};
use tega_engine::port::{
    MethodReport, Pending, PluginLine, PluginReport, PluginState, Plugins, PluginsError, View, ViewCall,
};
use tega_engine::{Author, CallError, Entries, ErrorCode};
use tega_tree::{Path, ReadPath, Value};

use super::{Answer, Server};
use crate::limits::OVERLAY_VIEWS_MAX;

/// A plugin of which a view does what its last name says, and a method.
#[derive(Debug)]
struct Plugin;

impl View for Plugin {
    fn author(&self) -> Arc<Author> {
        Arc::new(Author::plugin("viewer".into(), "1.0.0".into(), "00".into()))
    }

    fn value(&self, call: ViewCall) -> Pending<'_, Result<Option<Value>, CallError>> {
        Box::pin(async move {
            let (path, owner) = (call.path.clone(), "viewer".to_owned());
            Ok(match call.path.last().unwrap().as_str() {
                "none" => None,
                "slow" => return Err(CallError::Deadline { path, owner, limit_ms: 100 }),
                "busy" => return Err(CallError::Busy { owner, reason: "for the test".into() }),
                "trap" => return Err(CallError::Crashed { path, owner, reason: "for the test".into() }),
                "denied" => {
                    return Err(CallError::Answered { code: ErrorCode::Denied, message: "not for you".into() });
                }
                "large" => Some(Value::from("x".repeat(10 << 20).as_str())),
                _ => {
                    let mtu = call.scope.transaction().get(&ReadPath::parse("net.mtu").unwrap());
                    let reader = Value::from(call.reader.name.as_deref().unwrap_or("nobody"));
                    let members = [("reader".into(), reader), ("mtus".into(), Value::Array(mtu.into_iter().collect()))];
                    Some(members.into_iter().collect())
                }
            })
        })
    }
}

impl tega_engine::port::Method for Plugin {
    fn author(&self) -> Arc<Author> {
        View::author(self)
    }

    fn call(&self, _: tega_engine::port::MethodCall) -> Pending<'_, Result<String, CallError>> {
        Box::pin(async { Ok("1".into()) })
    }
}

impl Plugins for Plugin {
    fn list(&self) -> Vec<PluginReport> {
        let mut report = PluginReport::new("viewer".into(), PluginState::Running, "viewer.wasm".into());
        report.methods = vec![MethodReport {
            path: "net.run".into(),
            summary: "runs".into(),
            parameters: Some(serde_json::json!({ "type": "object" })),
            returns: None,
            calls: Default::default(),
        }];
        vec![report]
    }

    fn reload(&self, _: Option<&str>) -> Pending<'_, Result<Vec<PluginReport>, PluginsError>> {
        Box::pin(async { Err(PluginsError::Stopping) })
    }

    fn disable(&self, _: &str) -> Pending<'_, Result<PluginReport, PluginsError>> {
        Box::pin(async { Err(PluginsError::Stopping) })
    }

    fn enable(&self, _: &str) -> Pending<'_, Result<PluginReport, PluginsError>> {
        Box::pin(async { Err(PluginsError::Stopping) })
    }

    fn rollback(&self, _: &str) -> Pending<'_, Result<PluginReport, PluginsError>> {
        Box::pin(async { Err(PluginsError::Stopping) })
    }

    fn lines(&self, _: &str, _: u64, _: Duration) -> Pending<'_, Result<Vec<PluginLine>, PluginsError>> {
        Box::pin(async { Err(PluginsError::Stopping) })
    }
}

async fn server(views: &[&str]) -> Server {
    let server = Server::start().await;
    server.engine.set_plugins(Arc::new(Plugin));
    let path = |text: &str| Path::parse(text).unwrap();
    let entries = Entries {
        methods: ["net.run", "other.run"].iter().map(|at| (path(at), Arc::new(Plugin) as _)).collect(),
        views: views.iter().map(|at| (path(at), Arc::new(Plugin) as _)).collect(),
    };
    server.engine.directory().replace_plugin("viewer", entries).unwrap();
    server.put("/net", r#"{"mtu": 1500, "a": {"b": 1}}"#).await;
    server
}

/// The status, the body, whether it has an ETag, and what it says of keeping it.
async fn got(server: &Server, path: &str) -> (u16, String, bool, Option<String>) {
    let answer = server.request("GET", path).send().await.unwrap();
    let headers = answer.headers().clone();
    let kept = headers.get(CACHE_CONTROL).map(|value| value.to_str().unwrap().to_owned());
    let answer = Answer::of(answer).await;
    (answer.status, answer.body, headers.contains_key(ETAG), kept)
}

#[tokio::test]
async fn a_view_is_computed_for_each_reader_and_has_no_etag() {
    let server = server(&["net.seen", "net.none"]).await;
    for (path, body) in [
        ("/net/seen", r#"{"reader":"nobody","mtus":[1500]}"#),
        ("/net/seen?tega_id=bob", r#"{"reader":"bob","mtus":[1500]}"#),
        ("/net/seen/reader", r#""nobody""#),
        ("/net/seen/mtus/0", "1500"),
        ("/net/seen?depth=1", r#"{"mtus":[1500],"reader":"nobody"}"#),
        ("/net/seen?depth=0", "{}"),
    ] {
        assert_eq!(got(&server, path).await, (200, body.into(), false, Some("no-store".into())), "{path}");
    }
    server.put("/net/mtu", "9000").await;
    assert_eq!(got(&server, "/net/seen/mtus").await.1, "[9000]");
    let again = server.request("GET", "/net/seen").header(IF_NONE_MATCH, "*").send().await.unwrap();
    assert_eq!(again.status().as_u16(), 200);
    for (path, status, said) in [
        ("/net/none", 404, "there is nothing at net.none\n"),
        ("/net/seen/x", 404, "there is nothing at net.seen.x\n"),
        ("/net/seen/mtus/1", 404, "there is nothing at net.seen.mtus.1\n"),
    ] {
        let (found, body, ..) = got(&server, path).await;
        assert_eq!((found, body.as_str()), (status, said), "{path}");
    }
    for (argument, value) in [("version", "0"), ("at", "2026-03-01T12:00:00Z"), ("keys", "true"), ("internal", "True")]
    {
        let (status, body, ..) = got(&server, &format!("/net/seen?{argument}={value}")).await;
        let said = format!(
            "net.seen is a view: it has no past, no versions and no pages, so {argument} has no meaning there\n"
        );
        assert_eq!((status, body), (400, said));
    }
    let matched = server.request("GET", "/net/seen").header(IF_MATCH, "*").send().await.unwrap();
    assert_eq!(matched.status().as_u16(), 412);
}

#[tokio::test]
async fn how_a_view_fails_is_told_as_with_a_method() {
    let server = server(&["v.slow", "v.busy", "v.trap", "v.denied"]).await;
    for (name, status, kind) in
        [("slow", 504, "deadline"), ("busy", 503, "busy"), ("trap", 503, "unavailable"), ("denied", 403, "denied")]
    {
        let answer =
            server.request("GET", &format!("/v/{name}")).header(ACCEPT, "application/json").send().await.unwrap();
        let answer = Answer::of(answer).await;
        assert_eq!(
            (answer.status, answer.json()["type"].as_str()),
            (status, Some(&*format!("urn:tega:problem:{kind}")))
        );
    }
    assert_eq!(got(&server, "/v?overlay=true").await.0, 503, "a container shows all of it or says why not");
}

#[tokio::test]
async fn a_view_cant_be_written_and_is_in_no_search() {
    let server = server(&["net.seen"]).await;
    let said = |written: &str| {
        format!(
            "{written} can't be written: net.seen is a view of the plugin viewer, computed when it is read; \
             write what it is computed from, or disable the plugin\n"
        )
    };
    let txid = server.send("POST", "/_begin", "").await.json()["txid"].as_str().unwrap().to_owned();
    for (verb, path, body, written) in [
        ("PUT", "/net/seen", "1", "net.seen"),
        ("PUT", "/net/seen/x", "1", "net.seen.x"),
        ("PUT", "/net", r#"{"seen": 1}"#, "net.seen"),
        ("DELETE", "/net/seen", "", "net.seen"),
        ("PATCH", "/net/seen", "1", "net.seen"),
        ("PUT", &format!("/net/seen?txid={txid}"), "1", "net.seen"),
        ("POST", "/_transaction", r#"{"operations": [{"put": "net.seen", "value": 1}]}"#, "net.seen"),
        ("POST", "/_transaction", r#"{"operations": [{"merge": "net", "value": {"seen": {"a": 1}}}]}"#, "net.seen"),
        ("POST", "/_transaction?dry_run=true", r#"{"operations": [{"delete": "net.seen.x"}]}"#, "net.seen.x"),
        ("POST", "/_check", r#"{"operations": [{"put": "net", "value": {"seen": 2}}]}"#, "net.seen"),
    ] {
        let answer = server.send(verb, path, body).await;
        assert_eq!((answer.status, answer.body), (409, said(written)), "{verb} {path} {body}");
    }
    for (kind, body) in [
        ("application/merge-patch+json", r#"{"mtu": 1, "seen": {"a": 1}}"#),
        ("application/json-patch+json", r#"[{"op": "add", "path": "/seen", "value": 1}]"#),
    ] {
        let patch = server.request("PATCH", "/net").header(CONTENT_TYPE, kind).body(body.to_owned());
        let answer = Answer::of(patch.send().await.unwrap()).await;
        assert_eq!((answer.status, answer.body), (409, said("net.seen")), "{kind}");
    }
    // What was queued for the container is refused when it comes to be committed.
    server.send("PUT", &format!("/net?txid={txid}"), r#"{"seen": 1}"#).await;
    let answer = server.send("POST", &format!("/_commit?txid={txid}"), "").await;
    assert_eq!((answer.status, answer.body), (409, said("net.seen")));
    assert_eq!(got(&server, "/net").await, (200, r#"{"a":{"b":1},"mtu":1500}"#.into(), true, None));
    assert_eq!(got(&server, "/net?keys=true").await.1, r#"["a","mtu"]"#);
    assert_eq!(got(&server, "/net%5C/s.*?regex_flag=True").await.1, "{}");
    assert!(!server.send("GET", "/_find?pattern=net.*", "").await.body.contains("seen"));
    let state = server.engine.state();
    server.put("/net/a", "2").await;
    assert_eq!(server.engine.state().revision(), state.revision().next());
}

#[tokio::test]
async fn an_overlay_shows_what_plugins_have_in_a_container() {
    let server = server(&["net.seen", "net.none", "net.a.deep", "net.mtu.below", "far"]).await;
    let seen = r#"{"mtus":[1500],"reader":"nobody"}"#;
    for (path, body) in [
        (
            "/net?overlay=true",
            format!(r#"{{"a":{{"b":1,"deep":{seen}}},"mtu":1500,"run":"%viewer.run","seen":{seen}}}"#),
        ),
        ("/net/a?overlay=1", format!(r#"{{"b":1,"deep":{seen}}}"#)),
        ("/net?overlay=true&depth=1", r#"{"a":{},"mtu":1500,"run":"%viewer.run","seen":{}}"#.to_owned()),
        ("/other?overlay=true", r#"{"run":"%viewer.run"}"#.to_owned()),
        ("/net/mtu?overlay=true", "1500".to_owned()),
    ] {
        assert_eq!(got(&server, path).await, (200, body, false, Some("no-store".into())), "{path}");
    }
    assert_eq!(got(&server, "/nothing?overlay=true").await.0, 404);
    assert_eq!(got(&server, "/net?overlay=true&version=0").await.0, 400);
    assert_eq!(got(&server, "/net").await, (200, r#"{"a":{"b":1},"mtu":1500}"#.into(), true, None));
    assert_eq!(got(&server, "/other").await.0, 404);
}

#[tokio::test]
async fn an_overlay_is_bounded() {
    let names: Vec<String> = (0..=OVERLAY_VIEWS_MAX).map(|number| format!("many.v{number}")).collect();
    let mut views: Vec<&str> = names.iter().map(String::as_str).collect();
    views.extend(["big.one.large", "big.two.large"]);
    let server = server(&views).await;
    assert_eq!(got(&server, "/many?overlay=true").await.0, 413);
    assert_eq!(got(&server, "/big/one?overlay=true").await.0, 200);
    assert_eq!(got(&server, "/big?overlay=true").await.0, 413);
}

#[tokio::test]
async fn a_method_tells_of_itself_at_its_own_path_where_nothing_else_is() {
    let server = server(&[]).await;
    let told = r#"{"method":"net.run","plugin":"viewer","summary":"runs","parameters":{"type":"object"}}"#;
    assert_eq!(got(&server, "/net/run").await, (200, told.into(), false, Some("no-store".into())));
    assert_eq!(got(&server, "/other/run").await.1, r#"{"method":"other.run","plugin":"viewer"}"#);
    assert_eq!(got(&server, "/net/run?version=0").await.0, 400);
    assert_eq!(got(&server, "/net/run/x").await.0, 404);
    server.put("/net/run", "5").await;
    let (status, body, has_etag, _) = got(&server, "/net/run").await;
    assert_eq!((status, body.as_str(), has_etag), (200, "5", true));
}
