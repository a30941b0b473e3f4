//! Folders that a daemon can't use, or can't use whole: what it says, what it does all the same, and that it changes nothing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use reqwest::{Client, StatusCode};

use crate::bad_input::complaint;
use crate::process::{Process, command};

/// Files so small that a few commits fill several.
const TINY_FILES: [&str; 6] =
    ["--segment-bytes-max", "1000", "--snapshot-log-bytes", "4000", "--log-bytes-max", "2000"];

/// Where the system's own tools are.
const TOOLS: &str = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin";

async fn put(url: &str, path: &str, body: impl Into<reqwest::Body>) -> (StatusCode, String) {
    let answer = Client::new().put(format!("{url}{path}")).body(body).send().await.unwrap();
    (answer.status(), answer.text().await.unwrap())
}

async fn get(url: &str, path: &str) -> String {
    let answer = reqwest::get(format!("{url}{path}")).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK, "{path}: {answer:?}");
    answer.text().await.unwrap()
}

/// Counts a node up, commit by commit.
async fn count(url: &str, numbers: std::ops::Range<u64>) {
    for number in numbers {
        let (status, answer) = put(url, "/a/count", number.to_string()).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
    }
}

/// The files of a folder whose names begin so, in order.
fn files(folder: &Path, prefix: &str) -> Vec<PathBuf> {
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let named = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with(prefix);
    let mut files: Vec<PathBuf> = paths.filter(named).collect();
    files.sort();
    files
}

/// All that is in a folder.
fn content(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    files(folder, "").into_iter().map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
}

/// Asserts that a daemon does not start on a folder, says these things, and changes nothing.
fn assert_refused(data: &Path, facts: &[&str]) {
    let before = content(data);
    let text = complaint(&mut command(data));
    for fact in facts {
        assert!(text.contains(fact), "{fact:?} is not in: {text}");
    }
    assert!(!text.contains("panicked"), "{text}");
    assert!(before == content(data), "something was changed in {}", data.display());
}

/// A database of some commits, stopped, of which two snapshots are there and the oldest log is gone.
async fn with_two_snapshots(data: &Path) -> u64 {
    let daemon = Process::start_with(data, &TINY_FILES);
    let mut next = 0;
    while files(data, "snapshot-").len() < 2 || files(data, "log-")[0].ends_with("log-00000000000000000001.jsonl") {
        count(&daemon.url, next..next + 20).await;
        next += 20;
        assert!(next < 10_000, "no snapshots after {next} commits");
    }
    assert!(daemon.terminate().success());
    next
}

#[tokio::test]
async fn of_a_snapshot_that_is_half_there_the_one_before_is_taken_and_it_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let (data, log) = (folder.path().join("data"), folder.path().join("stderr"));
    let commits = with_two_snapshots(&data).await;
    let snapshots = files(&data, "snapshot-");
    let [older, newest] = &snapshots[snapshots.len() - 2..] else { panic!("{snapshots:?}") };
    let whole = std::fs::read(newest).unwrap();
    std::fs::write(newest, &whole[..whole.len() / 2]).unwrap();
    let daemon = Process::start_logged(&data, &TINY_FILES, &log);
    assert_eq!(get(&daemon.url, "/a/count").await, (commits - 1).to_string());
    assert_eq!(
        get(&daemon.url, &format!("/a?version={}", commits - 50)).await,
        format!("{{\"count\":{}}}", commits - 50)
    );
    let said = std::fs::read_to_string(&log).unwrap();
    let name = newest.file_name().unwrap().to_str().unwrap();
    assert!(said.contains(name) && said.contains("a snapshot is damaged"), "{said}");
    assert!(daemon.terminate().success());

    // Without the one before as well, the log does not reach back far enough.
    let (newest_whole, older_whole) = (whole, std::fs::read(older).unwrap());
    for path in files(&data, "snapshot-") {
        let half = std::fs::read(&path).unwrap().len() / 2;
        std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(u64::try_from(half).unwrap()).unwrap();
    }
    let oldest =
        files(&data, "log-")[0].file_stem().unwrap().to_str().unwrap().trim_start_matches("log-").parse::<u64>();
    let begins = format!("begins at revision {}", oldest.unwrap());
    assert_refused(&data, &[data.to_str().unwrap(), &begins, "put back a snapshot"]);
    std::fs::write(older, older_whole).unwrap();
    std::fs::write(newest, newest_whole).unwrap();
    let daemon = Process::start(&data);
    assert_eq!(get(&daemon.url, "/a/count").await, (commits - 1).to_string());
}

#[tokio::test]
async fn a_segment_of_another_database_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let (own, other) = (folder.path().join("own"), folder.path().join("other"));
    let daemon = Process::start(&own);
    count(&daemon.url, 0..3).await;
    assert!(daemon.terminate().success());
    let daemon = Process::start_with(&other, &["--segment-bytes-max", "1"]);
    count(&daemon.url, 0..5).await;
    assert!(daemon.terminate().success());
    let name = "log-00000000000000000004.jsonl";
    std::fs::copy(other.join(name), own.join(name)).unwrap();
    assert_refused(&own, &[own.join(name).to_str().unwrap(), "belongs to history", "two folders were mixed"]);
    std::fs::remove_file(own.join(name)).unwrap();
    std::fs::copy(other.join(name), own.join("log-4.jsonl")).unwrap();
    assert_refused(&own, &[own.join("log-4.jsonl").to_str().unwrap(), "is none"]);
    std::fs::remove_file(own.join("log-4.jsonl")).unwrap();
    let missing = std::fs::read(other.join("log-00000000000000000003.jsonl")).unwrap();
    std::fs::remove_file(other.join("log-00000000000000000003.jsonl")).unwrap();
    assert_refused(&other, &[other.join(name).to_str().unwrap(), "revision 3", "missing"]);
    std::fs::write(other.join("log-00000000000000000003.jsonl"), missing).unwrap();
    for data in [own, other] {
        assert!(get(&Process::start(&data).url, "/a/count").await.parse::<u64>().unwrap() > 1);
    }
}

#[tokio::test]
async fn a_file_of_a_newer_format_is_named_with_the_format() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    with_two_snapshots(&data).await;
    let newest = |prefix| files(&data, prefix).pop().unwrap();
    for (file, what, start) in
        [(newest("snapshot-"), "snapshot", "\"snapshot\""), (newest("log-"), "log", "\"synced\"")]
    {
        let whole = std::fs::read_to_string(&file).unwrap();
        let (header, rest) = whole.split_once('\n').unwrap();
        let body = header[header.find(start).unwrap()..].replace("\"format\":1", "\"format\":2");
        let previous = if what == "log" {
            let at = header.find("\"previous\":\"").unwrap() + 12;
            u32::from_str_radix(&header[at..at + 8], 16).unwrap()
        } else {
            0
        };
        let crc = crc32c(&[&previous.to_be_bytes(), body.as_bytes()].concat());
        std::fs::write(&file, format!("{{\"crc\":\"{crc:08x}\",{body}\n{rest}")).unwrap();
        assert_refused(&data, &[file.to_str().unwrap(), &format!("{what} format 2"), "reads format 1"]);
        std::fs::write(&file, whole).unwrap();
    }
    assert!(Process::start(&data).terminate().success());
}

/// CRC-32C, bit by bit, as the format page states it.
fn crc32c(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0x82f6_3b78 & (0_u32.wrapping_sub(crc & 1)));
        }
    }
    !crc
}

/// A shell in a mount namespace of its own, where even who is not root may mount; it gets the name of a folder, and then what
/// starts a daemon. None, with the reason printed, where the system does not let us.
fn within_a_mount(script: &str, folder: &Path) -> Option<Command> {
    let tried = Command::new("unshare").args(["-rm", "mount", "-t", "tmpfs", "none"]).arg(folder).output();
    match tried {
        Ok(tried) if tried.status.success() => {}
        Ok(tried) => {
            println!("skipped: no mount here: {}", String::from_utf8_lossy(&tried.stderr).trim());
            return None;
        }
        Err(error) => {
            println!("skipped: no unshare here: {error}");
            return None;
        }
    }
    let serve = command(&folder.join("data"));
    let mut shell = Command::new("unshare");
    shell.env_clear().env("PATH", TOOLS);
    shell.args(["-rm", "sh", "-ec", &format!("{script}; shift; exec \"$@\""), "sh"]).arg(folder);
    shell.arg(serve.get_program()).args(serve.get_args());
    Some(shell)
}

#[tokio::test]
async fn a_folder_that_can_not_be_used_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "mine").unwrap();
    for data in [file.clone(), file.join("below")] {
        let text = complaint(&mut command(&data));
        assert!(text.contains(data.to_str().unwrap()) && !text.contains("panicked"), "{text}");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
    }
    let mounted = folder.path().join("mounted");
    std::fs::create_dir(&mounted).unwrap();
    if let Some(mut serve) = within_a_mount("mount -t tmpfs -o ro none \"$1\"", &mounted) {
        let text = complaint(&mut serve);
        assert!(text.contains(mounted.to_str().unwrap()) && text.contains("Read-only"), "{text}");
    }
    let locked = folder.path().join("locked");
    std::fs::create_dir(&locked).unwrap();
    std::fs::set_permissions(&locked, std::os::unix::fs::PermissionsExt::from_mode(0o555)).unwrap();
    match without_privilege(&locked) {
        Some(mut serve) => {
            let text = complaint(&mut serve);
            assert!(text.contains(locked.to_str().unwrap()) && text.contains("ermission"), "{text}");
        }
        None => println!("skipped: permissions hold nobody back here"),
    }
}

/// What starts a daemon below a folder that it may not write to, as root as well; none where permissions hold nobody back.
fn without_privilege(folder: &Path) -> Option<Command> {
    let serve = command(&folder.join("data"));
    let probe = folder.join("probe");
    if std::fs::write(&probe, "").is_err() {
        return Some(serve);
    }
    std::fs::remove_file(&probe).unwrap();
    let drop_privilege = ["--bounding-set", "-dac_override,-dac_read_search"];
    let tried = Command::new("setpriv").args(drop_privilege).arg("touch").arg(&probe).stderr(Stdio::null()).status();
    if tried.map_or(true, |status| status.success()) {
        return None;
    }
    let mut command = Command::new("setpriv");
    command.env_clear().env("PATH", TOOLS).args(drop_privilege).arg(serve.get_program()).args(serve.get_args());
    Some(command)
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_full_disk_writes_are_refused_with_507_reads_go_on_and_writing_resumes_with_space() {
    let folder = tempfile::tempdir().unwrap();
    let mounted = folder.path().join("mounted");
    std::fs::create_dir(&mounted).unwrap();
    let mount = "mount -t tmpfs -o size=6m none \"$1\"; head -c 3000000 /dev/zero > \"$1/ballast\"";
    let Some(mut serve) = within_a_mount(mount, &mounted) else { return };
    let daemon = Process::spawn(serve.stderr(Stdio::null()));
    let mut stored = 0;
    let (status, answer) = loop {
        let value = format!("\"{stored} {}\"", "x".repeat(20_000));
        let (status, answer) = put(&daemon.url, &format!("/a/n{stored}"), value).await;
        if status != StatusCode::OK {
            break (status, answer);
        }
        stored += 1;
        assert!(stored < 1_000, "the disk does not get full");
    };
    assert_eq!(status, StatusCode::INSUFFICIENT_STORAGE, "{answer}");
    assert!(answer.contains("no space left"), "{answer}");
    assert!(stored > 10);
    assert!(get(&daemon.url, &format!("/a/n{}", stored - 1)).await.starts_with(&format!("\"{} ", stored - 1)));
    let refused = reqwest::get(format!("{}/a/n{stored}", daemon.url)).await.unwrap();
    assert_eq!(refused.status(), StatusCode::NOT_FOUND, "what was refused is not there");
    let (status, _) = put(&daemon.url, "/b", format!("\"{}\"", "y".repeat(50_000))).await;
    assert_eq!(status, StatusCode::INSUFFICIENT_STORAGE);

    // Our view of the daemon's own mounts.
    let seen = PathBuf::from(format!("/proc/{}/root{}", daemon.id(), mounted.display()));
    std::fs::remove_file(seen.join("ballast")).unwrap();
    for n in stored..stored + 20 {
        let (status, answer) = put(&daemon.url, &format!("/a/n{n}"), n.to_string()).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
    }
    // The mount goes with the daemon: what it left is looked at in a copy.
    let copy = folder.path().join("copy");
    std::fs::create_dir(&copy).unwrap();
    for path in files(&seen.join("data"), "") {
        std::fs::copy(&path, copy.join(path.file_name().unwrap())).unwrap();
    }
    daemon.kill();
    let again = Process::start(&copy);
    assert_eq!(get(&again.url, "/_roots").await, format!("{{\"a\":{}}}", stored + 19));
    assert_eq!(get(&again.url, &format!("/a/n{}", stored + 19)).await, (stored + 19).to_string());
    assert!(get(&again.url, "/a/n0").await.starts_with("\"0 "));
}
