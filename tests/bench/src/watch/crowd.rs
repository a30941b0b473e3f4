//! The clients: watchers by the thousand and one writer, in one process, so that one clock tells how long each commit took.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Builder;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::reader::{DIGITS, Reader};
use crate::process;
use crate::samples::{Samples, number};

const VALUE_BYTES: usize = 256;

/// How long everything may take at most.
const PATIENCE: Duration = Duration::from_secs(120);

/// How sessions are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Kind {
    /// By the frames of sessions that resume.
    Resumable,
    /// By the original's.
    Original,
}

/// Who watches what.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Crowd {
    #[arg(long)]
    pub(super) address: SocketAddr,
    #[arg(long)]
    pub(super) sockets: usize,
    #[arg(long)]
    pub(super) streams: usize,
    /// Commits that are counted; a tenth as many are made before.
    #[arg(long)]
    pub(super) commits: usize,
    /// Commits a second; 0 for as fast as possible.
    #[arg(long)]
    pub(super) rate: u32,
    /// Commits that may be on their way to the slowest watcher.
    #[arg(long)]
    pub(super) window: usize,
    #[arg(long, value_enum)]
    pub(super) kind: Kind,
    /// Whether one more never reads.
    #[arg(long)]
    pub(super) is_stuck: bool,
    /// The process whose memory is looked at.
    #[arg(long)]
    pub(super) process: Option<u32>,
}

/// How long it took until commits were received, in seconds.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Latency {
    /// From the sending of the commit on.
    pub(super) median: f64,
    pub(super) p99: f64,
    /// From its answer on; nothing where that came later.
    pub(super) behind_median: f64,
    pub(super) behind_p99: f64,
}

impl Latency {
    fn figures(self) -> [f64; 4] {
        [self.median, self.p99, self.behind_median, self.behind_p99]
    }

    fn of([median, p99, behind_median, behind_p99]: [f64; 4]) -> Self {
        Self { median, p99, behind_median, behind_p99 }
    }
}

/// What a crowd came to.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Outcome {
    /// Frames and events a second.
    pub(super) rate: f64,
    pub(super) sockets: Latency,
    pub(super) streams: Latency,
    pub(super) resident_bytes: f64,
}

impl Outcome {
    pub(super) fn parse(text: &str) -> Result<Self> {
        let figures = text.split_whitespace().map(str::parse).collect::<Result<Vec<f64>, _>>()?;
        let [rate, resident_bytes, a, b, c, d, e, f, g, h] =
            figures.try_into().ok().with_context(|| format!("the crowd printed {text:?}"))?;
        Ok(Self { rate, resident_bytes, sockets: Latency::of([a, b, c, d]), streams: Latency::of([e, f, g, h]) })
    }
}

impl Crowd {
    pub(super) fn new(address: SocketAddr) -> Self {
        let (sockets, streams, commits, rate, window) = (0, 0, 0, 0, 1);
        Self { address, sockets, streams, commits, rate, window, kind: Kind::Resumable, is_stuck: false, process: None }
    }

    pub(super) fn arguments(&self) -> Vec<String> {
        let kind = if self.kind == Kind::Original { "original" } else { "resumable" };
        let pairs = [
            ("--address", self.address.to_string()),
            ("--sockets", self.sockets.to_string()),
            ("--streams", self.streams.to_string()),
            ("--commits", self.commits.to_string()),
            ("--rate", self.rate.to_string()),
            ("--window", self.window.to_string()),
            ("--kind", kind.to_owned()),
        ];
        let mut arguments: Vec<String> = pairs.into_iter().flat_map(|(name, value)| [name.to_owned(), value]).collect();
        arguments.extend(self.is_stuck.then(|| "--is-stuck".to_owned()));
        arguments
    }

    fn watchers(&self) -> usize {
        self.sockets + self.streams
    }
}

/// Watches and writes, and prints the outcome.
pub(crate) fn run(crowd: &Crowd) -> Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let Outcome { rate, sockets, streams, resident_bytes } =
        runtime.block_on(async { tokio::time::timeout(PATIENCE, measured(crowd)).await })??;
    print!("{rate} {resident_bytes}");
    for figure in sockets.figures().into_iter().chain(streams.figures()) {
        print!(" {figure}");
    }
    println!();
    Ok(())
}

/// When the commits came, by number.
type Receipts = Vec<Instant>;

/// How many commits all watchers have together.
#[derive(Debug, Default)]
struct Progress {
    received: AtomicUsize,
    moved: Notify,
}

async fn measured(crowd: &Crowd) -> Result<Outcome> {
    let mut writer = Writer::connect(crowd.address).await?;
    let warm = crowd.commits / 10 + 1;
    let all = crowd.commits + warm;
    // The node that is watched is there before.
    writer.put(0).await?;
    let progress = Arc::new(Progress::default());
    let (mut sockets, mut streams) = (JoinSet::new(), JoinSet::new());
    for _ in 0..crowd.sockets {
        let reader = Reader::socket(crowd.address, crowd.kind).await?;
        sockets.spawn(receive(reader, all, crowd.watchers(), Arc::clone(&progress)));
    }
    for _ in 0..crowd.streams {
        let reader = Reader::events(crowd.address).await?;
        streams.spawn(receive(reader, all, crowd.watchers(), Arc::clone(&progress)));
    }
    let stuck = if crowd.is_stuck { Some(Reader::stuck(crowd.address, &writer.beginning).await?) } else { None };
    let (mut made, mut first) = (Vec::new(), Instant::now());
    let pause = 1_000_000_u32.checked_div(crowd.rate).map(|us| Duration::from_micros(us.into()));
    for commit in 1..=all {
        if commit == warm + 1 {
            first = Instant::now();
        }
        progress.reached(commit.saturating_sub(crowd.window) * crowd.watchers()).await;
        let sent = Instant::now();
        writer.put(commit).await?;
        made.push((sent, Instant::now()));
        if let Some(pause) = pause {
            tokio::time::sleep(pause).await;
        }
    }
    progress.reached(all * crowd.watchers()).await;
    let time = first.elapsed();
    let resident_bytes = crowd.process.map_or(Ok(0.0), process::resident_bytes)?;
    drop(stuck);
    let rate = number(crowd.commits * crowd.watchers()) / time.as_secs_f64();
    let (sockets, streams) = (latency(sockets, &made, warm).await?, latency(streams, &made, warm).await?);
    Ok(Outcome { rate, sockets, streams, resident_bytes })
}

async fn receive(mut reader: Reader, commits: usize, watchers: usize, progress: Arc<Progress>) -> Result<Receipts> {
    let mut receipts = Receipts::with_capacity(commits);
    for expected in 1..=commits {
        let commit = reader.commit().await?;
        ensure!(commit == expected, "told of {commit} instead of {expected}");
        receipts.push(Instant::now());
        if (progress.received.fetch_add(1, Ordering::Relaxed) + 1).is_multiple_of(watchers) {
            progress.moved.notify_one();
        }
    }
    Ok(receipts)
}

/// How long it took; `made` says when each commit was sent and when it was answered.
async fn latency(mut watchers: JoinSet<Result<Receipts>>, made: &[(Instant, Instant)], warm: usize) -> Result<Latency> {
    let (mut whole, mut behind) = (Samples::default(), Samples::default());
    while let Some(receipts) = watchers.join_next().await {
        for (receipt, (sent, answered)) in receipts??.iter().zip(made).skip(warm) {
            whole.push_time(receipt.saturating_duration_since(*sent));
            // A watcher may be told before the writer is.
            behind.push_time(receipt.saturating_duration_since(*answered));
        }
    }
    let (median, p99) = (whole.median(), whole.percentile(99));
    Ok(Latency { median, p99, behind_median: behind.median(), behind_p99: behind.percentile(99) })
}

impl Progress {
    async fn reached(&self, count: usize) {
        while self.received.load(Ordering::Relaxed) < count {
            self.moved.notified().await;
        }
    }
}

/// Puts values one after another, each once the one before was answered.
struct Writer {
    stream: TcpStream,
    /// The position of the first commit that this one made.
    beginning: String,
}

impl Writer {
    async fn connect(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, beginning: String::new() })
    }

    async fn put(&mut self, commit: usize) -> Result<()> {
        let value = format!("\"seq-{commit:0DIGITS$}{}\"", "v".repeat(VALUE_BYTES - DIGITS - 6));
        let head = format!("PUT /bench/value HTTP/1.1\r\nhost: bench\r\ncontent-length: {}\r\n\r\n", value.len());
        self.stream.write_all((head + &value).as_bytes()).await?;
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            ensure!(self.stream.read_buf(&mut answer).await? > 0, "the server ended it");
        }
        let answer = String::from_utf8(answer)?;
        ensure!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        if self.beginning.is_empty()
            && let Some((_, rest)) = answer.split_once("tega-position: ")
        {
            let (history, _) = rest.split_once(':').context("a position")?;
            self.beginning = format!("{history}:1");
        }
        Ok(())
    }
}
