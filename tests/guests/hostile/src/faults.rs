//! The faults.

use std::hint::black_box;

use crate::contract::tega::plugin::types::Error;
use crate::contract::tega::plugin::{channels, directory, log, tree};
use crate::contract::wasi::cli::stdout::get_stdout;
use crate::contract::wasi::clocks::monotonic_clock::subscribe_duration;
use crate::description::At;
use crate::setting;

const MIB: usize = 1024 * 1024;

/// Does the harm that is asked for here.
pub(crate) fn commit(at: At) {
    if !at.is_asked() {
        return;
    }
    match setting("fault").as_str() {
        "spin" => loop {
            // Something to do, or the compiler would put a trap here.
            black_box(());
        },
        "recurse" => drop(recurse(black_box(0))),
        "recurse-with-frames" => drop(recurse_with_frames(black_box(0))),
        "grow" => grow(),
        "trap" => std::process::abort(),
        "panic" => {
            log::write(log::Level::Error, "panicked: the flux is out of range");
            panic!("the flux is out of range")
        }
        "wait" => subscribe_duration(3_600_000_000_000).block(),
        "get" => loop {
            black_box(tree::get(&own("nothing"))).ok();
        },
        "put" => put(),
        "publish" => while channels::publish("harm", "null").is_ok() {},
        "log" => loop {
            log::write(log::Level::Info, "harm");
        },
        "stdout" => {
            let stdout = get_stdout();
            while stdout.blocking_write_and_flush(&[b'\n'; 4096]).is_ok() {}
        }
        _ => {}
    }
}

/// A text of 20 MiB, where that is the harm asked for here.
pub(crate) fn huge(at: At) -> Option<String> {
    (at.is_asked() && setting("fault") == "huge").then(|| "x".repeat(20 * MIB))
}

fn own(name: &str) -> Vec<String> {
    vec!["plugin".to_owned(), setting("name"), name.to_owned()]
}

/// Uses the machine's stack alone.
fn recurse(depth: u64) -> u64 {
    if depth == u64::MAX { 0 } else { black_box(recurse(black_box(depth + 1))) + 1 }
}

/// Uses the stack that the compiler keeps in memory.
fn recurse_with_frames(depth: u64) -> u64 {
    let frame = black_box([depth; 64]);
    if depth == u64::MAX { 0 } else { recurse_with_frames(black_box(depth + 1)) + black_box(frame)[0] }
}

/// Takes memory as a careless plugin does.
fn grow() {
    let mut taken = Vec::new();
    loop {
        taken.push(black_box(vec![1_u8; MIB]));
    }
}

/// Writes until that is refused, and goes on.
fn put() {
    let value = format!("{:?}", "x".repeat(MIB));
    for number in 0_u64.. {
        black_box(tree::put(&own(&format!("n{number}")), &value)).ok();
    }
}

/// The answer of another's method, where calling that is the harm: it is named in the settings.
pub(crate) fn called() -> Option<Result<String, Error>> {
    let path: Vec<String> = setting("calls").split('.').map(str::to_owned).collect();
    (setting("fault") == "call").then(|| directory::call(&path, "[]", "{}"))
}
