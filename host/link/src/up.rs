//! What goes up: the operational roots whole, then commit by commit; and pings.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::SinkExt;
use futures_util::stream::SplitSink;
use tega_engine::{Commit, Engine, Feed, FeedError, Revision};
use tega_tree::{Change, Path};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at, timeout};
use tokio_tungstenite::tungstenite::{Bytes, Message};

use crate::LinkOptions;
use crate::ended::Ended;
use crate::frame::{self, Notify};
use crate::limits::{FRAME_BYTES_MAX, PINGS_UNANSWERED_MAX, SEND_MS_MAX};
use crate::link::Again;
use crate::socket::Socket;

/// What goes up.
#[derive(Debug)]
pub(crate) struct Up<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) options: &'a LinkOptions,
    /// Whether the global node is to be asked anew.
    pub(crate) again: &'a Again,
    /// Set with every frame that comes.
    pub(crate) heard: &'a AtomicBool,
    pub(crate) frames: &'a mut SplitSink<Socket, Message>,
}

impl Up<'_> {
    /// Sends what there is to send until the connection ends.
    pub(crate) async fn run(mut self) -> Ended {
        match self.send_all().await {
            Ok(never) => match never {},
            Err(ended) => ended,
        }
    }

    async fn send_all(&mut self) -> Result<std::convert::Infallible, Ended> {
        for root in &self.options.config_roots {
            self.send(Message::text(frame::subscribe(root))).await?;
        }
        self.ask().await?;
        let (mut feed, mut sent) = self.send_roots().await?;
        let mut ticks = ticks(self.options.ping_ms);
        let mut pings_unanswered = 0;
        loop {
            tokio::select! {
                next = feed.next() => match next {
                    Ok(commit) if commit.revision > sent => self.send_commit(&commit).await?,
                    Ok(_) => {}
                    Err(FeedError::Gap { .. }) => (feed, sent) = self.send_roots().await?,
                    // What else there may be, the feed does not go on after it.
                    Err(_) => return Err(Ended::Stopping),
                },
                () = self.again.wanted() => self.ask().await?,
                _ = ticks.tick() => {
                    if self.heard.swap(false, Ordering::Relaxed) {
                        pings_unanswered = 0;
                    } else if pings_unanswered >= PINGS_UNANSWERED_MAX {
                        return Err(Ended::Silent);
                    } else {
                        pings_unanswered += 1;
                        self.send(Message::Ping(Bytes::new())).await?;
                    }
                }
            }
        }
    }

    /// Asks for all that is to come down.
    async fn ask(&mut self) -> Result<(), Ended> {
        self.send(Message::text(frame::sync(self.options.config_roots.iter()))).await
    }

    /// Sends the operational roots as they are, and gives the feed of the commits from then on, with the revision that was sent.
    async fn send_roots(&mut self) -> Result<(Feed, Revision), Ended> {
        let state = self.engine.state();
        let feed = self.engine.feed(state.revision());
        for path in &self.options.operational_roots {
            let Some(root) = state.tree.root(path.root()) else { continue };
            let path = path.clone();
            let change = match root.node() {
                Some(node) => Change::Put { path, value: node.to_value() },
                // It was deleted, perhaps while there was no link.
                None => Change::Delete { path, parents: 0 },
            };
            let mut notify = Notify::new();
            notify.push(&change, None);
            self.send_notify(notify).await?;
        }
        Ok((feed, state.revision()))
    }

    async fn send_commit(&mut self, commit: &Commit) -> Result<(), Ended> {
        let mut notify = Notify::new();
        for authored in &commit.changes {
            if let Some(change) = self.told(&authored.change) {
                notify.push(&change, authored.author.proven_name());
            }
        }
        self.send_notify(notify).await
    }

    /// A change as it goes up; none where its root does not. With a node its parents may have gone: then the topmost of them is
    /// what was removed.
    fn told(&self, change: &Change) -> Option<Change> {
        let in_root = |root: &Path| change.path().is_at_or_below(root);
        self.options.operational_roots.iter().any(in_root).then(|| match change {
            Change::Put { .. } => change.clone(),
            Change::Delete { path, parents } => {
                Change::Delete { path: path.ancestor(*parents).unwrap_or_else(|| path.clone()), parents: 0 }
            }
        })
    }

    async fn send_notify(&mut self, notify: Notify) -> Result<(), Ended> {
        let Some(text) = notify.finish() else { return Ok(()) };
        if text.len() > FRAME_BYTES_MAX {
            let bytes = text.len();
            tracing::error!(bytes, limit = FRAME_BYTES_MAX, "a change is too large to go up and stays here alone");
            return Ok(());
        }
        self.send(Message::text(text)).await
    }

    async fn send(&mut self, message: Message) -> Result<(), Ended> {
        let sent = timeout(Duration::from_millis(SEND_MS_MAX), self.frames.send(message)).await;
        Ok(sent.map_err(|_| Ended::Stalled)??)
    }
}

fn ticks(period_ms: u64) -> Interval {
    let period = Duration::from_millis(period_ms.max(1));
    let mut ticks = interval_at(Instant::now() + period, period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}
