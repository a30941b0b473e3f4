//! Tells a plugin of commits and messages: after the fact, in order, one at a time, over all of its versions.
//!
//! A commit that the plugin fails on is told again, so often as is set, then skipped, or told on and on. Where it stands is committed
//! with what a callback wrote; where callbacks write nothing it is committed by itself, now and then. A message is told once.
//!
//! Invariant: nothing here holds up the writer.
//! Invariant: what a callback wrote is committed once, whatever ends the daemon; one that wrote nothing may be made again.

mod attempts;
mod narrow;

use std::sync::Arc;
use std::time::Duration;

use tega_engine::{FollowError, Followed, Follower, Mailbox, Message, Position, Revision};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::bindings::subscriber::exports::tega::plugin::subscriber as told;
use crate::convert;
use crate::delivery::{Cause, Delivered, deliver};
use crate::instance::Instance;
use crate::journal::Level;
use crate::limits::{DRAIN_MS, UNSAVED_CALLBACKS_MAX, UNSAVED_CALLBACKS_MS_MAX};
use crate::plugin::Plugin;
use crate::service::Service;
use attempts::{Attempts, Next};

/// Tells one plugin of commits and messages.
#[derive(Debug)]
pub(crate) struct Subscriber {
    service: Arc<Service>,
    versions: watch::Receiver<Option<Arc<Plugin>>>,
    /// What a version that hears of no commits is to know of them.
    clearings: watch::Receiver<Revision>,
    /// None as long as no version subscribed to commits.
    follower: Option<Follower>,
    mailbox: Mailbox,
    /// The channels that the mailbox is subscribed to.
    channels: Vec<String>,
    /// The messages that were lost before.
    dropped: u64,
    /// Callbacks that wrote nothing since the cursor was committed, and the time of the first.
    unsaved: Option<(u64, Instant)>,
    /// Whether a callback is being made: the follower stands on a commit that was not told yet.
    telling: bool,
}

impl Subscriber {
    /// For a plugin of which no version has heard of anything yet in this run.
    pub(crate) fn new(service: Arc<Service>) -> Self {
        let versions = service.versions();
        // There is one subscriber for a plugin; another would hear of nothing.
        let mailbox = service.take_mailbox().unwrap_or_else(|| service.engine.channels().mailbox());
        Self {
            versions,
            clearings: service.engine.clearings(),
            follower: None,
            mailbox,
            channels: Vec::new(),
            dropped: 0,
            unsaved: None,
            telling: false,
            service,
        }
    }

    /// Listens to what the version in service subscribes to: from now on nothing is missed.
    pub(crate) async fn listen(&mut self) {
        if let Some(plugin) = self.service.current() {
            self.adopt(&plugin).await;
        }
    }

    /// Goes on until the host is stopped.
    pub(crate) async fn run(mut self, mut stopping: watch::Receiver<bool>) {
        tokio::select! {
            _ = stopping.wait_for(|stopping| *stopping) => {}
            () = self.serve() => {}
        }
        if self.telling {
            return;
        }
        // What was told and left no trace is not told again.
        let rest = tokio::time::timeout(Duration::from_millis(DRAIN_MS), self.save());
        let _ = rest.await;
    }

    async fn serve(&mut self) {
        loop {
            let current = self.versions.borrow_and_update().clone();
            let Some(plugin) = current else {
                // What is sent meanwhile is lost, as where nobody listens.
                self.channels.drain(..).for_each(|channel| self.mailbox.unsubscribe(&channel));
                match self.versions.changed().await {
                    Ok(()) => continue,
                    Err(_) => return,
                }
            };
            self.adopt(&plugin).await;
            let save_at = self.unsaved.map(|(_, first)| first + Duration::from_millis(UNSAVED_CALLBACKS_MS_MAX));
            tokio::select! {
                biased;
                changed = self.versions.changed() => if changed.is_err() { return },
                Ok(()) = self.clearings.changed(), if !hears_commits(&plugin) => self.start_anew(&plugin).await,
                next = next(&mut self.follower), if hears_commits(&plugin) => {
                    self.telling = true;
                    let goes_on = self.tell(next).await;
                    self.telling = false;
                    if !goes_on {
                        return;
                    }
                },
                message = self.mailbox.next() => self.message(&plugin, &message).await,
                () = until(save_at) => self.save().await,
            }
            if self.unsaved.is_some_and(|(count, _)| count >= UNSAVED_CALLBACKS_MAX) {
                self.save().await;
            }
        }
    }

    /// Listens to what the version in service subscribes to.
    async fn adopt(&mut self, plugin: &Plugin) {
        let wanted = &plugin.description.channels;
        if *wanted != self.channels {
            self.channels
                .iter()
                .filter(|channel| !wanted.contains(channel))
                .for_each(|gone| self.mailbox.unsubscribe(gone));
            wanted
                .iter()
                .filter(|channel| !self.channels.contains(channel))
                .for_each(|new| self.mailbox.subscribe(new));
            self.channels.clone_from(wanted);
        }
        if self.follower.is_none() && hears_commits(plugin) {
            self.begin(plugin).await;
        }
    }

    /// Begins where the plugin stood, or where the database stands now.
    async fn begin(&mut self, plugin: &Plugin) {
        let engine = &self.service.engine;
        let state = engine.state();
        let cursor = state.cursor(plugin.name());
        let from = match cursor {
            Some(cursor) if engine.is_past(cursor) => cursor,
            // What came after its first start began is news to it.
            None => plugin.began.get().filter(|began| engine.is_past(began)).unwrap_or(&state.position),
            Some(_) => &state.position,
        };
        self.service.vitals.heard.up_to(from.revision);
        self.follower = Some(engine.follow(from));
        if cursor.is_none_or(|cursor| cursor != from) {
            if cursor.is_some() {
                // The database was cleared or restored meanwhile.
                plugin.reset();
            }
            save_at(&self.service, from.clone()).await;
        }
    }

    /// Tells what the follower was given. Gives whether it goes on after it.
    async fn tell(&mut self, followed: Result<Followed, FollowError>) -> bool {
        match followed {
            Ok(commit) if commit.clears() => self.cleared(commit.revision()).await,
            Ok(commit) => self.commit(&commit).await,
            Err(FollowError::Gone { after, present }) => self.gap(after.next(), present.revision).await,
            Err(FollowError::Cleared { present }) => self.cleared(present.revision).await,
            Err(_) => return false,
        }
        true
    }

    async fn commit(&mut self, commit: &Followed) {
        let revision = commit.revision();
        let mut attempts = Attempts::new(Arc::clone(&self.service), format!("the commit {revision}"));
        while let Some(plugin) = attempts.plugin().await {
            let Ok(changes) = narrow::changes(commit, &plugin) else {
                return self.gap(revision, revision).await;
            };
            if changes.is_empty() {
                break;
            }
            let told = Arc::new(told::Commit {
                revision: revision.0,
                time_us: u64::try_from(commit.time().as_microsecond()).unwrap_or(0),
                author: convert::author(commit.author()),
                message: commit.message().map(str::to_owned),
                changes,
            });
            let cursor = self.position();
            let cause = Cause { hops: Some(commit.hops()), cursor: cursor.as_ref() };
            let outcome = deliver(&plugin, plugin.limits.callback_ms, cause, || {
                let told = Arc::clone(&told);
                move |instance: &mut Instance| Box::pin(async move { instance.on_commit(&told).await }) as _
            });
            if self.is_settled(&mut attempts, &plugin, outcome.await, revision).await {
                break;
            }
        }
        self.service.vitals.heard.up_to(revision);
    }

    async fn gap(&mut self, first: Revision, last: Revision) {
        let mut attempts =
            Attempts::new(Arc::clone(&self.service), format!("that the commits {first} to {last} can't be told"));
        while let Some(plugin) = attempts.plugin().await {
            let cursor = self.position();
            let cause = Cause { hops: None, cursor: cursor.as_ref() };
            let outcome = deliver(&plugin, plugin.limits.callback_ms, cause, || {
                move |instance: &mut Instance| Box::pin(async move { instance.on_gap(first.0, last.0).await }) as _
            });
            if self.is_settled(&mut attempts, &plugin, outcome.await, last).await {
                break;
            }
        }
        self.service.vitals.heard.up_to(last);
    }

    /// The same for one that hears of no commits: no callback would start an instance.
    async fn start_anew(&mut self, plugin: &Plugin) {
        plugin.reset();
        let vitals = &self.service.vitals;
        if vitals.health.held(std::time::Instant::now()).is_none()
            && let Err(failure) = plugin.warm_up().await
        {
            vitals.lines.write(Level::Warn, &format!("did not start after the database was cleared: {failure}"));
        }
    }

    /// What it knows of before is of no use any more.
    async fn cleared(&mut self, present: Revision) {
        self.clearings.mark_unchanged();
        self.service.current().iter().for_each(|plugin| plugin.reset());
        self.gap(present, present).await;
    }

    /// Whether nothing more is to be done about a callback; else a pause was made.
    async fn is_settled(
        &mut self,
        attempts: &mut Attempts,
        plugin: &Plugin,
        outcome: attempts::Outcome,
        revision: Revision,
    ) -> bool {
        match outcome {
            Ok(Delivered::Wrote) => self.unsaved = None,
            Ok(Delivered::Nothing) => {
                let (count, first) = self.unsaved.unwrap_or_else(|| (0, Instant::now()));
                self.unsaved = Some((count + 1, first));
            }
            Err(undelivered) => match attempts.failed(plugin, undelivered).await {
                Next::Again => return false,
                Next::Skip(reason) => {
                    self.service.vitals.heard.skipped(revision, reason);
                    // The next start must not begin with it again.
                    self.unsaved = Some((UNSAVED_CALLBACKS_MAX, Instant::now()));
                }
            },
        }
        true
    }

    async fn message(&mut self, plugin: &Plugin, message: &Message) {
        let lines = &self.service.vitals.lines;
        let dropped = self.mailbox.dropped();
        if dropped > self.dropped {
            let lost = dropped - self.dropped;
            lines.write(Level::Warn, &format!("{lost} messages were lost: it is too slow"));
            self.dropped = dropped;
        }
        let told = Arc::new(told::Message {
            channel: message.channel.clone(),
            author: convert::author(&message.author),
            body: message.body.clone(),
        });
        let cause = Cause { hops: Some(message.hops), cursor: None };
        let outcome = deliver(plugin, plugin.limits.callback_ms, cause, || {
            let told = Arc::clone(&told);
            move |instance: &mut Instance| Box::pin(async move { instance.on_message(&told).await }) as _
        });
        if let Err(undelivered) = outcome.await {
            lines.write(
                Level::Warn,
                &format!("failed on a message on {:?}, which is lost: {undelivered}", message.channel),
            );
        }
    }

    /// Where the follower stands.
    fn position(&self) -> Option<Position> {
        self.follower.as_ref().map(|follower| follower.position().clone())
    }

    /// Commits where it stands, if callbacks were made since that is not committed yet.
    async fn save(&mut self) {
        if let (Some(_), Some(position)) = (self.unsaved.take(), self.position()) {
            save_at(&self.service, position).await;
        }
    }
}

/// Commits how far the plugin has heard of commits.
async fn save_at(service: &Service, position: Position) {
    let Some(plugin) = service.current() else { return };
    let mut transaction = service.engine.begin_as(Arc::clone(&plugin.identity.author));
    transaction.set_cursor(plugin.name(), position);
    if let Err(error) = service.engine.commit(transaction).await {
        plugin.vitals.lines.write(Level::Warn, &format!("how far it has heard of commits can't be committed: {error}"));
    }
}

fn hears_commits(plugin: &Plugin) -> bool {
    !plugin.description.commits.is_empty()
}

async fn next(follower: &mut Option<Follower>) -> Result<Followed, FollowError> {
    match follower {
        Some(follower) => follower.next().await,
        None => std::future::pending().await,
    }
}

async fn until(time: Option<Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time).await,
        None => std::future::pending().await,
    }
}
