//! Files that are too much: for whoever reads them, or for whoever compiles them.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::process::Process;
use crate::server::guest_bytes;

const MB: usize = 1_000_000;

/// The time that a compilation has here, in milliseconds.
const COMPILE_MS: &str = "8000";

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(60);

/// A module with a section of so many bytes that nobody reads.
fn with_ballast(mut module: Vec<u8>, bytes: usize) -> Vec<u8> {
    let name = b"\x07ballast";
    module.push(0);
    number(&mut module, name.len() + bytes);
    module.extend_from_slice(name);
    module.resize(module.len() + bytes, 0);
    module
}

/// A component with a module with one function of a million additions, each of which needs the one before.
fn bomb() -> Vec<u8> {
    let mut body = vec![1, 1, 0x7f];
    // local.get 0, i32.const 1, i32.add, local.set 0
    (0..1_000_000).for_each(|_| body.extend_from_slice(&[0x20, 0, 0x41, 1, 0x6a, 0x21, 0]));
    body.push(0x0b);
    let mut code = vec![1];
    number(&mut code, body.len());
    code.extend(body);
    let mut module = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x0a".to_vec();
    number(&mut module, code.len());
    module.extend(code);
    let mut component = b"\0asm\x0d\0\x01\0\x01".to_vec();
    number(&mut component, module.len());
    component.extend(module);
    component
}

/// A number as WebAssembly writes lengths: LEB128.
fn number(bytes: &mut Vec<u8>, mut number: usize) {
    while number >= 128 {
        bytes.push(u8::try_from(number % 128).unwrap() | 128);
        number /= 128;
    }
    bytes.push(u8::try_from(number).unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_too_large_or_takes_too_long_to_compile_is_refused_and_a_large_one_is_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let plugins = folder.path().join("plugins");
    std::fs::create_dir(&plugins).unwrap();
    let arguments = ["--plugins", plugins.to_str().unwrap(), "--plugin-compile-ms-max", COMPILE_MS];
    let daemon = Process::start_with(&folder.path().join("data"), &arguments);
    let files: [(&str, Vec<u8>, &str); 3] = [
        ("large", with_ballast(guest_bytes("swap"), 50 * MB), ""),
        ("too-large", with_ballast(guest_bytes("swap"), 68 * MB), "the file is larger than 67108864 bytes"),
        ("bomb", bomb(), "takes longer to compile than the 8000 ms that it may (--plugin-compile-ms-max)"),
    ];
    for (name, bytes, told) in files {
        let (file, length, begin) = (plugins.join(format!("{name}.wasm")), bytes.len(), Instant::now());
        std::fs::write(&file, bytes).unwrap();
        let (mut reads, mut slowest) = (0, Duration::ZERO);
        // Whoever reads meanwhile is not held up.
        let report = loop {
            let asked = Instant::now();
            let reports = plugins_of(&daemon.url).await;
            (reads, slowest) = (reads + 1, slowest.max(asked.elapsed()));
            if let Some(report) = reports.as_object().unwrap().values().find(|report| is_done(report, &file)) {
                break report.clone();
            }
            assert!(begin.elapsed() < PATIENCE, "{name}: {reports}");
        };
        let took = begin.elapsed().as_secs_f64();
        println!("{name}, {length} bytes: after {took:.1} s; {reads} reads meanwhile, the slowest {slowest:?}");
        assert_eq!(report["state"], if told.is_empty() { "running" } else { "refused" }, "{name}: {report}");
        assert!(report["reason"].as_str().unwrap_or_default().contains(told), "{name}: {report}");
        assert!(slowest < Duration::from_secs(2), "{name}: {slowest:?}");
    }
    let called = reqwest::Client::new().post(format!("{}/_rpc?path=swap.version", daemon.url)).send().await.unwrap();
    assert_eq!(called.status(), 200);
}

async fn plugins_of(url: &str) -> Value {
    reqwest::get(format!("{url}/_plugins")).await.unwrap().json().await.unwrap()
}

/// Whether a report is of a file, and says what has become of it.
fn is_done(report: &Value, file: &Path) -> bool {
    report["file"] == json!(file.to_str().unwrap()) && report["state"] != "loading"
}
