//! `tega watch` over a daemon that is killed and comes back.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

use tega_client::Client;

use crate::process::Process;

/// A running `tega watch`. It is killed when it is dropped.
struct Watch {
    child: Child,
    output: BufReader<ChildStdout>,
}

impl Watch {
    fn start(url: &str, arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tega"));
        command.env_clear().args(["watch", "inventory", "--url", url]).args(arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self { child, output }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn a_watch_goes_on_over_a_kill_of_the_daemon_and_misses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let daemon = Process::start(folder.path());
    let url = daemon.url.clone();
    let client = Client::new(&url).unwrap();
    client.put("inventory.ne1", "{\"mtu\": 1}").await.unwrap();
    let mut watch = Watch::start(&url, &["--present"]);
    assert_eq!(watch.line(), r#"STATE inventory - {"ne1":{"mtu":1}}"#);
    client.put("inventory.ne1.mtu", "2").await.unwrap();
    assert_eq!(watch.line(), "PUT inventory.ne1.mtu - 2");
    daemon.kill();
    let daemon = Process::start_again(folder.path(), &url);
    // The connections of the client before are broken.
    let client = Client::new(&url).unwrap();
    client.put("inventory.ne1.mtu", "3").await.unwrap();
    client.delete("inventory.ne1").await.unwrap();
    assert_eq!(watch.line(), "PUT inventory.ne1.mtu - 3");
    assert_eq!(watch.line(), r#"DELETE inventory.ne1 - {"mtu":3}"#);
    assert!(daemon.terminate().success());
}
