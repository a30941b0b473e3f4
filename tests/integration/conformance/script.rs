//! The language of the rows, and who runs them.
//!
//! ```text
//! > GET /a [Accept: application/json]     a request: method, target, headers, and the body to the end of the line
//! < 200 json {"x":1}                      what comes back: status, kind (`empty`, `json`, `text`, `problem`), and the whole body; of a
//!                                         refusal, words of it
//! <h allow: GET, HEAD                     a header of the answer before
//! bob> SUBSCRIBE a local False            a frame that is sent; `\n` ends its first line. The first one opens the socket
//! bob< SESSIONACK tega                    a frame that comes, as a whole
//! bob|                                    waits until all that was sent was handled; nothing else may come meanwhile
//! bob!1008 lacks an id                    the socket is closed with a code, and a reason that has these words in it
//! bob.                                    the client hangs up without a word
//! ~ ..                                    what the original did instead, and why it is so now
//! # ..                                    a remark
//! ```
//!
//! `$NAME` in an answer stands for some text without quotes; later lines may use it. Requests are sent before their answers are read,
//! so frames may come between.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::server::TestServer;

/// How long is waited for what must come.
const PATIENCE: Duration = Duration::from_secs(20);

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// An answer as it came.
#[derive(Debug, Default)]
pub struct Raw {
    pub status: u16,
    pub headers: HashMap<String, String>,
    pub body: String,
}

impl Raw {
    /// What it is, as the rows name it.
    fn kind(&self) -> &str {
        match self.headers.get("content-type").map(String::as_str) {
            None if self.body.is_empty() => "empty",
            Some("application/json") => "json",
            Some("application/problem+json") => "problem",
            Some("text/plain; charset=utf-8") => "text",
            other => other.unwrap_or("nothing"),
        }
    }
}

/// A connection for HTTP, kept open from request to request.
#[derive(Debug)]
pub struct Http(BufReader<TcpStream>);

impl Http {
    pub async fn open(server: &TestServer) -> Self {
        let address = server.url("");
        Self(BufReader::new(TcpStream::connect(address.strip_prefix("http://").unwrap()).await.unwrap()))
    }

    pub async fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.unwrap();
    }

    /// Reads an answer. `has_body` is false for the answer to HEAD.
    pub async fn read(&mut self, has_body: bool) -> Raw {
        timeout(PATIENCE, self.answer(has_body)).await.expect("an answer in time")
    }

    async fn answer(&mut self, has_body: bool) -> Raw {
        let line = self.line().await;
        let status = line
            .strip_prefix("HTTP/1.")
            .and_then(|rest| rest.split_once(' '))
            .map(|(_, rest)| rest)
            .and_then(|rest| rest.get(..3))
            .unwrap_or_else(|| panic!("{line}"));
        let mut raw = Raw { status: status.parse().unwrap(), ..Raw::default() };
        loop {
            let line = self.line().await;
            let Some((name, value)) = line.split_once(": ") else { break };
            raw.headers.insert(name.to_ascii_lowercase(), value.to_owned());
        }
        let mut body = Vec::new();
        if let Some(length) = raw.headers.get("content-length").filter(|_| has_body) {
            body.resize(length.parse().unwrap(), 0);
            self.0.read_exact(&mut body).await.unwrap();
        } else if raw.headers.get("transfer-encoding").is_some_and(|coding| coding == "chunked") {
            loop {
                let length = usize::from_str_radix(&self.line().await, 16).unwrap();
                let start = body.len();
                body.resize(start + length, 0);
                self.0.read_exact(&mut body[start..]).await.unwrap();
                self.line().await;
                if length == 0 {
                    break;
                }
            }
        }
        raw.body = String::from_utf8(body).unwrap();
        raw
    }

    async fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).await.unwrap();
        line.trim_end_matches("\r\n").to_owned()
    }
}

/// Who runs rows against a server.
struct Runner<'a> {
    server: &'a TestServer,
    http: Http,
    sockets: HashMap<String, Socket>,
    names: HashMap<String, String>,
    answer: Raw,
    is_head: bool,
    /// The rows that are not so.
    wrong: Vec<String>,
}

/// Runs rows in order.
pub async fn run(server: &TestServer, rows: &str) {
    let http = Http::open(server).await;
    let (sockets, names) = (HashMap::new(), HashMap::new());
    let mut runner = Runner { server, http, sockets, names, answer: Raw::default(), is_head: false, wrong: Vec::new() };
    for row in rows.lines().map(str::trim).filter(|row| !row.is_empty() && !row.starts_with(['#', '~'])) {
        runner.row(row).await;
    }
    assert!(runner.wrong.is_empty(), "{}", runner.wrong.join("\n"));
}

impl Runner<'_> {
    async fn row(&mut self, row: &str) {
        let at = row.find(['>', '<', '|', '!', '.']).unwrap_or_else(|| panic!("not a row: {row}"));
        let (name, rest) = row.split_at(at);
        let (sign, text) = rest.split_at(1);
        match (name, sign) {
            ("", ">") => self.request(text.trim_start()).await,
            ("", "<") => match text.strip_prefix("h ") {
                Some(header) => {
                    let (name, value) = header.split_once(": ").unwrap();
                    let found = self.answer.headers.get(name).cloned().unwrap_or_default();
                    self.compare(&found, value, row);
                }
                None => self.expect(text.trim_start(), row).await,
            },
            (name, ">") => {
                let text = self.filled(text.trim_start()).replace("\\n", "\n");
                let sent = self.socket(name).await.send(Message::text(text)).await;
                sent.unwrap_or_else(|error| panic!("{row}: {error}; {:?}", self.wrong));
            }
            (name, "<") => {
                let found = self.frame(name, row).await.replace('\n', "\\n");
                self.compare(&found, text.trim_start(), row);
            }
            (name, "|") => {
                self.socket(name).await.send(Message::text("UNSUBSCRIBE nothing False")).await.unwrap();
                assert_eq!(self.frame(name, row).await, "UNSUBSCRIBE ['nothing', 'False']\nnull", "{row}");
            }
            (name, "!") => self.closed(name, text, row).await,
            (name, _) => drop(self.sockets.remove(name)),
        }
    }

    /// `GET /a [Accept: text/plain] body`
    async fn request(&mut self, text: &str) {
        let text = self.filled(text);
        let (method, rest) = text.split_once(' ').unwrap();
        let (target, mut rest) = rest.split_once(' ').unwrap_or((rest, ""));
        let mut head = format!("{method} {target} HTTP/1.1\r\nHost: localhost:8739\r\n");
        while let Some((header, after)) = rest.strip_prefix('[').filter(|_| rest.contains(": ")).and_then(|rest| {
            let (header, after) = rest.split_once(']')?;
            header
                .split_once(": ")
                .is_some_and(|(name, _)| name.starts_with(char::is_uppercase))
                .then_some((header, after))
        }) {
            head.push_str(&format!("{header}\r\n"));
            rest = after.trim_start();
        }
        if matches!(method, "PUT" | "POST" | "PATCH") {
            head.push_str(&format!("Content-Length: {}\r\n", rest.len()));
        }
        self.is_head = method == "HEAD";
        self.http.send(format!("{head}\r\n{rest}").as_bytes()).await;
    }

    /// `200 json {"x":1}`
    async fn expect(&mut self, text: &str, row: &str) {
        self.answer = self.http.read(!self.is_head).await;
        let Raw { status, body, .. } = &self.answer;
        let found = format!("{status} {} {body}", self.answer.kind());
        if *status >= 400 {
            let mut words = text.splitn(3, ' ');
            let fits = found.starts_with(&format!("{} {} ", words.next().unwrap(), words.next().unwrap()));
            if !fits || !found.contains(&self.filled(words.next().unwrap_or_default())) {
                self.wrong.push(format!("{row}\n  {found}"));
            }
        } else {
            self.compare(found.trim_end(), text, row);
        }
        let length = self.answer.headers.get("content-length").map(|length| length.parse().unwrap());
        assert!(self.is_head || length.is_none_or(|length: usize| length == self.answer.body.len()), "{row}");
    }

    async fn closed(&mut self, name: &str, text: &str, row: &str) {
        let (code, reason) = text.split_once(' ').unwrap();
        let mut socket = self.sockets.remove(name).unwrap_or_else(|| panic!("{row}: no such socket"));
        loop {
            match timeout(PATIENCE, socket.next()).await.expect("a close in time") {
                Some(Ok(Message::Close(Some(close)))) => {
                    let found = u16::from(close.code).to_string();
                    assert!(found == code && close.reason.contains(reason), "{row}: {found} {}", close.reason);
                    return;
                }
                Some(Ok(_)) => {}
                other => panic!("{row}: {other:?}"),
            }
        }
    }

    async fn socket(&mut self, name: &str) -> &mut Socket {
        if !self.sockets.contains_key(name) {
            let (socket, _) = connect_async(self.server.socket_url()).await.unwrap();
            self.sockets.insert(name.to_owned(), socket);
        }
        self.sockets.get_mut(name).unwrap()
    }

    async fn frame(&mut self, name: &str, row: &str) -> String {
        let wrong = self.wrong.clone();
        let socket = self.socket(name).await;
        loop {
            match timeout(PATIENCE, socket.next()).await.unwrap_or_else(|_| panic!("nothing came: {row}; {wrong:?}")) {
                Some(Ok(Message::Text(text))) => return text.to_string(),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => panic!("{row}: {other:?}; {wrong:?}"),
            }
        }
    }

    fn filled(&self, text: &str) -> String {
        self.names.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
    }

    /// Compares what came with what a row says; learns what its names stand for.
    fn compare(&mut self, found: &str, text: &str, row: &str) {
        let wanted = self.filled(text);
        let name = wanted.find('$').and_then(|at| {
            let name = wanted[at + 1..].chars().take_while(char::is_ascii_uppercase).count();
            (name > 0).then_some((at, at + 1 + name))
        });
        let Some((start, end)) = name else {
            if found != wanted {
                self.wrong.push(format!("{row}\n  {found}"));
            }
            return;
        };
        let value = found.strip_prefix(&wanted[..start]).and_then(|rest| rest.strip_suffix(&wanted[end..]));
        match value.filter(|value| !value.is_empty()) {
            Some(value) => drop(self.names.insert(wanted[start..end].to_owned(), value.to_owned())),
            None => self.wrong.push(format!("{row}\n  {found}")),
        }
    }
}
