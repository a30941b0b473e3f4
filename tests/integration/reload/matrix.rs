//! All that may happen to the files of plugins, step by step: what each comes to, in a sentence where it is refused, and that what
//! was in service goes on.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{GRANTS, patched, replace, version};
use crate::server::{TestServer, guest_bytes};

/// One step, and what the folder comes to by it.
struct Step {
    what: &'static str,
    act: fn(&Path),
    comes_to: Expected,
}

#[derive(Clone, Copy, Debug)]
enum Expected {
    /// This version answers, from this file.
    Answers(u64, &'static str),
    /// It is refused: a file, and a part of the reason. The version in service goes on.
    Refused(&'static str, &'static str),
    /// What took its place is refused, in a part of the reason; it goes on.
    PassedOver(&'static str),
    /// There is no plugin any more.
    Gone,
}

use Expected::{Answers, Gone, PassedOver, Refused};

const STEPS: &[Step] = &[
    Step { what: "a file comes", act: |at| write(at, "swap.wasm", &version(1)), comes_to: Answers(1, "swap.wasm") },
    Step {
        what: "an editor writes it aside and renames",
        act: |at| replace(&at.join("swap.wasm"), &version(2)),
        comes_to: Answers(2, "swap.wasm"),
    },
    Step {
        what: "it is written over in pieces",
        act: |at| write_slowly(at, &version(3)),
        comes_to: Answers(3, "swap.wasm"),
    },
    Step {
        what: "it is cut off",
        act: |at| write(at, "swap.wasm", &version(4)[..9_000]),
        comes_to: PassedOver("is damaged, or not whole: "),
    },
    Step {
        what: "it is written whole",
        act: |at| write(at, "swap.wasm", &version(4)),
        comes_to: Answers(4, "swap.wasm"),
    },
    Step {
        what: "it is renamed",
        act: |at| std::fs::rename(at.join("swap.wasm"), at.join("renamed.wasm")).unwrap(),
        comes_to: Answers(4, "renamed.wasm"),
    },
    Step { what: "it is a link now", act: |at| link(at, "one", &version(5)), comes_to: Answers(5, "renamed.wasm") },
    Step { what: "the link is switched", act: |at| link(at, "two", &version(6)), comes_to: Answers(6, "renamed.wasm") },
    Step {
        what: "a second plugin has its name",
        act: |at| write(at, "twin.wasm", &version(7)),
        comes_to: Refused("twin.wasm", "its name swap is already that of "),
    },
    Step {
        what: "another has its method",
        act: |at| hostile(at, "answers = 'swap.version'"),
        comes_to: Refused("other.wasm", "the method swap.version can't be entered: a method of plugin swap is there"),
    },
    Step {
        what: "a key of its settings is not known",
        act: |at| write(at, "renamed.toml", b"[grants]\nreed = ['load']"),
        comes_to: PassedOver("renamed.toml, line 2, `reed"),
    },
    Step {
        what: "a grant is no pattern",
        act: |at| write(at, "renamed.toml", b"[grants]\nread = ['a..b']"),
        comes_to: PassedOver("renamed.toml, `grants.read`: "),
    },
    Step {
        what: "its settings are good",
        act: |at| write(at, "renamed.toml", GRANTS.as_bytes()),
        comes_to: Answers(6, "renamed.wasm"),
    },
    Step {
        what: "it is for a newer contract",
        act: |at| replace(&at.join("renamed.wasm"), &patched("@0.1.0", "@0.2.0")),
        comes_to: PassedOver("tega:plugin/"),
    },
    Step {
        what: "the folder vanishes",
        act: |at| std::fs::rename(at, at.with_extension("aside")).unwrap(),
        comes_to: PassedOver(
            "/plugins can't be read (No such file or directory (os error 2)); what was loaded from it goes on",
        ),
    },
    Step { what: "another folder is put in its place", act: another_folder, comes_to: Answers(8, "swap.wasm") },
    Step { what: "its file is removed", act: |at| std::fs::remove_file(at.join("swap.wasm")).unwrap(), comes_to: Gone },
];

fn write(folder: &Path, file: &str, bytes: &[u8]) {
    std::fs::write(folder.join(file), bytes).unwrap();
}

/// As `cp` writes over a slow connection: in pieces, the first of which stands still for longer than one waits for a whole file.
fn write_slowly(folder: &Path, bytes: &[u8]) {
    write(folder, "swap.wasm", &bytes[..bytes.len() / 2]);
    std::thread::sleep(Duration::from_millis(500));
    write(folder, "swap.wasm", bytes);
}

fn link(folder: &Path, name: &str, bytes: &[u8]) {
    let target = folder.with_extension(name);
    std::fs::write(&target, bytes).unwrap();
    let aside = folder.join("link.aside");
    symlink(target, &aside).unwrap();
    std::fs::rename(aside, folder.join("renamed.wasm")).unwrap();
}

fn hostile(folder: &Path, settings: &str) {
    write(folder, "other.toml", format!("[settings]\nname = 'other'\nat = ''\n{settings}\n").as_bytes());
    write(folder, "other.wasm", &guest_bytes("hostile"));
}

fn another_folder(folder: &Path) {
    let new = folder.with_extension("new");
    std::fs::create_dir(&new).unwrap();
    write(&new, "swap.wasm", &version(8));
    std::fs::rename(new, folder).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_happens_to_the_files_takes_effect_or_is_refused_in_a_sentence() {
    let server = TestServer::with_plugins(&[]).await;
    let mut in_service = 0;
    for Step { what, act, comes_to } in STEPS {
        let (folder, begin) = (server.plugin_folder(), Instant::now());
        tokio::task::spawn_blocking(move || act(&folder)).await.unwrap();
        let report = server.until("/_plugins", |plugins| comes_to.is_met(plugins)).await;
        println!("{what}: {comes_to:?} after {:.2} s", begin.elapsed().as_secs_f64());
        match comes_to {
            Answers(number, _) => in_service = *number,
            Gone => break,
            Refused(..) | PassedOver(_) => {}
        }
        assert_eq!(server.result("swap.version", json!({})).await, json!(in_service), "{what}: {report}");
    }
    assert_eq!(server.call("swap.version", json!({})).await.status, 404);
}

impl Expected {
    /// Whether the folder came to this. Which version answers is asked afterwards; its digest is in the report.
    fn is_met(self, plugins: &Value) -> bool {
        let swap = &plugins["swap"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let is_running = swap["state"] == "running";
        match self {
            Answers(number, file) => {
                let is_this = text(&swap["file"]).ends_with(&format!("/{file}")) && swap["passed_over"].is_null();
                is_running && is_this && swap["digest"] == digest(number)
            }
            Refused(file, reason) => plugins.as_object().unwrap().values().any(|report| {
                let is_this = text(&report["file"]).ends_with(&format!("/{file}")) && report["state"] == "refused";
                is_running && is_this && text(&report["reason"]).contains(reason)
            }),
            PassedOver(reason) => is_running && text(&swap["passed_over"]).contains(reason),
            Gone => swap.is_null(),
        }
    }
}

/// The digest of a version.
fn digest(number: u64) -> String {
    use sha2::Digest;
    let digest = sha2::Sha256::digest(version(u32::try_from(number).unwrap()));
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
