//! A watch as clients have it: from where on they say, with the nodes as they are where they ask for that.

use std::time::Duration;

use tega_engine::{Position, State, Watch, WatchEvent};
use tega_tree::Pattern;

use crate::server::Server;
use crate::told::Told;

/// From where on a client is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Since<'a> {
    /// From now on.
    Now,
    /// From a position on, as it was written.
    Position(&'a str),
}

/// Whether a client is told the nodes as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Present {
    /// At the beginning, unless it resumes, and instead of each reset: in one event, so that it is cut off before or after both.
    Told,
    /// It reads them by itself.
    Untold,
}

/// A watch of a client.
#[derive(Debug)]
pub(crate) struct Watching {
    watch: Watch,
    present: Present,
    /// What is told before anything that happens.
    first: Option<Told>,
}

impl Watching {
    /// Begins a watch of the nodes of patterns. What is no position is none of this database, and told so by a reset.
    pub(crate) fn begin(server: &Server, patterns: Vec<Pattern>, since: Since<'_>, present: Present) -> Self {
        let state = server.engine.state();
        let position = match since {
            Since::Now => None,
            Since::Position(text) => text.parse::<Position>().ok(),
        };
        let mut watch = server.engine.watch(patterns, Some(position.as_ref().unwrap_or(&state.position)));
        watch.set_bookmark_time(Duration::from_millis(server.options.keep_alive_ms));
        let mut watching = Self { watch, present, first: None };
        match since {
            Since::Now if present == Present::Told => watching.first = Some(watching.state(&state)),
            Since::Position(_) if position.is_none() => {
                server.engine.metrics().watch_resets.increment();
                watching.first = Some(watching.reset(&state.position));
            }
            Since::Now | Since::Position(_) => {}
        }
        watching
    }

    /// The position up to which everything was told, or found not to matter.
    pub(crate) fn position(&self) -> &Position {
        self.watch.position()
    }

    /// What is told next; none once the database was stopped.
    ///
    /// # Cancel safety
    /// Nothing is lost when it is dropped.
    pub(crate) async fn next(&mut self) -> Option<Told> {
        if let Some(first) = self.first.take() {
            return Some(first);
        }
        Some(match self.watch.next().await.ok()? {
            WatchEvent::Reset(position) => self.reset(&position),
            event => Told::of(&event),
        })
    }

    /// That it goes on after this position, or, for who is told them, the nodes as they are.
    fn reset(&mut self, position: &Position) -> Told {
        match self.present {
            Present::Untold => Told::reset(position),
            Present::Told => {
                let state = self.watch.skip_to_present();
                self.state(&state)
            }
        }
    }

    fn state(&self, state: &State) -> Told {
        Told::state(state, self.watch.patterns())
    }
}
