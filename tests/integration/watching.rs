//! `tega watch` over a daemon that is killed and comes back.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

use futures_util::{SinkExt, StreamExt};
use tega_client::Client;
use tokio::net::TcpListener;
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::Message;

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

#[tokio::test]
async fn a_watch_whose_connection_breaks_before_it_was_told_the_present_asks_for_it_again() {
    // A server that the test plays.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut watch = Watch::start(&format!("http://{}", listener.local_addr().unwrap()), &["--present"]);
    for revision in 1..=3 {
        let mut socket = accept_async(listener.accept().await.unwrap().0).await.unwrap();
        let position = format!("{{\"position\": \"3f.0:{revision}\"}}");
        assert!(socket.next().await.unwrap().unwrap().into_text().unwrap().starts_with("SESSION "));
        socket.send(Message::text(format!("SESSIONACK tega\n{position}"))).await.unwrap();
        let asked = socket.next().await.unwrap().unwrap().into_text().unwrap();
        let from = if revision < 3 { "present" } else { "3f.0:2" };
        assert_eq!(asked.as_str(), format!("SUBSCRIBE inventory local False {from}"));
        socket.send(Message::text(format!("SUBSCRIBED inventory\n{position}"))).await.unwrap();
        if revision == 2 {
            let state = "STATE inventory\n{\"position\": \"3f.0:2\", \"nodes\": []}";
            socket.send(Message::text(state)).await.unwrap();
            let commit = r#"{"position": "3f.0:2", "time": "", "author": {}, "items": [{"put": {"path": "inventory", "value": 1}}]}"#;
            socket.send(Message::text(format!("COMMIT inventory\n{commit}"))).await.unwrap();
            let (told, line) = tokio::task::spawn_blocking(move || {
                let line = watch.line();
                (watch, line)
            })
            .await
            .unwrap();
            assert_eq!(line, "PUT inventory - 1");
            watch = told;
        }
    }
}
