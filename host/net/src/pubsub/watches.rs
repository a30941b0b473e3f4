//! The watches of a session that resumes: one for each channel that stands for nodes, each with positions of its own.
//!
//! Such a session asked for it with a further word: `SESSION <id> <scope> resume`. It is told by the frames `COMMIT`, `BOOKMARK`,
//! `RESET` and `STATE`, each with the channel, and with what a stream of events tells as the second line.

use std::collections::HashMap;
use std::future::pending;
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::{AbortHandle, BoxStream, SelectAll, abortable, unfold};
use tega_engine::{Engine, Position};
use tega_tree::Pattern;
use tokio::sync::Semaphore;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::closing::Closing;
use crate::limits::NOTIFY_BYTES_MAX;
use crate::server::Server;
use crate::watch::told::{Stands, Told};
use crate::watch::watching::{Present, Since, Watching};

/// What a watch told, with the channel as it was written.
pub(super) type FromChannel = (String, Told);

/// The watches of a socket.
pub(super) struct Watches {
    told: SelectAll<BoxStream<'static, FromChannel>>,
    ends: HashMap<String, AbortHandle>,
    /// Of all that is large one watch at a time holds something.
    turns: Arc<Semaphore>,
}

impl Default for Watches {
    fn default() -> Self {
        Self { told: SelectAll::new(), ends: HashMap::new(), turns: Arc::new(Semaphore::new(1)) }
    }
}

impl std::fmt::Debug for Watches {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watches").field("channels", &self.ends.keys()).finish_non_exhaustive()
    }
}

/// The frame of what a watch told.
///
/// # Errors
/// How the socket is to be closed, where it would be too large.
pub(super) fn frame((channel, told): FromChannel) -> Result<String, Closing> {
    if told.json.len() > NOTIFY_BYTES_MAX {
        let reason = format!("what {} has to tell takes more than {NOTIFY_BYTES_MAX} bytes", told.position);
        return Err(Closing::Ours(CloseCode::Size, reason));
    }
    Ok(format!("{} {channel}\n{}", told.kind.to_ascii_uppercase(), told.json))
}

/// The frame that says that a session which resumes is open, and where the database stands.
pub(super) fn acknowledged(server_id: &str, engine: &Engine) -> String {
    format!("SESSIONACK {server_id}\n{}", standing(&engine.state().position))
}

impl Watches {
    /// Watches the nodes of a channel; gives the frame that says where that begins. `from` is a position, or `present`, which has the
    /// nodes told as they are, now and instead of each reset; without it the watch begins now. A channel without a pattern is good for
    /// messages only.
    pub(super) fn begin(
        &mut self,
        server: &Server,
        channel: &str,
        pattern: Option<Pattern>,
        from: Option<&str>,
    ) -> String {
        self.end(channel);
        let Some(pattern) = pattern else { return subscribed(channel, &server.engine.state().position) };
        let (since, present) = match from {
            None => (Since::Now, Present::Untold),
            Some("present") => (Since::Now, Present::Told),
            Some(text) => (Since::Position(text), Present::Untold),
        };
        let watching = Watching::begin(server, vec![pattern], since, present).taking_turns(&self.turns);
        let frame = subscribed(channel, watching.position());
        let name = channel.to_owned();
        let from_channel = move |told| (name.clone(), told);
        let (stream, end) = abortable(unfold(watching, next).map(from_channel));
        self.told.push(stream.boxed());
        self.ends.insert(channel.to_owned(), end);
        frame
    }

    /// Ends the watch of a channel, where there is one.
    pub(super) fn end(&mut self, channel: &str) {
        if let Some(end) = self.ends.remove(channel) {
            end.abort();
        }
    }

    /// Ends all.
    pub(super) fn end_all(&mut self) {
        self.told.clear();
        self.ends.clear();
    }

    /// What is told next.
    ///
    /// # Cancel safety
    /// Nothing is lost when it is dropped.
    pub(super) async fn next(&mut self) -> FromChannel {
        match self.told.next().await {
            Some(told) => told,
            None => pending().await,
        }
    }
}

async fn next(mut watching: Watching) -> Option<(Told, Watching)> {
    // It ends where the database does.
    Some((watching.next().await?, watching))
}

/// The frame that says that a channel is listened to, and from where on.
fn subscribed(channel: &str, position: &Position) -> String {
    format!("SUBSCRIBED {channel}\n{}", standing(position))
}

fn standing(position: &Position) -> String {
    // A text in a struct can always be written.
    serde_json::to_string(&Stands { position: position.to_string() }).unwrap_or_default()
}
