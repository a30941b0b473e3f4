//! `/_metrics`: the form of the page, what moves the numbers, and the table of the guide.

mod scrape;

use std::sync::Arc;

use tega_engine::port::{CallsReport, Method, MethodCall, MethodReport, Pending, PluginReport, PluginState};
use tega_engine::{Author, CallError, Entries, ErrorCode};
use tega_tree::Path;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use super::plugins::whole;
use super::plugins_fake::{Fake, method, report};
use super::told::ask;
use super::{PATIENCE, Server};
use crate::{NetOptions, ProcessFacts};
use scrape::Scrape;

const GUIDE: &str = include_str!("../../../../../docs/guide/operating.md");

fn facts() -> ProcessFacts {
    ProcessFacts {
        started_s: Some(1_772_366_400.25),
        cpu_s: Some(12.5),
        resident_bytes: Some(40 << 20),
        virtual_bytes: Some(1 << 34),
        open_files: Some(12),
        open_files_max: Some(1024),
        threads: Some(7),
    }
}

async fn start() -> Server {
    Server::start_with(NetOptions { process: Some(facts), ..NetOptions::default() }).await
}

async fn scraped(server: &Server) -> Scrape {
    Scrape::open(&ask(server, "GET /_metrics | accept: application/openmetrics-text", "").await.text())
}

/// Waits until a series has a number.
async fn settled(server: &Server, series: &str, expected: u64) -> Scrape {
    let waiting = async {
        loop {
            let scrape = scraped(server).await;
            if scrape.count(series) == expected {
                return scrape;
            }
            tokio::task::yield_now().await;
        }
    };
    let Ok(scrape) = tokio::time::timeout(PATIENCE, waiting).await else {
        panic!("{series} is {:?}, not {expected}", scraped(server).await.number(series))
    };
    scrape
}

/// A method that answers or fails as it is called.
#[derive(Debug)]
struct Plugin;

impl Method for Plugin {
    fn author(&self) -> Arc<Author> {
        Arc::new(Author::plugin("hello".into(), "1.0.0".into(), "00".into()))
    }

    fn call(&self, call: MethodCall) -> Pending<'_, Result<String, CallError>> {
        Box::pin(async move {
            match call.path.to_string().as_str() {
                "hello.greet" => Ok("1".to_owned()),
                _ => Err(CallError::Answered { code: ErrorCode::NotFound, message: "nobody".to_owned() }),
            }
        })
    }
}

fn enter(server: &Server) {
    let plugin: Arc<dyn Method> = Arc::new(Plugin);
    let methods = ["hello.greet", "hello.fail"].map(|path| (Path::parse(path).unwrap(), Arc::clone(&plugin)));
    server.engine.directory().replace_plugin("test", Entries { methods: methods.to_vec(), views: vec![] }).unwrap();
}

#[tokio::test]
async fn both_forms_are_well_formed_and_tell_the_same() {
    let server = start().await;
    enter(&server);
    server.put("/a/b", "1").await;
    server.send("POST", "/_rpc?path=hello.fail", "").await;
    let open = ask(&server, "GET /_metrics | accept: application/openmetrics-text;q=0.6,text/plain;q=0.3", "").await;
    assert_eq!(open.header("content-type"), Some("application/openmetrics-text; version=1.0.0; charset=utf-8"));
    let classic = ask(&server, "GET /_metrics", "").await;
    assert_eq!(classic.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    assert_eq!(
        (classic.status, classic.header("vary"), classic.header("cache-control")),
        (200, Some("accept"), Some("no-store"))
    );
    let (open, classic) = (Scrape::open(&open.text()), Scrape::classic(&classic.text()));
    let told = |scrape: &Scrape| -> Vec<(String, String, String)> {
        let one = |(name, family): (&String, &scrape::Family)| (name.clone(), family.kind.clone(), family.help.clone());
        scrape.families.iter().map(one).collect()
    };
    assert_eq!(told(&open), told(&classic));
    for scrape in [&open, &classic] {
        assert_eq!(scrape.number("tega_commits_total"), Some(1.0));
        assert_eq!(scrape.number("process_cpu_seconds_total"), Some(12.5));
        assert_eq!(scrape.number("process_start_time_seconds"), Some(1_772_366_400.25));
        assert_eq!(scrape.number(&format!("tega_build_info{{version=\"{}\"}}", env!("CARGO_PKG_VERSION"))), Some(1.0));
    }
    let head = ask(&server, "HEAD /_metrics", "").await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(server.send("POST", "/_metrics", "").await.status, 405);
}

#[tokio::test]
async fn commits_requests_and_calls_move_the_numbers() {
    let server = start().await;
    enter(&server);
    let before = scraped(&server).await;
    server.put("/a/b", "1").await;
    server.put("/c", r#"{"x": 2}"#).await;
    assert_eq!(server.send("PUT", "/a/b/below", "1").await.status, 409);
    assert_eq!(server.send("GET", "/nothing", "").await.status, 404);
    assert_eq!(server.send("POST", "/_rpc?path=hello.greet", "").await.status, 200);
    assert_eq!(server.send("POST", "/_rpc?path=hello.fail", "").await.status, 404);
    assert_eq!(server.send("POST", "/_begin", "").await.status, 200);
    let after = scraped(&server).await;
    let gained = |series: &str| after.count(series) - before.count(series);
    for (series, expected) in [
        ("tega_commits_total", 2),
        ("tega_changes_total", 2),
        ("tega_commit_duration_seconds_count", 2),
        ("tega_batch_commits_sum", 2),
        ("tega_log_fsync_duration_seconds_count", 2),
        ("tega_revision", 2),
        ("tega_roots", 2),
        ("tega_open_transactions", 1),
        ("tega_http_requests_total{method=\"PUT\",status=\"200\"}", 2),
        ("tega_http_requests_total{method=\"PUT\",status=\"409\"}", 1),
        ("tega_http_requests_total{method=\"GET\",status=\"404\"}", 1),
        ("tega_http_request_duration_seconds_count{method=\"PUT\"}", 3),
        ("tega_method_calls_total{plugin=\"hello\"}", 2),
        ("tega_method_call_errors_total{plugin=\"hello\",code=\"not-found\"}", 1),
        ("tega_method_call_errors_total{plugin=\"hello\",code=\"failed\"}", 0),
        ("tega_method_call_duration_seconds_count{plugin=\"hello\"}", 2),
    ] {
        assert_eq!(gained(series), expected, "{series}");
    }
    assert_eq!(after.count("tega_http_requests_under_way"), 1);
    assert!(gained("tega_log_appended_bytes_total") > 0 && gained("tega_http_received_bytes_total") > 100);
    assert!(gained("tega_http_sent_bytes_total") > 100 && after.count("tega_log_size_bytes") > 0);
}

#[tokio::test]
async fn refused_commits_are_counted_by_reason_whatever_a_client_makes_up() {
    let server = start().await;
    server.put("/a", "1").await;
    let wrong = r#"{"operations": [{"put": "a", "value": 2}], "conditions": [{"path": "a", "absent": true}]}"#;
    assert_eq!(server.send("POST", "/_transaction", wrong).await.status, 409);
    let first = scraped(&server).await;
    assert_eq!(first.count("tega_commits_refused_total{reason=\"conditions\"}"), 1);
    for number in 0..50 {
        server.send("GET", &format!("/root{number}/x"), "").await;
        server.send(&format!("BREW{number}"), "/a", "").await;
        server.send("GET", &format!("/_command{number}"), "").await;
        server.send("POST", &format!("/_rpc?path=p{number}.m&tega_id=n{number}"), "").await;
    }
    let second = scraped(&server).await;
    assert_eq!(second.count("tega_http_requests_total{method=\"other\",status=\"405\"}"), 50);
    let series = |scrape: &Scrape| scrape.families.values().map(|family| family.samples.len()).sum::<usize>();
    // A status and three HTTP methods that were not seen before, two of them with a histogram.
    assert!(series(&second) - series(&first) < 60, "{} {}", series(&first), series(&second));
}

#[tokio::test]
async fn a_connection_that_is_turned_away_is_counted_and_those_open_too() {
    let server = Server::start_with(NetOptions { connections_max: 2, ..NetOptions::default() }).await;
    let scrape = scraped(&server).await;
    let seen = |scrape: &Scrape, what: &str| scrape.count(&format!("tega_http_connections_{what}"));
    assert_eq!((seen(&scrape, "open"), seen(&scrape, "taken_total"), seen(&scrape, "refused_total")), (1, 1, 0));
    let held = TcpStream::connect(server.address).await.unwrap();
    settled(&server, "tega_http_connections_open", 2).await;
    let mut refused = TcpStream::connect(server.address).await.unwrap();
    let mut told = Vec::new();
    tokio::time::timeout(PATIENCE, refused.read_to_end(&mut told)).await.unwrap().unwrap();
    assert!(told.starts_with(b"HTTP/1.1 503"));
    drop(held);
    let scrape = settled(&server, "tega_http_connections_open", 1).await;
    assert_eq!((seen(&scrape, "taken_total"), seen(&scrape, "refused_total")), (2, 1));
}

#[tokio::test]
async fn sockets_and_event_streams_are_counted_while_they_are_open() {
    let server = start().await;
    let mut socket = server.session("bob", &["SUBSCRIBE a local False"]).await;
    let mut gone = server.session("eve", &[]).await;
    let mut events = server.request("GET", "/a").header("accept", "text/event-stream").send().await.unwrap();
    events.chunk().await.unwrap().unwrap();
    let scrape = settled(&server, "tega_followers", 2).await;
    let now = ["tega_websockets_open", "tega_sessions", "tega_event_streams_open", "tega_watchers"];
    assert_eq!(now.map(|series| scrape.count(series)), [2, 2, 1, 2]);
    let sent = scrape.count("tega_websocket_frames_sent_total");
    server.put("/a/b", "1").await;
    assert!(socket.text().await.starts_with("NOTIFY"));
    let scrape = scraped(&server).await;
    assert_eq!(scrape.count("tega_websocket_frames_sent_total") - sent, 1);
    assert!(scrape.count("tega_websocket_frames_received_total") >= 5);
    gone.send("NONSENSE").await;
    gone.send("SESSION").await;
    let code = u16::from(gone.closed().await.code);
    drop((socket, events));
    let scrape = settled(&server, "tega_websockets_open", 0).await;
    assert_eq!(scrape.count(&format!("tega_websockets_closed_total{{code=\"{code}\"}}")), 1);
    settled(&server, "tega_event_streams_open", 0).await;
    settled(&server, "tega_watchers", 0).await;
}

#[tokio::test]
async fn a_watch_that_begins_anew_is_counted() {
    let server = start().await;
    let request = server.request("GET", "/a").header("accept", "text/event-stream").header("last-event-id", "lost");
    let mut events = request.send().await.unwrap();
    events.chunk().await.unwrap().unwrap();
    assert_eq!(scraped(&server).await.count("tega_watch_resets_total"), 1);
}

#[tokio::test]
async fn how_plugins_are_and_what_they_did_is_told_by_plugin_and_by_method() {
    let server = start().await;
    let quoted = PluginReport {
        methods: vec![method(r#"odd."10.0.0.1".go"#, "")],
        ..report("odd \"name\"\n.wasm", PluginState::Refused)
    };
    server.engine.set_plugins(Arc::new(Fake::new(vec![whole(), report("off", PluginState::Disabled), quoted])));
    let scrape = scraped(&server).await;
    for (series, expected) in [
        ("tega_plugins{state=\"held-back\"}", 1.0),
        ("tega_plugins{state=\"refused\"}", 1.0),
        ("tega_plugins{state=\"running\"}", 0.0),
        ("tega_plugin_state{plugin=\"hello\",state=\"held-back\"}", 1.0),
        ("tega_plugin_state{plugin=\"hello\",state=\"running\"}", 0.0),
        ("tega_plugin_state{plugin=\"off\",state=\"disabled\"}", 1.0),
        ("tega_plugin_instances{plugin=\"hello\"}", 2.0),
        ("tega_plugin_memory_bytes{plugin=\"hello\"}", 1_048_576.0),
        ("tega_plugin_restarts_total{plugin=\"hello\"}", 1.0),
        ("tega_plugin_unjudged_commits_total{plugin=\"hello\"}", 3.0),
        ("tega_plugin_calls_total{plugin=\"hello\"}", 7.0),
        ("tega_plugin_call_errors_total{plugin=\"hello\"}", 2.0),
        ("tega_plugin_call_failures_total{plugin=\"hello\"}", 1.0),
        ("tega_plugin_call_duration_seconds{plugin=\"hello\",quantile=\"0.99\"}", 0.0009),
        ("tega_plugin_method_calls_total{plugin=\"hello\",method=\"hello.greet\"}", 7.0),
        ("tega_plugin_method_errors_total{plugin=\"hello\",method=\"hello.greet\"}", 2.0),
        ("tega_plugin_method_duration_seconds{plugin=\"hello\",method=\"hello.greet\",quantile=\"0.5\"}", 0.00004),
        ("tega_plugin_behind_commits{plugin=\"hello\"}", 2.0),
        ("tega_plugin_skipped_commits_total{plugin=\"hello\"}", 1.0),
        (r#"tega_plugin_state{plugin="odd \"name\"\n.wasm",state="refused"}"#, 1.0),
        (r#"tega_plugin_method_calls_total{plugin="odd \"name\"\n.wasm",method="odd.\"10.0.0.1\".go"}"#, 0.0),
    ] {
        assert_eq!(scrape.number(series), Some(expected), "{series}");
    }
    assert_eq!(scrape.number("tega_plugin_behind_commits{plugin=\"off\"}"), None, "it hears of none");
    assert_eq!(scrape.number("tega_plugin_call_duration_seconds{plugin=\"off\",quantile=\"0.5\"}"), None);
}

#[tokio::test]
async fn the_methods_that_a_plugin_makes_up_are_counted_together_past_a_limit() {
    let server = start().await;
    let called = |n: usize| {
        let calls = CallsReport { calls: 1, errors: 1, ..CallsReport::default() };
        MethodReport { calls, ..method(&format!("many.m{n}"), "") }
    };
    let many = PluginReport { methods: (0..1000).map(called).collect(), ..report("many", PluginState::Running) };
    server.engine.set_plugins(Arc::new(Fake::new(vec![many])));
    let scrape = scraped(&server).await;
    assert_eq!(scrape.families["tega_plugin_method_calls_total"].samples.len(), 101);
    assert_eq!(scrape.number("tega_plugin_method_calls_total{plugin=\"many\",method=\"..\"}"), Some(900.0));
    assert_eq!(scrape.number("tega_plugin_method_errors_total{plugin=\"many\",method=\"many.m99\"}"), Some(1.0));
}

/// The table of the guide: name, type, unit, labels and meaning of each metric.
fn table(text: &str) -> Vec<[String; 5]> {
    let rows = text.lines().filter(|line| line.starts_with("| `tega_") || line.starts_with("| `process_"));
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        <[&str; 5]>::try_from(cells).unwrap_or_else(|cells| panic!("{cells:?}")).map(|cell| cell.replace('`', ""))
    })
    .collect()
}

#[tokio::test]
async fn the_table_of_the_guide_has_every_metric_that_there_is_and_no_other() {
    let server = start().await;
    enter(&server);
    server.engine.set_plugins(Arc::new(Fake::new(vec![whole()])));
    // So that each metric has a series.
    server.send("POST", "/_rpc?path=hello.fail", "").await;
    let scrape = scraped(&server).await;
    let row = |(name, family): (&String, &scrape::Family)| {
        let unit = if family.unit.is_empty() { "-" } else { &family.unit };
        let labels: Vec<String> = scrape.labels(name).into_iter().collect();
        let labels = if labels.is_empty() { "-".to_owned() } else { labels.join(", ") };
        [name.clone(), family.kind.clone(), unit.to_owned(), labels, family.help.clone()]
    };
    let mut there: Vec<[String; 5]> = scrape.families.iter().map(row).collect();
    let mut told = table(GUIDE);
    there.sort();
    told.sort();
    let shown = |row: &[String; 5]| format!("| `{}` | {} |", row[0], row[1..].join(" | "));
    let lacking: Vec<String> = there.iter().filter(|row| !told.contains(row)).map(shown).collect();
    let wrong: Vec<String> = told.iter().filter(|row| !there.contains(row)).map(shown).collect();
    assert!(lacking.is_empty() && wrong.is_empty(), "lacking:\n{}\nwrong:\n{}", lacking.join("\n"), wrong.join("\n"));
    // Each metric that a rule of the guide names is one.
    let rules = GUIDE.split("```yaml").nth(1).unwrap().split("```").next().unwrap();
    let words = rules.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let named: Vec<&str> = words.filter(|word| word.starts_with("tega_") || word.starts_with("process_")).collect();
    assert!(named.len() > 5, "{named:?}");
    for name in named {
        let stem = ["_bucket", "_count", "_sum"].iter().find_map(|suffix| name.strip_suffix(suffix));
        let family = scrape.families.get(name).or_else(|| scrape.families.get(stem?));
        assert!(family.is_some(), "the rules name {name}");
    }
}
