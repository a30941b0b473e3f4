//! How far the server is on its way to the end.

use tokio::sync::watch;

/// How far the server is on its way to the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    /// It takes requests.
    Serving,
    /// It takes no new ones, and finishes those under way.
    Draining,
    /// It waits for nothing any more.
    Cut,
}

/// Learns of the stages.
#[derive(Clone, Debug)]
pub(crate) struct Stages(watch::Receiver<Stage>);

impl Stages {
    pub(crate) fn new() -> (watch::Sender<Stage>, Self) {
        let (sender, receiver) = watch::channel(Stage::Serving);
        (sender, Self(receiver))
    }

    /// Whether the server takes no new requests.
    pub(crate) fn is_draining(&self) -> bool {
        *self.0.borrow() >= Stage::Draining
    }

    /// Waits until the server takes no new requests.
    ///
    /// # Cancel safety
    /// Nothing is lost when it is dropped.
    pub(crate) async fn draining(&mut self) {
        self.reached(Stage::Draining).await;
    }

    /// Waits until the server waits for nothing any more.
    ///
    /// # Cancel safety
    /// Nothing is lost when it is dropped.
    pub(crate) async fn cut(&mut self) {
        self.reached(Stage::Cut).await;
    }

    async fn reached(&mut self, wanted: Stage) {
        // An error means that the one who told the stages is gone, and the server with it.
        let _ = self.0.wait_for(|stage| *stage >= wanted).await;
    }
}
