//! Where connections come from: the network, or this process.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use crate::limits::{WITHIN_PIPE_BYTES, WITHIN_WAITING_MAX};

/// Where connections come from.
#[derive(Debug)]
pub enum Listener {
    /// The network.
    Tcp(TcpListener),
    /// The process that serves; see [`Within`].
    Within(mpsc::Receiver<DuplexStream>),
}

impl From<TcpListener> for Listener {
    fn from(listener: TcpListener) -> Self {
        Self::Tcp(listener)
    }
}

impl Listener {
    /// A listener that no other process reaches, with what makes connections to it.
    pub fn within() -> (Within, Self) {
        let (sender, receiver) = mpsc::channel(WITHIN_WAITING_MAX);
        (Within(sender), Self::Within(receiver))
    }

    /// Waits for a connection.
    pub(super) async fn accept(&mut self) -> io::Result<(Transport, SocketAddr)> {
        match self {
            Self::Tcp(listener) => {
                let (stream, address) = listener.accept().await?;
                // Answers are written whole, so there is nothing to gain by waiting for more.
                let _ = stream.set_nodelay(true);
                Ok((Transport::Tcp(stream), address))
            }
            Self::Within(waiting) => match waiting.recv().await {
                Some(stream) => Ok((Transport::Within(stream), SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0))),
                // Nobody can connect any more.
                None => std::future::pending().await,
            },
        }
    }
}

/// Makes connections to a [`Listener`] of this process. A clone connects to the same one.
#[derive(Clone, Debug)]
pub struct Within(mpsc::Sender<DuplexStream>);

impl Within {
    /// Makes a connection, and gives the client's end of it.
    ///
    /// # Errors
    /// Where it is served no more, or too many connections wait to be taken.
    pub fn connect(&self) -> io::Result<DuplexStream> {
        let (client, server) = tokio::io::duplex(WITHIN_PIPE_BYTES);
        let refused = |_| io::Error::from(io::ErrorKind::ConnectionRefused);
        self.0.try_send(server).map_err(refused)?;
        Ok(client)
    }
}

/// The bytes of a connection.
#[derive(Debug)]
pub(super) enum Transport {
    Tcp(TcpStream),
    Within(DuplexStream),
}

/// Calls the same function of whichever it is.
macro_rules! either {
    ($this:expr, $stream:ident => $call:expr) => {
        match $this.get_mut() {
            Transport::Tcp($stream) => $call,
            Transport::Within($stream) => $call,
        }
    };
}

impl AsyncRead for Transport {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        either!(self, stream => Pin::new(stream).poll_read(context, buffer))
    }
}

impl AsyncWrite for Transport {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        either!(self, stream => Pin::new(stream).poll_write(context, bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        either!(self, stream => Pin::new(stream).poll_write_vectored(context, slices))
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Tcp(stream) => stream.is_write_vectored(),
            Self::Within(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self, stream => Pin::new(stream).poll_flush(context))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self, stream => Pin::new(stream).poll_shutdown(context))
    }
}
