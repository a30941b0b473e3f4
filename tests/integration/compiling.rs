//! Plugins are compiled in a process of their own, once; one that is made to take for ever harms nobody.

use std::path::Path;
use std::time::{Duration, Instant};

use reqwest::{Client, StatusCode};
use serde_json::Value;

use crate::process::{Process, command};
use crate::server::add_plugin;

/// A component that takes minutes and gigabytes to compile: one function of many branches over many variables.
fn bomb() -> Vec<u8> {
    const VARIABLES: u32 = 2_000;
    const BRANCHES: u32 = 30_000;
    let mut body = [&leb(1)[..], &leb(VARIABLES), &[0x7f]].concat();
    let variable = |body: &mut Vec<u8>, opcode: u8, number: u32| {
        body.push(opcode);
        body.extend(leb(number % VARIABLES));
    };
    for branch in 0..BRANCHES {
        variable(&mut body, 0x20, branch);
        // if .. else .. end, each side with a `local.get` and a `local.set`.
        body.extend([0x04, 0x40]);
        variable(&mut body, 0x20, branch * 7);
        variable(&mut body, 0x21, branch * 3);
        body.push(0x05);
        variable(&mut body, 0x20, branch * 11);
        variable(&mut body, 0x21, branch * 5);
        body.push(0x0b);
    }
    body.push(0x0b);
    let code = [leb(1), sized(&body)].concat();
    let types = [1, 0x60, 1, 0x7f, 0];
    let module = [&b"\0asm\x01\0\0\0"[..], &section(1, &types), &section(3, &[1, 0]), &section(10, &code)].concat();
    [&b"\0asm\x0d\0\x01\0"[..], &section(1, &module)].concat()
}

fn section(id: u8, content: &[u8]) -> Vec<u8> {
    [vec![id], sized(content)].concat()
}

fn sized(content: &[u8]) -> Vec<u8> {
    [leb(u32::try_from(content.len()).unwrap()), content.to_vec()].concat()
}

fn leb(mut number: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number > 0x7f {
        bytes.push(u8::try_from(number & 0x7f).unwrap() | 0x80);
        number >>= 7;
    }
    bytes.push(u8::try_from(number).unwrap());
    bytes
}

/// The memory that a process has, in bytes.
fn resident_bytes(process: &Process) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

/// Why a file was refused, once it was.
async fn refusal(daemon: &Process, file: &str, mut meanwhile: impl AsyncFnMut()) -> String {
    let begun = Instant::now();
    loop {
        assert!(begun.elapsed() < Duration::from_secs(600), "{file} is not refused");
        meanwhile().await;
        if let Some(reason) = plugins(daemon).await[file]["reason"].as_str() {
            return reason.to_owned();
        }
    }
}

async fn plugins(daemon: &Process) -> Value {
    let plugins = reqwest::get(format!("{}/_plugins", daemon.url)).await.unwrap().text().await.unwrap();
    serde_json::from_str(&plugins).unwrap()
}

fn start(folder: &Path, plugins: &Path, arguments: &[&str]) -> Process {
    let mut serve = command(&folder.join("data"));
    serve.arg("--plugins").arg(plugins).args(arguments);
    Process::spawn(serve.stderr(std::fs::File::create(folder.join("log")).unwrap()))
}

/// The process that compiles for a daemon, with how nice it is.
fn compiler_of(daemon: &Process) -> Option<(String, i32)> {
    let processes = std::fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().path());
    let found = processes.filter_map(|process| {
        // One that ends meanwhile is none.
        let stat = std::fs::read_to_string(process.join("stat")).ok()?;
        // After the name, which may hold anything: state, parent, .. and the niceness as the 17th (proc(5)).
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let is_child = fields.get(1)?.parse() == Ok(daemon.id());
        is_child.then(|| Some((stat.split(' ').next()?.to_owned(), fields.get(16)?.parse().ok()?)))?
    });
    found.last()
}

/// Calls a plugin, and gives how long that took.
async fn call(client: &Client, daemon: &Process) -> Duration {
    let begun = Instant::now();
    let answer = client.post(format!("{}/_rpc?path=probe.echo", daemon.url)).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    begun.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_takes_too_long_or_too_much_to_compile_is_refused_and_harms_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("plugins");
    std::fs::create_dir(&own).unwrap();
    add_plugin(&own, "panic", "");
    add_plugin(&own, "probe", "[limits]\nmethod_ms = 60000\n");
    // The others are compiled before there are bounds, which a busy machine may need longer for.
    assert!(start(folder.path(), &own, &[]).terminate().success());
    for (arguments, told) in [
        (["--plugin-compile-ms-max", "3000"], "takes longer to compile than the 3000 ms that it may"),
        (
            ["--plugin-compile-bytes-max", "100000000"],
            "takes more memory to compile than the 100000000 bytes that it may",
        ),
    ] {
        let daemon = start(folder.path(), &own, &arguments);
        let client = Client::new();
        let mut without = Vec::new();
        for _ in 0..50 {
            // As it is done beside the compiler.
            assert_eq!(compiler_of(&daemon), None);
            without.push(call(&client, &daemon).await);
            plugins(&daemon).await;
        }
        let before = resident_bytes(&daemon);
        std::fs::write(own.join("bomb.wasm"), bomb()).unwrap();
        let (mut beside, mut nice) = (Vec::new(), 0);
        let reason = refusal(&daemon, "bomb.wasm", async || {
            let compiler = compiler_of(&daemon);
            let took = call(&client, &daemon).await;
            if let Some((pid, niceness)) = compiler_of(&daemon)
                && compiler.is_some_and(|(before, _)| before == pid)
            {
                beside.push(took);
                nice = nice.max(niceness);
            }
        });
        let reason = reason.await;
        assert!(reason.starts_with(told), "{reason}");
        assert_eq!(compiler_of(&daemon), None);
        let more = resident_bytes(&daemon).saturating_sub(before);
        assert!(!beside.is_empty(), "no call was made beside the compiler");
        let (calls, slowest) = (beside.len(), beside.iter().max().copied());
        let (without, beside) = (median(without), median(beside));
        println!(
            "{arguments:?}: refused; {calls} calls took {beside:?} beside it, {without:?} without; slowest {slowest:?}, {more} bytes more"
        );
        // How fast the machine is, and what else it does, concerns both alike.
        assert!(beside < without * 20, "{beside:?} {without:?}");
        assert_eq!(nice, 10, "what others do comes first");
        assert!(more < 32 << 20, "{more}");
        assert!(daemon.terminate().success());
        std::fs::remove_file(own.join("bomb.wasm")).unwrap();
    }
}

#[test]
fn a_plugin_is_compiled_once_for_each_folder_of_data() {
    let folder = tempfile::tempdir().unwrap();
    let plugins = folder.path().join("plugins");
    std::fs::create_dir(&plugins).unwrap();
    add_plugin(&plugins, "probe", "");
    let cached = |data: &str| -> Vec<_> {
        let entries = std::fs::read_dir(folder.path().join(data).join("plugins/cache")).unwrap();
        let entries = entries.map(|entry| entry.unwrap());
        entries.map(|entry| (entry.file_name(), std::fs::read(entry.path()).unwrap())).collect()
    };
    let run = |data: &str| {
        let daemon = Process::start_with_plugins(&folder.path().join(data), &plugins, &folder.path().join("log"));
        assert!(daemon.terminate().success());
        std::fs::read_to_string(folder.path().join("log")).unwrap()
    };
    let log = run("one");
    assert!(log.contains("in service"), "{log}");
    let one = cached("one");
    assert_eq!(one.len(), 1);
    run("two");
    let two = cached("two");
    assert!(two[0].0 == one[0].0 && two[0].1 != one[0].1, "both daemons have one key");
    // The other's file, though of the same plugin, is not this daemon's own.
    std::fs::write(folder.path().join("one/plugins/cache").join(&two[0].0), &two[0].1).unwrap();
    let log = run("one");
    assert!(log.contains("is not used, and the plugin is compiled anew: its authentication code"), "{log}");
    assert!(log.contains("in service"), "{log}");
    assert_eq!(cached("one"), one);
    assert!(!run("one").contains("compiled anew"));
}
