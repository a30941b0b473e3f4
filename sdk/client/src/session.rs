//! A session: a WebSocket with a name, which hears of changes and messages and sends messages.

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use reqwest::{StatusCode, Url};
use serde::Serialize;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_tungstenite::tungstenite::handshake::client::Response;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Bytes, Error as SocketError, Message as Frame, Utf8Bytes};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use crate::connector::Connector;
use crate::frame::{self, ChannelForm, Incoming};
use crate::limits::{ACKNOWLEDGE_MS_MAX, CONNECT_MS_MAX, FRAME_BYTES_MAX, PING_MS, WAITING_EVENTS_MAX, WORD_BYTES_MAX};
use crate::{ConnectError, Event, Problem, SessionError, Stream};

/// How far a session's subscriptions reach.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// The server's node.
    #[default]
    Local,
    /// That node and those linked with it.
    Global,
}

impl Scope {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Global => "global",
        }
    }
}

/// Where a subscription begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum From {
    /// With what is committed from now on.
    #[default]
    Now,
    /// With the nodes as they are; then what is committed.
    Present,
    /// After a position, such as that of the last commit that was heard of: what was committed meanwhile comes first. Where that is
    /// not known any more, with [`Event::Reset`].
    Position(String),
}

/// A session. It hears of its own changes too. It ends when it is dropped; [`close`](Self::close) also waits until the server took all that was sent.
///
/// A connection that broke without a word is noticed only while [`next`](Self::next) waits: it pings the server.
#[derive(Debug)]
pub struct Session {
    socket: WebSocketStream<Box<dyn Stream>>,
    scope: Scope,
    server: String,
    position: String,
    /// What came while the session waited for something else.
    waiting: VecDeque<Event>,
    /// When something came last, or a ping was sent after it.
    heard: Instant,
    /// Whether that was a ping.
    pinged: bool,
}

impl Session {
    /// Opens a session with the server at an address without a slash at its end.
    pub(crate) async fn open(
        address: &str,
        connector: Option<&Connector>,
        name: &str,
        scope: Scope,
    ) -> Result<Self, SessionError> {
        check_word(name)?;
        let stream: Box<dyn Stream> = match connector {
            Some(connector) => connector.connect().map_err(|error| ConnectError::new(address, &error))?,
            None => Box::new(connect(address).await?),
        };
        let opened = timeout(Duration::from_millis(ACKNOWLEDGE_MS_MAX), async {
            let url = format!("ws{}/_pubsub", address.trim_start_matches("http"));
            let config = WebSocketConfig::default()
                .max_message_size(Some(FRAME_BYTES_MAX))
                .max_frame_size(Some(FRAME_BYTES_MAX));
            let (socket, _) = client_async_with_config(url, stream, Some(config)).await.map_err(no_handshake)?;
            let mut session = Self {
                socket,
                scope,
                server: String::new(),
                position: String::new(),
                waiting: VecDeque::new(),
                heard: Instant::now(),
                pinged: false,
            };
            session.send(frame::session(name, scope)).await?;
            loop {
                if let Incoming::Acknowledged { server, position } = session.incoming().await? {
                    (session.server, session.position) = (server, position);
                    return Ok(session);
                }
            }
        });
        opened.await.map_err(|_| SessionError::NotAcknowledged)?
    }

    /// The server's own name.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// Where the database stood when the session was opened.
    pub fn position(&self) -> &str {
        &self.position
    }

    /// Subscribes to a channel: to the messages sent on it, and to the changes at, above and below the path that it is as well.
    /// Whatever is committed or sent once this has returned is heard of.
    ///
    /// Gives the position that it begins after.
    ///
    /// # Errors
    /// Where the channel can't stand in a frame, the connection broke, or the server refused, which ends the session.
    ///
    /// # Cancel safety
    /// The session may have subscribed.
    pub async fn subscribe(&mut self, channel: &str, from: &From) -> Result<String, SessionError> {
        self.subscribe_as(channel, ChannelForm::Plain, from).await
    }

    /// Subscribes to the changes of all nodes whose names match: regular expressions, one for each name, joined by `\.`. Each
    /// matches a name from its start, the last one to its end. A blank is written `\x20`.
    ///
    /// # Errors
    /// As for [`subscribe`](Self::subscribe).
    ///
    /// # Cancel safety
    /// The session may have subscribed.
    pub async fn subscribe_regex(&mut self, expressions: &str, from: &From) -> Result<String, SessionError> {
        self.subscribe_as(expressions, ChannelForm::Regex, from).await
    }

    /// Subscribes to the changes of all nodes of a pattern: `a.*.c`, where `*` is one name and `**` all that is below.
    ///
    /// # Errors
    /// As for [`subscribe`](Self::subscribe).
    ///
    /// # Cancel safety
    /// The session may have subscribed.
    pub async fn subscribe_pattern(&mut self, pattern: &str, from: &From) -> Result<String, SessionError> {
        self.subscribe_as(pattern, ChannelForm::Pattern, from).await
    }

    /// Sends a message on a channel to all who listen to it now, but not to this session.
    ///
    /// # Errors
    /// Where the channel can't stand in a frame, the message can't be JSON, or the connection broke.
    ///
    /// # Cancel safety
    /// The message may have been sent.
    pub async fn publish(&mut self, channel: &str, body: &(impl Serialize + ?Sized)) -> Result<(), SessionError> {
        check_word(channel)?;
        let body = serde_json::to_string(body).map_err(SessionError::Message)?;
        self.send(frame::publish(channel, &body)).await
    }

    /// Waits for what the session hears next.
    ///
    /// # Errors
    /// The end of the session and why: after one, it does not go on.
    ///
    /// # Cancel safety
    /// Nothing is lost when the future is dropped.
    pub async fn next(&mut self) -> Result<Event, SessionError> {
        if let Some(event) = self.waiting.pop_front() {
            return Ok(event);
        }
        loop {
            if let Incoming::Event(event) = self.incoming().await? {
                return Ok(event);
            }
        }
    }

    /// Ends the session, once the server has taken all that was sent. What else it had to tell is lost.
    ///
    /// # Errors
    /// Where the server ended the session first, or the connection broke: whether it took all that was sent is not known.
    ///
    /// # Cancel safety
    /// The session is over.
    pub async fn close(mut self) -> Result<(), SessionError> {
        let end = CloseFrame { code: CloseCode::Normal, reason: Utf8Bytes::default() };
        let closed = timeout(Duration::from_millis(ACKNOWLEDGE_MS_MAX), async {
            self.socket.close(Some(end)).await.map_err(broken)?;
            loop {
                match self.receive().await {
                    Ok(_) => {}
                    // The answer has our code, or none.
                    Err(SessionError::Closed { code: 1000 | 1005, .. }) => return Ok(()),
                    Err(error) => return Err(error),
                }
            }
        });
        closed.await.map_err(|_| SessionError::NotAcknowledged)?
    }

    async fn subscribe_as(&mut self, channel: &str, form: ChannelForm, from: &From) -> Result<String, SessionError> {
        check_word(channel)?;
        if let From::Position(position) = from {
            check_word(position)?;
        }
        self.send(frame::subscribe(channel, self.scope, form, from)).await?;
        let subscribed = timeout(Duration::from_millis(ACKNOWLEDGE_MS_MAX), async {
            loop {
                match self.incoming().await? {
                    Incoming::Subscribed { channel: about, position } if about == channel => return Ok(position),
                    Incoming::Event(event) => self.keep(event)?,
                    _ => {}
                }
            }
        });
        subscribed.await.map_err(|_| SessionError::NotAcknowledged)?
    }

    fn keep(&mut self, event: Event) -> Result<(), SessionError> {
        if self.waiting.len() >= WAITING_EVENTS_MAX {
            return Err(SessionError::TooManyWaiting);
        }
        self.waiting.push_back(event);
        Ok(())
    }

    async fn incoming(&mut self) -> Result<Incoming, SessionError> {
        Ok(frame::decode(&self.receive().await?)?)
    }

    async fn send(&mut self, text: String) -> Result<(), SessionError> {
        self.send_frame(Frame::text(text)).await
    }

    async fn send_frame(&mut self, frame: Frame) -> Result<(), SessionError> {
        let sent = timeout(Duration::from_millis(ACKNOWLEDGE_MS_MAX), self.socket.send(frame)).await;
        sent.map_err(|_| SessionError::NotAcknowledged)?.map_err(broken)
    }

    /// The next frame with something to tell. The server's pings are answered on the way, and our own are sent.
    async fn receive(&mut self) -> Result<Utf8Bytes, SessionError> {
        loop {
            let deadline = self.heard + Duration::from_millis(PING_MS);
            let Ok(received) = timeout_at(deadline, self.socket.next()).await else {
                if self.pinged {
                    return Err(SessionError::Silent);
                }
                (self.heard, self.pinged) = (Instant::now(), true);
                self.send_frame(Frame::Ping(Bytes::new())).await?;
                continue;
            };
            (self.heard, self.pinged) = (Instant::now(), false);
            match received {
                Some(Ok(Frame::Text(text))) => return Ok(text),
                Some(Ok(Frame::Close(end))) => {
                    // The answer to it waits in the socket; whether it arrives makes no difference here.
                    let _ = timeout(Duration::from_millis(ACKNOWLEDGE_MS_MAX), self.socket.flush()).await;
                    let (code, reason) =
                        end.map_or((CloseCode::Status, Utf8Bytes::default()), |end| (end.code, end.reason));
                    return Err(SessionError::Closed { code: code.into(), reason: reason.as_str().to_owned() });
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(broken(error)),
                None => return Err(broken(SocketError::ConnectionClosed)),
            }
        }
    }
}

/// Connects to the host of an address.
async fn connect(address: &str) -> Result<TcpStream, ConnectError> {
    let unknown = |what: &'static str| ConnectError::new(address, &std::io::Error::other(what));
    let url = Url::parse(address).map_err(|error| ConnectError::new(address, &error))?;
    let host = url.host_str().ok_or_else(|| unknown("there is no host in it"))?;
    let port = url.port_or_known_default().ok_or_else(|| unknown("there is no port in it"))?;
    let connecting = timeout(Duration::from_millis(CONNECT_MS_MAX), TcpStream::connect(format!("{host}:{port}")));
    let stream = match connecting.await {
        Ok(connected) => connected.map_err(|error| ConnectError::new(address, &error))?,
        Err(_) => return Err(ConnectError::TimedOut { address: address.to_owned() }),
    };
    // Frames are short, and somebody waits for each; a system that can't do it is only slower.
    let _ = stream.set_nodelay(true);
    Ok(stream)
}

fn no_handshake(error: SocketError) -> SessionError {
    match error {
        SocketError::Http(response) => SessionError::Refused(problem(&response)),
        error => broken(error),
    }
}

fn problem(response: &Response) -> Problem {
    let status = StatusCode::from_u16(response.status().as_u16()).unwrap_or(StatusCode::BAD_GATEWAY);
    let content_type = response.headers().get("content-type").and_then(|text| text.to_str().ok()).unwrap_or_default();
    Problem::read(status, content_type, response.body().as_deref().unwrap_or_default())
}

fn broken(error: SocketError) -> SessionError {
    // These repeat their cause in their own text.
    SessionError::Broken(match error {
        SocketError::Io(error) => error.into(),
        SocketError::Protocol(error) => error.into(),
        SocketError::Capacity(error) => error.into(),
        error => error.into(),
    })
}

/// Frames are split at blanks and ends of lines.
fn check_word(word: &str) -> Result<(), SessionError> {
    let splits = |c: char| c.is_whitespace() || c.is_control();
    if word.is_empty() || word.len() > WORD_BYTES_MAX || word.contains(splits) {
        return Err(SessionError::Word { word: word.to_owned() });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
