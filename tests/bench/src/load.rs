//! The load generator: the same code drives tega over HTTP/1.1 and redis over its own protocol.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Builder;
use tokio::task::JoinSet;

use crate::process::{self, Core};
use crate::samples::{Samples, number};

/// The keys that each connection writes in turn.
const KEYS_EACH: usize = 100;

/// What the head of an answer ends with.
const HEAD_END: &[u8] = b"\r\n\r\n";

/// The header that tells how long the body is.
const LENGTH: &str = "content-length: ";

/// How to drive a server.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Settings {
    #[arg(long)]
    pub(crate) address: SocketAddr,
    #[arg(long, value_enum)]
    pub(crate) protocol: Protocol,
    #[arg(long)]
    pub(crate) connections: usize,
    /// The bytes of a value.
    #[arg(long)]
    pub(crate) bytes: usize,
    /// For how long; the first fifth is not counted.
    #[arg(long)]
    pub(crate) ms: u64,
}

/// What a server speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Protocol {
    /// PUT of a JSON string.
    Http,
    /// SET of redis.
    Resp,
    /// GET of the first value that PUT writes.
    Get,
    /// A call of a method of the guest `probe`.
    Call,
}

/// What a load came to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome {
    /// Answers a second.
    pub(crate) rate: f64,
    /// How long the median answer took, and one in a hundred, in seconds.
    pub(crate) median: f64,
    pub(crate) p99: f64,
}

/// Has a process of its own drive a server.
pub(crate) fn drive(settings: &Settings) -> Result<Outcome> {
    let program = std::env::current_exe()?;
    let text = process::output(&mut arguments(settings, &program))?;
    let figures = text.split_whitespace().map(str::parse).collect::<Result<Vec<f64>, _>>()?;
    let &[rate, median, p99] = figures.as_slice() else { bail!("the load generator printed {text:?}") };
    Ok(Outcome { rate, median, p99 })
}

fn arguments(settings: &Settings, program: &Path) -> Command {
    let protocol = match settings.protocol {
        Protocol::Http => "http",
        Protocol::Resp => "resp",
        Protocol::Get => "get",
        Protocol::Call => "call",
    };
    let mut command = process::on_core(Core::Client, program);
    command.args(["load", "--protocol", protocol, "--address", &settings.address.to_string()]);
    command.args(["--connections", &settings.connections.to_string(), "--bytes", &settings.bytes.to_string()]);
    command.args(["--ms", &settings.ms.to_string()]);
    command
}

/// Drives a server and prints the outcome.
pub(crate) fn run(settings: &Settings) -> Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let (latency, time) = runtime.block_on(connections(settings))?;
    println!("{} {} {}", number(latency.len()) / time.as_secs_f64(), latency.median(), latency.percentile(99));
    Ok(())
}

async fn connections(settings: &Settings) -> Result<(Samples, Duration)> {
    let mut streams = Vec::new();
    for _ in 0..settings.connections {
        let stream = TcpStream::connect(settings.address).await?;
        stream.set_nodelay(true)?;
        streams.push(stream);
    }
    let time = Duration::from_millis(settings.ms);
    let begin = Instant::now();
    let (counted, until) = (begin + time / 5, begin + time);
    let mut tasks = JoinSet::new();
    for (index, stream) in streams.into_iter().enumerate() {
        let connection = Connection::new(settings, index, stream);
        tasks.spawn(connection.write(counted, until));
    }
    let mut latency = Vec::new();
    while let Some(written) = tasks.join_next().await {
        latency.extend(written??);
    }
    Ok((latency.into_iter().collect(), until - counted))
}

/// One connection that waits for each answer.
struct Connection {
    protocol: Protocol,
    stream: TcpStream,
    requests: Vec<Vec<u8>>,
}

impl Connection {
    fn new(settings: &Settings, index: usize, stream: TcpStream) -> Self {
        let request = |key| settings.protocol.request(index * KEYS_EACH + key, settings.bytes);
        Self { protocol: settings.protocol, stream, requests: (0..KEYS_EACH).map(request).collect() }
    }

    /// Writes until a time, and gives how long each answer took that came between the two times.
    async fn write(mut self, counted: Instant, until: Instant) -> Result<Vec<f64>> {
        let mut latency = Vec::new();
        for index in 0.. {
            let begin = Instant::now();
            if begin >= until {
                break;
            }
            self.stream.write_all(&self.requests[index % KEYS_EACH]).await?;
            self.answer().await?;
            let end = Instant::now();
            if (counted..until).contains(&end) {
                latency.push((end - begin).as_secs_f64());
            }
        }
        Ok(latency)
    }

    /// Reads one answer, which must be good.
    async fn answer(&mut self) -> Result<()> {
        let mut answer = [0; 4096];
        let mut filled = 0;
        loop {
            let read = self.stream.read(&mut answer[filled..]).await?;
            if read == 0 {
                return Err(io::Error::from(ErrorKind::UnexpectedEof)).context("the server closed or said too much");
            }
            filled += read;
            if self.protocol.is_whole(&answer[..filled])? {
                return Ok(());
            }
        }
    }
}

impl Protocol {
    fn request(self, key: usize, bytes: usize) -> Vec<u8> {
        let value = "v".repeat(bytes);
        match self {
            Self::Http => format!(
                "PUT /bench/name-{key:011} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n\
                 content-length: {}\r\n\r\n\"{value}\"",
                bytes + 2
            ),
            Self::Get => {
                "GET /bench/name-00000000000 HTTP/1.1\r\nhost: bench\r\naccept: application/json\r\n\r\n".to_owned()
            }
            Self::Call => {
                let body = format!(r#"{{"kwargs":{{"text":"{value}"}}}}"#);
                format!(
                    "POST /_rpc?path=probe.repeat HTTP/1.1\r\nhost: bench\r\naccept: application/json\r\n\
                     content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
                    body.len()
                )
            }
            Self::Resp => format!("*3\r\n$3\r\nSET\r\n$22\r\nbench:name-{key:011}\r\n${bytes}\r\n{value}\r\n"),
        }
        .into_bytes()
    }

    /// Whether an answer is there whole, which must be a good one.
    fn is_whole(self, answer: &[u8]) -> Result<bool> {
        let (good, is_whole) = match self {
            Self::Http | Self::Get | Self::Call => ("HTTP/1.1 200", is_whole_http(answer)?),
            Self::Resp => ("+OK", answer.ends_with(b"\r\n")),
        };
        if is_whole && !answer.starts_with(good.as_bytes()) {
            bail!("a request was answered with {:?}", String::from_utf8_lossy(answer));
        }
        Ok(is_whole)
    }
}

/// Whether an answer has all of its head, and of the body that this tells of.
fn is_whole_http(answer: &[u8]) -> Result<bool> {
    let Some(end) = answer.windows(HEAD_END.len()).position(|window| window == HEAD_END) else { return Ok(false) };
    let head = std::str::from_utf8(&answer[..end])?;
    let length = head.lines().find_map(|line| line.strip_prefix(LENGTH)).map_or(Ok(0), str::parse::<usize>)?;
    Ok(answer.len() >= end + HEAD_END.len() + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_at_its_end_and_must_be_good() {
        assert!(!Protocol::Http.is_whole(b"HTTP/1.1 200 OK\r\n").unwrap());
        assert!(Protocol::Http.is_whole(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").unwrap());
        assert!(Protocol::Http.is_whole(b"HTTP/1.1 507 Insufficient Storage\r\n\r\n").is_err());
        assert!(!Protocol::Get.is_whole(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n5").unwrap());
        assert!(Protocol::Get.is_whole(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n51").unwrap());
        assert!(Protocol::Resp.is_whole(b"+OK\r\n").unwrap());
        assert!(Protocol::Resp.is_whole(b"-MISCONF no disk\r\n").is_err());
    }

    #[test]
    fn the_key_of_redis_is_as_long_as_it_says() {
        let request = String::from_utf8(Protocol::Resp.request(7, 3)).unwrap();
        assert_eq!(request, "*3\r\n$3\r\nSET\r\n$22\r\nbench:name-00000000007\r\n$3\r\nvvv\r\n");
    }
}
