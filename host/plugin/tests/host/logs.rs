//! What plugins write to the daemon's log.

use std::io::Write;
use std::sync::{Arc, Mutex};

use crate::guest::Guest;
use crate::server::Folder;

/// The log of this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn lines(&self) -> Vec<String> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.lines().map(str::to_owned).collect()
    }
}

fn listen() -> (Log, tracing::subscriber::DefaultGuard) {
    let log = Log::default();
    let writer = log.clone();
    let subscriber =
        tracing_subscriber::fmt().without_time().with_ansi(false).with_writer(move || writer.clone()).finish();
    (log, tracing::subscriber::set_default(subscriber))
}

#[tokio::test(flavor = "current_thread")]
async fn a_plugin_logs_under_its_name_with_bounded_lines() {
    let (log, _guard) = listen();
    let many = "(local.set $positional (i32.const 1500))
        (loop $again
          (call $log (i32.const 2) %line)
          (local.set $positional (i32.sub (local.get $positional) (i32.const 1)))
          (br_if $again (local.get $positional)))
        (call $ok %value)";
    let guest = Guest::new("noisy").text("line", "one\nforged").text("value", "1").method("noisy.call", many);
    let server = Folder::new().with("noisy.wasm", guest.module()).start().await;
    server.call("noisy.call").await.unwrap();
    let lines: Vec<String> = log.lines().into_iter().filter(|line| line.contains("forged")).collect();
    assert_eq!(lines.len(), 1_000);
    assert!(
        lines[0].contains("WARN") && lines[0].contains(r"one\nforged") && lines[0].contains("noisy"),
        "{}",
        lines[0]
    );
    assert!(log.lines().iter().any(|line| line.contains("wrote over 1000 lines in one call; the rest is left out")));
}

#[tokio::test(flavor = "current_thread")]
async fn wasi_is_there_but_empty_and_its_output_goes_to_the_log_line_by_line() {
    let (log, _guard) = listen();
    let write = "(call $write_out (call $stdout) %half (i32.const 1024))
        (call $write_out (call $stdout) %rest (i32.const 1024))
        (call $environment (i32.const 1024))
        (call $ok_digit (i32.load (i32.const 1028)))";
    let guest = Guest::new("wasi")
        .wasi()
        .text("half", "one line in ")
        .text("rest", "two parts\nand a")
        .method("wasi.call", write);
    let server = Folder::new().with("wasi.wasm", guest.module()).start().await;
    // No variables, whatever those of the daemon are.
    assert_eq!(server.call("wasi.call").await.unwrap(), "0");
    let lines = log.lines();
    assert!(lines.iter().any(|line| line.contains("INFO") && line.contains("one line in two parts")), "{lines:?}");
    assert!(!lines.iter().any(|line| line.contains("and a")));
}
