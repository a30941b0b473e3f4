//! The commands on a folder, and the backup of a running daemon: the real binary.

use std::path::Path;
use std::process::{Command, Output};

use reqwest::Client;

use crate::process::{Process, command};
use crate::server::workspace;

/// Runs `tega` with arguments; its standard output and error, and whether it succeeded.
fn tega(arguments: &[&str]) -> (String, String, bool) {
    let Output { status, stdout, stderr } =
        Command::new(env!("CARGO_BIN_EXE_tega")).env_clear().args(arguments).output().unwrap();
    (String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap(), status.success())
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

async fn put(url: &str, path: &str, body: &str) {
    let answer = Client::new().put(format!("{url}{path}")).body(body.to_owned()).send().await.unwrap();
    assert!(answer.status().is_success(), "{answer:?}");
}

async fn get(url: &str, path: &str) -> String {
    reqwest::get(format!("{url}{path}")).await.unwrap().text().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_a_running_daemon_is_restored_and_goes_on_in_a_new_epoch() {
    let folder = tempfile::tempdir().unwrap();
    let (data, backup, restored) =
        (folder.path().join("data"), folder.path().join("backup"), folder.path().join("restored"));
    let daemon = Process::start(&data);
    let (_, error, done) = tega(&["backup", "--url", &daemon.url, text(&backup)]);
    assert!(!done && error.contains("the database has no commit yet"), "{error}");
    for n in 0..20 {
        put(&daemon.url, "/inventory/ne1/mtu", &n.to_string()).await;
    }
    put(&daemon.url, "/hosts/%2210.0.0.1%2F31%22", r#"{"name":"uplink","n":1.50}"#).await;
    let (told, error, done) = tega(&["backup", "--url", &daemon.url, text(&backup)]);
    assert!(done && told.contains("snapshot-00000000000000000021.jsonl holds"), "{told}{error}");
    put(&daemon.url, "/inventory/ne1/mtu", "9000").await;
    let (_, error, done) = tega(&["restore", text(&backup), "--data", text(&data)]);
    assert!(!done && error.contains("is not empty"), "{error}");
    let (told, error, done) = tega(&["restore", text(&backup), "--data", text(&restored)]);
    assert!(done && told.contains("restored revision 21"), "{told}{error}");
    let again = Process::start(&restored);
    assert_eq!(get(&again.url, "/inventory/ne1/mtu").await, "19");
    assert_eq!(get(&again.url, "/hosts").await, r#"{"10.0.0.1/31":{"n":1.50,"name":"uplink"}}"#);
    assert_eq!(get(&again.url, "/_roots").await, r#"{"hosts":0,"inventory":19}"#);
    put(&again.url, "/inventory/ne1/mtu", "1").await;
    assert!(again.terminate().success());
    let (told, _, done) = tega(&["log", "check", "--data", text(&restored)]);
    assert!(done && told.contains("epochs   0:1 1:22") && told.contains("good up to revision 22"), "{told}");
    let half = backup.join("half");
    let whole = std::fs::read(backup.join("snapshot-00000000000000000021.jsonl")).unwrap();
    std::fs::write(&half, &whole[..whole.len() / 2]).unwrap();
    let (_, error, done) = tega(&["restore", text(&half), "--data", text(&folder.path().join("other"))]);
    assert!(!done && error.contains("is no whole backup"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_shown_proved_and_repaired() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let daemon = Process::start(&data);
    put(&daemon.url, "/a/x?message=first", "1").await;
    put(&daemon.url, "/b?tega_id=bob", r#"{"y":"text"}"#).await;
    put(&daemon.url, "/a", "{}").await;
    let (told, _, done) = tega(&["log", "show", "--data", text(&data), "--path", "a.x"]);
    assert!(done && told.contains("client  \"first\"\n         put a.x 1\n") && !told.contains("bob"), "{told}");
    let (told, _, _) = tega(&["log", "show", "--data", text(&data), "--json", "--from", "3"]);
    assert!(told.starts_with("{\"revision\":3,") && told.contains("\"removed\":{\"x\":[1]}"), "{told}");
    let (told, _, done) = tega(&["log", "check", "--data", text(&data)]);
    assert!(done && told.contains("3 commits from 1 on") && told.contains("good up to revision 3"), "{told}");
    assert!(daemon.terminate().success());

    let log = data.join("log-00000000000000000001.jsonl");
    let mut bytes = std::fs::read(&log).unwrap();
    let place = bytes.windows(4).position(|window| window == b"text").unwrap();
    bytes[place] ^= 1;
    std::fs::write(&log, &bytes).unwrap();
    let (told, _, done) = tega(&["log", "check", "--data", text(&data)]);
    assert!(!done && told.contains("DAMAGED") && told.contains("up to revision 1"), "{told}");
    let refused = command(&data).output().unwrap();
    let error = String::from_utf8(refused.stderr).unwrap();
    assert!(!refused.status.success() && error.contains("is damaged at byte"), "{error}");
    let (told, error, done) = tega(&["log", "repair", "--data", text(&data)]);
    assert!(done && told.contains("copied") && told.contains("opens again, up to revision 1"), "{told}{error}");
    assert_eq!(
        std::fs::read(folder.path().join("data.before-repair-1").join(log.file_name().unwrap())).unwrap(),
        bytes
    );
    let (told, _, done) = tega(&["log", "repair", "--data", text(&data)]);
    assert!(done && told.contains("nothing is damaged"), "{told}");
    let again = Process::start(&data);
    assert_eq!(get(&again.url, "/a/x").await, "1");
    let (_, error, done) = tega(&["log", "repair", "--data", text(&data)]);
    assert!(!done && error.contains("is in use"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_files_of_the_original_are_imported() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let original = workspace().join("tests/fixtures/original/old");
    let (_, error, done) = tega(&["import-original", text(&original), "--data", text(&data)]);
    assert!(!done && error.contains("global") && error.contains("local1"), "{error}");
    let (told, error, done) = tega(&["import-original", text(&original), "--id", "global", "--data", text(&data)]);
    assert!(done && told.contains("commits"), "{told}{error}");
    assert!(told.contains("commits 3, puts 1,") && error.contains("stands for a plugin's function"), "{told}{error}");
    let (_, error, done) = tega(&["import-original", text(&original), "--id", "global", "--data", text(&data)]);
    assert!(!done && error.contains("is not empty"), "{error}");
    let daemon = Process::start(&data);
    assert_eq!(get(&daemon.url, "/a").await, r#"{"b":{"c":1}}"#, "the rollback was made as well");
    assert_eq!(get(&daemon.url, "/inventory").await, r#"{"ne1":{}}"#);
    let (told, _, _) = tega(&["log", "show", "--data", text(&data)]);
    assert!(told.contains("2016-01-18T13:27:15.47389Z  client ae195088\n         put a.b.c \"ooo\""), "{told}");
}
