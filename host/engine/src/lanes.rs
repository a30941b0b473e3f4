//! Lanes: commits to a root whose judges read what the others change are judged one after another.
//!
//! Without them, of commits judged at once on one state only the first could pass, and the others would be judged anew against
//! each other for ever. Where nobody is in a lane, commits are judged at once: mostly the judges read nothing that changes.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tega_tree::Name;
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};
use tokio::time::timeout;

use crate::CommitError;
use crate::limits::QUEUE_WAIT_MS_MAX;

/// The lanes that someone is in, or waits for, by root.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lanes(Arc<Mutex<HashMap<Name, Arc<AsyncMutex<()>>>>>);

/// The right to be in some lanes; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    lanes: Lanes,
    /// The lanes asked for so far; the last may still be waited for.
    asked: Vec<Name>,
    held: Vec<OwnedMutexGuard<()>>,
}

impl Lanes {
    /// Whether somebody is in one of the lanes, or waits for it.
    pub(crate) fn are_occupied(&self, roots: &BTreeSet<Name>) -> bool {
        let table = self.table();
        roots.iter().any(|root| table.contains_key(root))
    }

    /// Waits for a turn in the lanes of some roots.
    ///
    /// # Errors
    /// [`CommitError::Busy`] after [`QUEUE_WAIT_MS_MAX`].
    ///
    /// # Cancel safety
    /// Dropped, it is in no lane.
    pub(crate) async fn turn(&self, roots: &BTreeSet<Name>) -> Result<Turn, CommitError> {
        let mut turn = Turn { lanes: self.clone(), asked: Vec::new(), held: Vec::new() };
        let enter = async {
            // In the order of their names: so two that want the same lanes can't wait for each other.
            for root in roots {
                let lane = Arc::clone(self.table().entry(root.clone()).or_default());
                turn.asked.push(root.clone());
                turn.held.push(lane.lock_owned().await);
            }
        };
        match timeout(Duration::from_millis(QUEUE_WAIT_MS_MAX), enter).await {
            Ok(()) => Ok(turn),
            Err(_) => Err(CommitError::Busy),
        }
    }

    fn table(&self) -> MutexGuard<'_, HashMap<Name, Arc<AsyncMutex<()>>>> {
        // Each change of the table is one insertion or removal, so a panic leaves it whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut table = self.lanes.table();
        self.held.clear();
        for root in &self.asked {
            // Whoever waits for a lane holds it too, and nobody can begin to while the table is locked.
            if table.get(root).is_some_and(|lane| Arc::strong_count(lane) == 1) {
                table.remove(root);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::task::Poll;

    use super::*;

    fn roots(names: &[&str]) -> BTreeSet<Name> {
        names.iter().map(|name| Name::from(*name)).collect()
    }

    #[tokio::test]
    async fn whoever_gives_up_waiting_leaves_no_trace() {
        let lanes = Lanes::default();
        let first = lanes.turn(&roots(&["a"])).await.unwrap();
        let waiting = tokio::time::timeout(Duration::from_millis(1), lanes.turn(&roots(&["a", "b"]))).await;
        assert!(waiting.is_err());
        drop(first);
        assert_eq!(lanes.table().len(), 0);
        let first = lanes.turn(&roots(&["a"])).await.unwrap();
        let wanted = roots(&["a"]);
        let mut waiting = Box::pin(lanes.turn(&wanted));
        assert!(std::future::poll_fn(|context| Poll::Ready(waiting.as_mut().poll(context))).await.is_pending());
        drop(first);
        assert!(lanes.are_occupied(&roots(&["a"])));
        drop(waiting);
        assert_eq!(lanes.table().len(), 0);
    }

    #[tokio::test]
    async fn one_is_in_a_lane_at_a_time_and_an_empty_lane_is_forgotten() {
        let lanes = Lanes::default();
        let first = lanes.turn(&roots(&["a", "b"])).await.unwrap();
        let other = lanes.turn(&roots(&["c"])).await.unwrap();
        let waiting = tokio::spawn({
            let lanes = lanes.clone();
            async move { lanes.turn(&roots(&["b", "d"])).await.map(drop) }
        });
        while lanes.table().get("b").is_some_and(|lane| Arc::strong_count(lane) < 3) {
            tokio::task::yield_now().await;
        }
        assert!(!waiting.is_finished());
        assert!(lanes.are_occupied(&roots(&["x", "a"])) && !lanes.are_occupied(&roots(&["x"])));
        drop(first);
        waiting.await.unwrap().unwrap();
        drop(other);
        assert_eq!(lanes.table().len(), 0);
    }
}
