//! The instances that are being told to stop: what they hold comes back when they are done.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::watch;
use tokio::time::timeout_at;

/// The instances that are being told to stop.
#[derive(Debug, Default)]
pub(crate) struct Stops(Arc<watch::Sender<Count>>);

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    under_way: usize,
    ended: u64,
}

/// A stop under way, until this is dropped: after the instance.
#[derive(Debug)]
pub(crate) struct Stop(Arc<watch::Sender<Count>>);

/// Looks out for stops that end.
#[derive(Debug)]
pub(crate) struct Lookout {
    count: watch::Receiver<Count>,
    seen: u64,
}

impl Stops {
    /// One more begins.
    pub(crate) fn begin(&self) -> Stop {
        self.0.send_modify(|count| count.under_way += 1);
        Stop(Arc::clone(&self.0))
    }

    /// Looks out from now on.
    pub(crate) fn lookout(&self) -> Lookout {
        let count = self.0.subscribe();
        let seen = count.borrow().ended;
        Lookout { count, seen }
    }
}

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.send_modify(|count| {
            count.under_way -= 1;
            count.ended += 1;
        });
    }
}

impl Lookout {
    /// Waits until one ended since this was asked last, up to a time; tells whether one did. With none under way it does not wait.
    pub(crate) async fn one_ended(&mut self, deadline: Instant) -> bool {
        let (count, seen) = (*self.count.borrow(), self.seen);
        if count.under_way == 0 && count.ended == seen {
            return false;
        }
        match timeout_at(deadline.into(), self.count.wait_for(|count| count.ended != seen)).await {
            Ok(Ok(count)) => {
                self.seen = count.ended;
                true
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn an_end_since_the_last_look_is_seen_at_once_and_with_none_under_way_nobody_waits() {
        let (stops, long) = (Stops::default(), Instant::now() + Duration::from_secs(3600));
        let mut lookout = stops.lookout();
        assert!(!lookout.one_ended(long).await);
        let (one, two) = (stops.begin(), stops.begin());
        assert!(!lookout.one_ended(Instant::now()).await);
        drop(one);
        assert!(lookout.one_ended(long).await);
        let ending = tokio::spawn(async move { drop(two) });
        assert!(lookout.one_ended(long).await);
        ending.await.unwrap();
        assert!(!lookout.one_ended(long).await);
    }
}
