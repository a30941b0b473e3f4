//! Standard output and error of guests: each line goes to the plugin's log.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

use crate::journal::{Journal, Level};
use crate::limits::LOG_LINE_BYTES_MAX;

/// One of the two outputs. A clone writes on in the same line.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    journal: Arc<Journal>,
    level: Level,
    begun: Arc<Mutex<Vec<u8>>>,
}

impl Output {
    pub(crate) fn new(journal: Arc<Journal>, level: Level) -> Self {
        Self { journal, level, begun: Arc::default() }
    }

    fn take(&self, mut bytes: &[u8]) {
        let mut begun = self.begun();
        while let Some(end) = bytes.iter().position(|&byte| byte == b'\n') {
            begun.extend_from_slice(&bytes[..end]);
            self.tell(&mut begun);
            bytes = &bytes[end + 1..];
        }
        begun.extend_from_slice(bytes);
        if begun.len() > LOG_LINE_BYTES_MAX {
            self.tell(&mut begun);
        }
    }

    fn tell(&self, line: &mut Vec<u8>) {
        self.journal.write(self.level, &String::from_utf8_lossy(line));
        line.clear();
    }

    fn begun(&self) -> MutexGuard<'_, Vec<u8>> {
        // A panic while it was held left at worst a piece of a line out.
        self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl IsTerminal for Output {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Output {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

impl OutputStream for Output {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.take(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(LOG_LINE_BYTES_MAX)
    }
}

impl Pollable for Output {
    fn ready<'life, 'ready>(&'life mut self) -> Pin<Box<dyn Future<Output = ()> + Send + 'ready>>
    where
        'life: 'ready,
        Self: 'ready,
    {
        Box::pin(std::future::ready(()))
    }
}

impl AsyncWrite for Output {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        self.take(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
