//! The epochs of a history, and where each begins.

use crate::ids::{Epoch, Revision};

/// An epoch and the revision of the first commit that belongs to it, whether that commit was made yet or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochStart {
    /// The epoch.
    pub epoch: Epoch,
    /// The revision.
    pub revision: Revision,
}

/// The epochs of a history, in order.
///
/// Invariant: epochs and revisions both rise, because an epoch without a commit names no state and goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Epochs(Vec<EpochStart>);

impl Epochs {
    /// A history that begins, or is read from here on.
    pub(crate) fn beginning(epoch: Epoch, revision: Revision) -> Self {
        Self(vec![EpochStart { epoch, revision }])
    }

    /// Takes a list, if epochs and revisions rise in it.
    pub(crate) fn new(starts: Vec<EpochStart>) -> Option<Self> {
        let rise = |pair: &[EpochStart]| match pair {
            [before, after] => before.epoch < after.epoch && before.revision < after.revision,
            _ => true,
        };
        starts.windows(2).all(rise).then_some(Self(starts))
    }

    pub(crate) fn starts(&self) -> &[EpochStart] {
        &self.0
    }

    pub(crate) fn into_starts(self) -> Vec<EpochStart> {
        self.0
    }

    /// Goes on in an epoch with the commit of this revision; one that is not above the last is passed over.
    pub(crate) fn enter(&mut self, epoch: Epoch, revision: Revision) {
        if self.0.last().is_none_or(|last| last.epoch < epoch) {
            self.0.retain(|start| start.revision < revision);
            self.0.push(EpochStart { epoch, revision });
        }
    }

    /// The epoch that the commit of a revision belongs to, as far as the list reaches back.
    pub(crate) fn epoch_of(&self, revision: Revision) -> Option<Epoch> {
        self.0.iter().rev().find(|start| start.revision <= revision).map(|start| start.epoch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn revision(number: u64) -> Revision {
        Revision::new(number).unwrap()
    }

    #[test]
    fn an_epoch_without_a_commit_goes() {
        let mut epochs = Epochs::beginning(Epoch::new(0), revision(1));
        epochs.enter(Epoch::new(1), revision(5));
        epochs.enter(Epoch::new(1), revision(6));
        epochs.enter(Epoch::new(4), revision(5));
        let numbers: Vec<_> = epochs.starts().iter().map(|start| (start.epoch.get(), start.revision.get())).collect();
        assert_eq!(numbers, [(0, 1), (4, 5)]);
        assert_eq!(epochs.epoch_of(revision(4)), Some(Epoch::new(0)));
        assert_eq!(epochs.epoch_of(revision(5)), Some(Epoch::new(4)));
    }

    #[test]
    fn a_list_that_does_not_rise_is_none() {
        let start = |epoch, number| EpochStart { epoch: Epoch::new(epoch), revision: revision(number) };
        assert!(Epochs::new(vec![start(0, 1), start(2, 9)]).is_some());
        assert!(Epochs::new(vec![start(0, 1), start(2, 1)]).is_none());
        assert!(Epochs::new(vec![start(2, 1), start(2, 9)]).is_none());
    }
}
