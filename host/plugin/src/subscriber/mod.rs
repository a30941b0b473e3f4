//! Tells a plugin of commits and messages: after the fact, in order, one at a time.
//!
//! A commit that the plugin fails on is told up to five times, then skipped. After a trap or a deadline the plugin is left alone
//! for a while, which doubles with each further one; an error that it returned costs a short pause only. A message is told once.
//!
//! Invariant: nothing here holds up the writer. Who is too slow misses commits, and is told which.

mod delivery;
mod narrow;
mod pause;

use std::sync::Arc;

use tega_engine::{Commit, Engine, Feed, FeedError, Mailbox, Message, Revision};
use tokio::sync::watch;

use crate::bindings::subscriber::exports::tega::plugin::subscriber as told;
use crate::convert;
use crate::instance::Instance;
use crate::journal::one_line;
use crate::limits::CALLBACK_TRIES_MAX;
use crate::plugin::Plugin;
use delivery::{Undelivered, deliver};
use pause::Pause;

/// Tells one plugin of commits and messages.
#[derive(Debug)]
pub(crate) struct Subscriber {
    plugin: Arc<Plugin>,
    feed: Feed,
    mailbox: Mailbox,
    /// The messages that were lost before.
    dropped: u64,
    pause: Pause,
}

impl Subscriber {
    /// For a plugin that subscribes: it hears of the commits after a revision, and of the messages from now on.
    pub(crate) fn new(plugin: Arc<Plugin>, engine: &Engine, after: Revision) -> Self {
        let mut mailbox = engine.channels().mailbox();
        plugin.description.channels.iter().for_each(|channel| mailbox.subscribe(channel));
        // There is one subscriber for a plugin.
        let _ = plugin.identity.mailbox.set(mailbox.id());
        Self { feed: engine.feed(after), mailbox, dropped: 0, pause: Pause::default(), plugin }
    }

    /// Goes on until the database or the host is stopped.
    pub(crate) async fn run(mut self, mut stopping: watch::Receiver<bool>) {
        tokio::select! {
            _ = stopping.wait_for(|stopping| *stopping) => {}
            () = self.serve() => {}
        }
    }

    async fn serve(&mut self) {
        let hears_commits = !self.plugin.description.commits.is_empty();
        loop {
            tokio::select! {
                next = self.feed.next(), if hears_commits => match next {
                    // What it knows of before is of no use any more.
                    Ok(commit) if commit.clears() => self.gap(commit.revision, commit.revision).await,
                    Ok(commit) => self.commit(&commit).await,
                    Err(FeedError::Gap { first, last }) => self.gap(first, last).await,
                    // What else there may be, the feed does not go on after it.
                    Err(_) => return,
                },
                message = self.mailbox.next() => self.message(&message).await,
            }
        }
    }

    async fn commit(&mut self, commit: &Commit) {
        let changes = narrow::changes(commit, &self.plugin);
        if changes.is_empty() {
            return;
        }
        let told = Arc::new(told::Commit {
            revision: commit.revision.0,
            time_us: u64::try_from(commit.time.as_microsecond()).unwrap_or(0),
            author: convert::author(&commit.author),
            message: commit.message.clone(),
            changes,
        });
        let what = format!("the commit {}", commit.revision);
        self.tell(&what, Some(commit.hops), CALLBACK_TRIES_MAX, move || {
            let told = Arc::clone(&told);
            move |instance: &mut Instance| Box::pin(async move { instance.on_commit(&told).await }) as _
        })
        .await;
    }

    async fn gap(&mut self, first: Revision, last: Revision) {
        let what = format!("that the commits {first} to {last} can't be delivered");
        self.tell(&what, None, CALLBACK_TRIES_MAX, move || {
            move |instance: &mut Instance| Box::pin(async move { instance.on_gap(first.0, last.0).await }) as _
        })
        .await;
    }

    async fn message(&mut self, message: &Message) {
        let dropped = self.mailbox.dropped();
        if dropped > self.dropped {
            let lost = dropped - self.dropped;
            tracing::warn!(target: "tega::plugin", plugin = self.plugin.name(), "{lost} messages were lost: it is too slow");
            self.dropped = dropped;
        }
        let told = Arc::new(told::Message {
            channel: message.channel.clone(),
            author: convert::author(&message.author),
            body: message.body.clone(),
        });
        let what = format!("a message on {:?}", message.channel);
        self.tell(&what, Some(message.hops), 1, move || {
            let told = Arc::clone(&told);
            move |instance: &mut Instance| Box::pin(async move { instance.on_message(&told).await }) as _
        })
        .await;
    }

    /// Makes a call up to so many times, until it is well.
    async fn tell<C: delivery::Call>(&mut self, what: &str, hops: Option<u32>, tries: u32, call: impl Fn() -> C) {
        let plugin = Arc::clone(&self.plugin);
        let mut failed = 0;
        while failed < tries {
            match deliver(&plugin, hops, &call).await {
                Ok(()) => {
                    self.pause.reset();
                    return;
                }
                Err(Undelivered::Busy(reason)) => {
                    tracing::warn!(target: "tega::plugin", plugin = plugin.name(), "{what} must wait: {reason}");
                    self.pause.after_busy().await;
                }
                Err(Undelivered::Error(reason)) => {
                    failed += 1;
                    let reason = one_line(&reason);
                    tracing::warn!(target: "tega::plugin", plugin = plugin.name(), "failed on {what}: {reason}");
                    if failed < tries {
                        self.pause.after_error(failed).await;
                    }
                }
                Err(Undelivered::Failure(failure)) => {
                    failed += 1;
                    let pause = self.pause.next_after_failure();
                    let (ms, failure) = (pause.as_millis(), one_line(&failure.to_string()));
                    tracing::warn!(
                        target: "tega::plugin",
                        plugin = plugin.name(),
                        "failed on {what}: {failure}; it is left alone for {ms} ms"
                    );
                    tokio::time::sleep(pause).await;
                }
            }
        }
        tracing::error!(target: "tega::plugin", plugin = plugin.name(), "{what} is skipped after {tries} tries");
    }
}
