//! What comes down, as commits of this node.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::StreamExt;
use futures_util::stream::SplitStream;
use tega_engine::{Author, CommitError, Engine, ErrorCode};
use tega_tree::{Change, Path};

use crate::LinkOptions;
use crate::ended::Ended;
use crate::frame::{self, Incoming};
use crate::limits::ITEMS_MAX;
use crate::link::Report;
use crate::socket::{self, Socket};

/// What comes down.
#[derive(Debug)]
pub(crate) struct Down<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) options: &'a LinkOptions,
    /// The global node's id.
    pub(crate) server: &'a str,
    /// Set with every frame that comes.
    pub(crate) heard: &'a AtomicBool,
}

impl Down<'_> {
    /// Takes what comes until the connection ends.
    pub(crate) async fn run(self, mut frames: SplitStream<Socket>, report: &mut Report) -> Ended {
        let author = Arc::new(Author::node(self.server.to_owned()));
        loop {
            let text = match socket::text(frames.next().await) {
                Ok(text) => text,
                Err(ended) => return ended,
            };
            self.heard.store(true, Ordering::Relaxed);
            let Some(text) = text else { continue };
            match frame::read(&text) {
                Incoming::Notify(changes) => {
                    let changes: Vec<Change> = changes.into_iter().filter(|change| self.wants(change.path())).collect();
                    for changes in changes.chunks(ITEMS_MAX) {
                        if let Err(error) = commit(self.engine, &author, changes).await {
                            return Ended::Commit(error);
                        }
                    }
                }
                Incoming::Synced => report.linked(self.server, &self.options.id),
                Incoming::Acknowledged(_) | Incoming::Other => {}
            }
        }
    }

    /// Whether a node is in a root that comes down; no other is changed from above.
    fn wants(&self, path: &Path) -> bool {
        let wanted = self.options.config_roots.iter().any(|root| path.is_at_or_below(root));
        if !wanted {
            tracing::debug!(%path, "an item of the global node was skipped: its root is no config root here");
        }
        wanted
    }
}

/// Commits what came down as one. What is refused for good is dropped: sent again, it would be refused again.
///
/// # Errors
/// Where it may go well later.
async fn commit(engine: &Engine, author: &Arc<Author>, changes: &[Change]) -> Result<(), CommitError> {
    match engine.adopt(author, changes).await {
        Ok(_) => Ok(()),
        Err(error) if matches!(error.code(), ErrorCode::Unavailable | ErrorCode::Busy) => Err(error),
        Err(error) => {
            tracing::warn!(%error, items = changes.len(), "what came down was not taken");
            Ok(())
        }
    }
}
