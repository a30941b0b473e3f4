//! Lanes: commits to a root that a transform or a guard covers are judged one after another.
//!
//! Without them, of commits judged at once on one state only the first could pass, and the others would be judged anew against
//! each other for ever.

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
    held: Vec<(Name, OwnedMutexGuard<()>)>,
}

impl Lanes {
    /// Waits for a turn in the lanes of some roots.
    ///
    /// # Errors
    /// [`CommitError::Busy`] after [`QUEUE_WAIT_MS_MAX`].
    ///
    /// # Cancel safety
    /// Dropped, it is in no lane.
    pub(crate) async fn turn(&self, roots: BTreeSet<Name>) -> Result<Turn, CommitError> {
        let mut turn = Turn { lanes: self.clone(), held: Vec::with_capacity(roots.len()) };
        let enter = async {
            // In the order of their names: so two that want the same lanes can't wait for each other.
            for root in roots {
                let lane = Arc::clone(self.table().entry(root.clone()).or_default());
                turn.held.push((root, lane.lock_owned().await));
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
        for (root, guard) in self.held.drain(..) {
            drop(guard);
            // Whoever waits for a lane holds it too, and nobody can begin to while the table is locked.
            if table.get(&root).is_some_and(|lane| Arc::strong_count(lane) == 1) {
                table.remove(&root);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roots(names: &[&str]) -> BTreeSet<Name> {
        names.iter().map(|name| Name::from(*name)).collect()
    }

    #[tokio::test]
    async fn one_is_in_a_lane_at_a_time_and_an_empty_lane_is_forgotten() {
        let lanes = Lanes::default();
        let first = lanes.turn(roots(&["a", "b"])).await.unwrap();
        let other = lanes.turn(roots(&["c"])).await.unwrap();
        let waiting = tokio::spawn({
            let lanes = lanes.clone();
            async move { lanes.turn(roots(&["b", "d"])).await.map(drop) }
        });
        while lanes.table().get("b").is_some_and(|lane| Arc::strong_count(lane) < 3) {
            tokio::task::yield_now().await;
        }
        assert!(!waiting.is_finished());
        drop(first);
        waiting.await.unwrap().unwrap();
        drop(other);
        assert_eq!(lanes.table().len(), 0);
    }
}
