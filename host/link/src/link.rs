//! Dials the global node, and dials again, until it is stopped.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use futures_util::{FutureExt, SinkExt, StreamExt};
use tega_engine::Engine;
use tega_engine::port::Uplink;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use tokio_tungstenite::tungstenite::Message;

use crate::LinkOptions;
use crate::backoff::{Backoff, random};
use crate::down::Down;
use crate::ended::Ended;
use crate::limits::{CLOSE_MS_MAX, STEADY_MS};
use crate::socket;
use crate::up::Up;

/// A link to a global node. It ends when it is dropped; [`stop`](Self::stop) also waits for that.
#[derive(Debug)]
pub struct Link {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

/// Tells the connection that there is, or the next one, to ask the global node anew.
#[derive(Clone, Debug, Default)]
pub(crate) struct Again(Arc<Notify>);

impl Again {
    /// Waits until it is to be asked anew.
    ///
    /// # Cancel safety
    /// Nothing is lost when it is dropped.
    pub(crate) async fn wanted(&self) {
        self.0.notified().await;
    }
}

impl Uplink for Again {
    fn ask_again(&self) {
        self.0.notify_one();
    }
}

impl Link {
    /// Starts to dial, and goes on with it for as long as there is no connection; the engine knows of it from now on. Must be
    /// called in a tokio runtime.
    pub fn start(engine: Engine, options: LinkOptions) -> Self {
        let (stop, stopping) = oneshot::channel();
        let again = Again::default();
        engine.set_uplink(Arc::new(again.clone()));
        let task = tokio::spawn(run(engine, options, again, stopping));
        Self { stop, task }
    }

    /// Ends the link; the global node is told.
    ///
    /// # Cancel safety
    /// Dropped, the link ends all the same.
    pub async fn stop(self) {
        // It may have ended with the database.
        let _ = self.stop.send(());
        if let Err(panic) = self.task.await {
            tracing::error!("the link panicked: {panic}");
        }
    }
}

/// What was logged last of a link: each change of its state is, once.
#[derive(Debug, Default)]
pub(crate) struct Report {
    linked: Option<bool>,
}

impl Report {
    pub(crate) fn linked(&mut self, server: &str, id: &str) {
        if self.linked != Some(true) {
            tracing::info!(global = server, "linked with the global node");
        }
        if server == id {
            tracing::warn!("the global node has this node's id, {id}, so the log can't tell them apart; set another");
        }
        self.linked = Some(true);
    }

    fn unlinked(&mut self, reason: &Ended) {
        if self.linked == Some(false) {
            tracing::debug!(%reason, "still no link to the global node");
        } else {
            tracing::warn!(%reason, "no link to the global node; it is dialled again until there is one");
        }
        self.linked = Some(false);
    }
}

async fn run(engine: Engine, options: LinkOptions, again: Again, mut stopping: oneshot::Receiver<()>) {
    let mut report = Report::default();
    let mut backoff = Backoff::default();
    loop {
        let begun = Instant::now();
        let connection = connection(&engine, &options, &again, &mut stopping, &mut report);
        let connection = AssertUnwindSafe(connection).catch_unwind();
        match connection.await.unwrap_or(Ended::Panicked) {
            Ended::Stopping => return,
            ended => report.unlinked(&ended),
        }
        if begun.elapsed() >= Duration::from_millis(STEADY_MS) {
            backoff.reset();
        }
        tokio::select! {
            () = sleep(backoff.next_pause(random())) => {}
            _ = &mut stopping => return,
        }
    }
}

/// One connection, to its end. What comes down and what goes up don't wait for each other: two nodes that each wait for the other
/// to read would do so for ever.
async fn connection(
    engine: &Engine,
    options: &LinkOptions,
    again: &Again,
    stopping: &mut oneshot::Receiver<()>,
    report: &mut Report,
) -> Ended {
    let dialled = tokio::select! {
        dialled = socket::dial(&options.address, &options.id) => dialled,
        _ = &mut *stopping => return Ended::Stopping,
    };
    let (socket, server) = match dialled {
        Ok(dialled) => dialled,
        Err(ended) => return ended,
    };
    let (mut sender, receiver) = socket.split();
    let heard = AtomicBool::new(true);
    let down = Down { engine, options, server: &server, heard: &heard };
    let up = Up { engine, options, again, heard: &heard, frames: &mut sender };
    let ended = tokio::select! {
        ended = down.run(receiver, report) => ended,
        ended = up.run() => ended,
        _ = stopping => Ended::Stopping,
    };
    // Where the global node is gone or does not read, there is nobody to tell.
    let _ = timeout(Duration::from_millis(CLOSE_MS_MAX), sender.send(Message::Close(None))).await;
    ended
}
