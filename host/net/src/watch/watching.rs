//! A watch as clients have it: from where on they say, with the nodes as they are where they ask for that.

use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::Duration;

use tega_engine::{Position, State, Watch, WatchEvent};
use tega_tree::Pattern;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use crate::server::Server;
use crate::watch::told::Told;

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
    first: Option<First>,
    /// Writes a state that is to be told.
    writing: Option<JoinHandle<Told>>,
    /// Those that share it write states one at a time.
    turns: Option<Arc<Semaphore>>,
}

/// What is told before anything that happens: as it is, for as text it may be large.
#[derive(Debug)]
enum First {
    Reset(Position),
    State(Arc<State>),
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
        let first = match since {
            Since::Now if present == Present::Told => Some(First::State(state)),
            Since::Position(_) if position.is_none() => {
                server.engine.metrics().watch_resets.increment();
                Some(First::of_reset(present, state))
            }
            Since::Now | Since::Position(_) => None,
        };
        Self { watch, present, first, writing: None, turns: None }
    }

    /// Has it take turns with others at holding what is large.
    pub(crate) fn taking_turns(self, turns: &Arc<Semaphore>) -> Self {
        let watch = self.watch.taking_turns(Arc::clone(turns));
        Self { watch, turns: Some(Arc::clone(turns)), ..self }
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
        loop {
            if let Some(writing) = &mut self.writing {
                let written = writing.await;
                self.writing = None;
                return match written {
                    Ok(told) => Some(told),
                    Err(error) => resume_unwind(error.try_into_panic().ok()?),
                };
            }
            match self.first.take() {
                Some(First::Reset(position)) => return Some(Told::reset(&position)),
                Some(First::State(state)) => {
                    let write = write(state, self.watch.patterns().to_vec(), self.turns.clone());
                    self.writing = Some(tokio::spawn(write));
                    continue;
                }
                None => {}
            }
            match self.watch.next().await.ok()? {
                WatchEvent::Reset(_) if self.present == Present::Told => {
                    self.first = Some(First::State(self.watch.skip_to_present()));
                }
                event => return Some(Told::of(&event)),
            }
        }
    }
}

impl First {
    /// That it goes on after a state, or, for who is told them, the nodes as they are.
    fn of_reset(present: Present, state: Arc<State>) -> Self {
        match present {
            Present::Untold => Self::Reset(state.position.clone()),
            Present::Told => Self::State(state),
        }
    }
}

/// Writes a state, once it is its turn, on a thread that serves nobody else meanwhile.
async fn write(state: Arc<State>, patterns: Vec<Pattern>, turns: Option<Arc<Semaphore>>) -> Told {
    let _turn = match &turns {
        // It is never closed.
        Some(turns) => turns.acquire().await.ok(),
        None => None,
    };
    match tokio::task::spawn_blocking(move || Told::state(&state, &patterns)).await {
        Ok(told) => told,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            // The runtime is being stopped, and with it whoever waits for this.
            Err(_) => std::future::pending().await,
        },
    }
}
