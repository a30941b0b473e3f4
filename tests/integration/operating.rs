//! What an operator sees of a daemon: its metrics with those of its process, and the trace of a request in the lines of the log.

use std::path::Path;

use reqwest::Client;
use serde_json::Value;

use crate::process::{Process, command};
use crate::server::add_plugin;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// The lines of a log in JSON.
fn lines(log: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(log).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

#[tokio::test]
async fn the_log_in_json_carries_the_trace_of_a_request_in_the_lines_of_plugins_too() {
    let folder = tempfile::tempdir().unwrap();
    let (plugins, log) = (folder.path().join("plugins"), folder.path().join("log"));
    std::fs::create_dir(&plugins).unwrap();
    add_plugin(&plugins, "panic", "");
    let mut serve = command(&folder.path().join("data"));
    serve.args(["--log-format", "json", "--log", "info,tega_net=debug", "--plugins"]).arg(&plugins);
    let daemon = Process::spawn(serve.stderr(std::fs::File::create(&log).unwrap()));
    let client = Client::new();
    let call = async |trace: &[&str]| {
        let mut request = client.post(format!("{}/_rpc?path=panic.now", daemon.url));
        for value in trace {
            request = request.header("traceparent", *value);
        }
        request.send().await.unwrap()
    };
    let good = format!("00-{TRACE}-00f067aa0ba902b7-01");
    // It panics, and is held back each time.
    let forgive = async || {
        let request = client.post(format!("{}/_plugins/panic/enable", daemon.url));
        assert_eq!(request.send().await.unwrap().status(), 200);
        lines(&log).len()
    };
    call(&[]).await;
    let untraced = forgive().await;
    call(&[&good]).await;
    let traced = lines(&log).len();
    let forgiven = forgive().await;
    call(&[&good, &good]).await;
    let lines = lines(&log);
    let span = |line: &Value, field: &str| line["span"][field].as_str().map(str::to_owned);
    assert!(lines[..untraced].iter().all(|line| line.get("span").is_none()), "{lines:#?}");
    let of_trace = &lines[untraced..traced];
    for target in ["tega::plugin", "tega_net::route"] {
        assert!(of_trace.iter().any(|line| line["target"] == target), "no line of {target} in {of_trace:#?}");
    }
    for line in of_trace {
        assert_eq!(span(line, "trace_id").as_deref(), Some(TRACE), "{line}");
        assert_eq!(
            (&line["span"]["parent_id"], &line["span"]["trace_flags"]),
            (&"00f067aa0ba902b7".into(), &"01".into())
        );
    }
    let answered = of_trace.last().unwrap();
    assert_eq!((&answered["message"], &answered["method"]), (&"answered".into(), &"POST".into()), "{answered}");
    // What comes twice is nobody's: the request gets an id of its own, the same in all of its lines.
    let new = span(lines.last().unwrap(), "trace_id").unwrap();
    assert!(new != TRACE && new.len() == 32 && lines.last().unwrap()["span"].get("parent_id").is_none(), "{new}");
    assert!(lines[forgiven..].iter().all(|line| span(line, "trace_id").as_ref() == Some(&new)));
}

#[tokio::test]
async fn the_metrics_of_a_daemon_tell_of_its_process_and_its_plugins() {
    let folder = tempfile::tempdir().unwrap();
    let daemon = Process::start_with_panic(folder.path());
    let client = Client::new();
    let get =
        async |path: &str| client.get(format!("{}{path}", daemon.url)).send().await.unwrap().text().await.unwrap();
    client.post(format!("{}/_rpc?path=panic.now", daemon.url)).send().await.unwrap();
    let page = get("/_metrics").await;
    let number = |series: &str| -> f64 {
        let line = page.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("no {series} in\n{page}")).parse().unwrap()
    };
    for (series, from, to) in [
        ("process_cpu_seconds_total", 0.001, 600.0),
        ("process_start_time_seconds", 1.7e9, 1e10),
        ("process_resident_memory_bytes", 1e6, 1e10),
        ("process_virtual_memory_bytes", 1e6, 1e15),
        ("process_open_fds", 5.0, 1000.0),
        ("process_max_fds", 64.0, 1e10),
        ("process_threads", 3.0, 1000.0),
        ("tega_plugins{state=\"held-back\"}", 1.0, 1.0),
        ("tega_plugins{state=\"refused\"}", 1.0, 1.0),
        ("tega_method_calls_total{plugin=\"panic\"}", 1.0, 1.0),
        ("tega_method_call_errors_total{plugin=\"panic\",code=\"unavailable\"}", 1.0, 1.0),
    ] {
        assert!((from..=to).contains(&number(series)), "{series} {}", number(series));
    }
    let ready = get("/_readyz?verbose").await;
    assert!(
        ready.contains("[+]plugins ok: 0 running; none.wasm is refused; panic is held back\n")
            && ready.ends_with("passed\n"),
        "{ready}"
    );
}
