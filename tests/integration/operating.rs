//! What an operator sees of a daemon: its metrics with those of its process.

use reqwest::Client;

use crate::process::{Process, command};
use crate::server::add_plugin;

#[tokio::test]
async fn the_metrics_of_a_daemon_tell_of_its_process_and_its_plugins() {
    let folder = tempfile::tempdir().unwrap();
    let plugins = folder.path().join("plugins");
    std::fs::create_dir(&plugins).unwrap();
    add_plugin(&plugins, "panic", "");
    std::fs::write(plugins.join("none.wasm"), "no module").unwrap();
    let mut serve = command(&folder.path().join("data"));
    let daemon = Process::spawn(serve.arg("--plugins").arg(&plugins).stderr(std::process::Stdio::null()));
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
        ("tega_plugins{state=\"running\"}", 1.0, 1.0),
        ("tega_plugins{state=\"refused\"}", 1.0, 1.0),
        ("tega_method_calls_total{plugin=\"panic\"}", 1.0, 1.0),
        ("tega_method_call_errors_total{plugin=\"panic\",code=\"unavailable\"}", 1.0, 1.0),
    ] {
        assert!((from..=to).contains(&number(series)), "{series} {}", number(series));
    }
    let ready = get("/_readyz?verbose").await;
    assert!(
        ready.contains("[+]plugins ok: 1 running; none.wasm is refused\n") && ready.ends_with("passed\n"),
        "{ready}"
    );
}
