//! A bare server that does nothing but write the frames that tell of a commit to all its sockets.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;
use tokio::sync::Mutex;

/// Where such a server listens.
#[derive(Debug, clap::Args)]
pub(crate) struct Settings {
    #[arg(long)]
    address: SocketAddr,
}

type Sockets = Arc<Mutex<Vec<TcpStream>>>;

/// Serves until it is killed.
pub(crate) fn run(settings: &Settings) -> Result<()> {
    Builder::new_multi_thread().enable_all().build()?.block_on(async {
        let listener = TcpListener::bind(settings.address).await?;
        let sockets = Sockets::default();
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let serving = serve(stream, Arc::clone(&sockets));
            // A client that goes is none of our business.
            tokio::spawn(async move { drop(serving.await) });
        }
    })
}

async fn serve(mut stream: TcpStream, sockets: Sockets) -> Result<()> {
    loop {
        let mut request = Vec::new();
        let end = loop {
            ensure!(stream.read_buf(&mut request).await? > 0, "it went");
            if let Some(end) = request.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                break end + 4;
            }
        };
        if request.starts_with(b"GET") {
            stream.write_all(b"HTTP/1.1 101 Switching Protocols\r\n\r\n").await?;
            stream.write_all(&frame("SESSIONACK bench")).await?;
            stream.write_all(&frame("SUBSCRIBED bench")).await?;
            sockets.lock().await.push(stream);
            return Ok(());
        }
        let head = std::str::from_utf8(&request[..end])?;
        let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()).context("a length")?;
        let length: usize = length.parse()?;
        while request.len() < end + length {
            ensure!(stream.read_buf(&mut request).await? > 0, "it went");
        }
        let value = std::str::from_utf8(&request[end..])?;
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await?;
        // As long as those of tega.
        let frame = frame(&format!(
            "COMMIT bench\n{{\"position\":\"5f3c9d2a81b04e67.0:1000\",\"time\":\"2026-03-01T12:00:00.123456789Z\",\
             \"author\":{{\"kind\":\"client\"}},\"items\":[{{\"put\":{{\"path\":\"bench.value\",\"value\":{value}}}}}]}}"
        ));
        let mut sockets = sockets.lock().await;
        let mut gone = Vec::new();
        for (index, socket) in sockets.iter_mut().enumerate() {
            if socket.write_all(&frame).await.is_err() {
                gone.push(index);
            }
        }
        for index in gone.into_iter().rev() {
            sockets.swap_remove(index);
        }
    }
}

/// A frame of less than 64 KiB.
fn frame(text: &str) -> Vec<u8> {
    let mut frame = vec![0x81];
    match u8::try_from(text.len()).ok().filter(|length| *length < 126) {
        Some(length) => frame.push(length),
        None => {
            frame.push(126);
            frame.extend(u16::try_from(text.len()).unwrap_or(u16::MAX).to_be_bytes());
        }
    }
    frame.extend_from_slice(text.as_bytes());
    frame
}
