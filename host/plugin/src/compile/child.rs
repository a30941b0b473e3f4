//! The process that compiles: started for one component, fed it, and killed where it takes too long.
//!
//! Invariant: whatever it does, the wait for it ends, and what is held of what it says is bounded.

use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};

use super::CompileError;
use crate::journal::one_line;
use crate::layout::Layout;
use crate::limits::{CODE_BYTES_MAX, COMPILER_WORDS_BYTES_MAX};

/// What a compilation may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Its time, in milliseconds.
    pub(crate) ms_max: u64,
    /// Its memory, in bytes.
    pub(crate) bytes_max: u64,
}

/// Compiles a component with a program that takes `plugin compile` as `tega` does.
///
/// # Cancel safety
/// Dropped, the process is killed.
pub(super) async fn compile(
    program: &Path,
    component: &[u8],
    layout: Layout,
    bounds: Bounds,
) -> Result<Vec<u8>, CompileError> {
    let mut child = start(program, layout, bounds).map_err(|source| not_started(program, source))?;
    let talked = tokio::time::timeout(Duration::from_millis(bounds.ms_max), talk(&mut child, component)).await;
    let Ok(talked) = talked else {
        // It may have ended in this moment; what matters is that it has.
        let _ = child.kill().await;
        return Err(CompileError::Time { limit_ms: bounds.ms_max });
    };
    let said = talked.map_err(|source| not_started(program, source))?;
    if !said.status.success() {
        return Err(failed(&said, bounds));
    }
    if is_longer(&said.code, CODE_BYTES_MAX) {
        return Err(CompileError::TooLarge);
    }
    Ok(said.code)
}

/// What the process said, and how it ended.
struct Said {
    status: ExitStatus,
    code: Vec<u8>,
    words: String,
}

fn start(program: &Path, layout: Layout, bounds: Bounds) -> std::io::Result<Child> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = (cores / 2).max(1);
    // Time that passes is what is bounded here; the time of the cores bounds a process that nobody waits for any more.
    let threads_s = bounds.ms_max.div_ceil(1000).saturating_mul(u64::try_from(threads).unwrap_or(1));
    Command::new(program)
        .arg0("tega")
        .args(["plugin", "compile", "--layout", &layout.to_string()])
        .args(["--memory-bytes-max", &bounds.bytes_max.to_string(), "--cpu-s-max", &threads_s.to_string()])
        // Nothing of the daemon's environment is its business. The variable is that of the crate rayon.
        .env_clear()
        .env("RAYON_NUM_THREADS", threads.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
}

/// Feeds it, hears it out, and waits for its end.
async fn talk(child: &mut Child, component: &[u8]) -> std::io::Result<Said> {
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let feed = async move {
        if let Some(mut stdin) = stdin {
            // One that does not want it all says why, or how it ended does.
            let _ = stdin.write_all(component).await;
        }
    };
    let ((), code, words) = tokio::join!(feed, hear(stdout, CODE_BYTES_MAX), hear(stderr, COMPILER_WORDS_BYTES_MAX));
    let (code, mut words) = (code?, words?);
    words.truncate(usize::try_from(COMPILER_WORDS_BYTES_MAX).unwrap_or(usize::MAX));
    let words = one_line(String::from_utf8_lossy(&words).trim());
    Ok(Said { status: child.wait().await?, code, words })
}

/// Takes all that comes, and keeps it up to a byte more than a limit.
async fn hear(pipe: Option<impl AsyncRead + Unpin>, limit: u64) -> std::io::Result<Vec<u8>> {
    let mut heard = Vec::new();
    if let Some(mut pipe) = pipe {
        (&mut pipe).take(limit + 1).read_to_end(&mut heard).await?;
        tokio::io::copy(&mut pipe, &mut tokio::io::sink()).await?;
    }
    Ok(heard)
}

fn is_longer(bytes: &[u8], limit: u64) -> bool {
    u64::try_from(bytes.len()).is_ok_and(|length| length > limit)
}

/// Why it failed: an allocation that Rust's library tells of before it aborts, its own words, or how it ended.
fn failed(said: &Said, bounds: Bounds) -> CompileError {
    let words = &said.words;
    if words.contains("memory allocation of") || words.contains("Cannot allocate memory") {
        return CompileError::Memory { limit_bytes: bounds.bytes_max };
    }
    match (said.status.code(), words.strip_prefix("error: does not compile: ")) {
        (Some(_), Some(reason)) => CompileError::Refused { reason: reason.to_owned() },
        _ => CompileError::Ended { how: said.status.to_string(), words: words.clone() },
    }
}

fn not_started(program: &Path, source: std::io::Error) -> CompileError {
    CompileError::Program { program: PathBuf::from(program), source }
}
