//! Chooses what of a folder a repair keeps: the snapshot or beginning, and the segments behind it, that reach furthest.

#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::ops::Range;

use super::{rescue::Rescue, survey::Survey};
use crate::{epochs::Epochs, ids::Revision, limits::REVISION_MAX, line::SnapshotHeader, read::Chain};

/// What is kept of a folder.
#[derive(Debug)]
pub(super) struct Plan {
    /// The snapshot to start from; without one, the beginning of the log.
    pub(super) snapshot: Option<Revision>,
    /// The last revision that is kept.
    pub(super) last: Option<Revision>,
    pub(super) epochs: Epochs,
    /// Which run of segments is kept.
    pub(super) run: Option<usize>,
    /// Or which commits are copied behind the snapshot.
    pub(super) rescue: Option<Rescue>,
    /// Which segments are its.
    pub(super) segments: Range<usize>,
}

impl Plan {
    /// Chooses what leads to the highest revision; of equals, what keeps segments. Nothing where nothing is whole.
    pub(super) fn choose(survey: &Survey) -> Option<Self> {
        let alone = good_snapshots(survey).map(|header| Self {
            snapshot: Some(header.revision),
            last: Some(header.revision),
            epochs: header.epochs.clone(),
            run: None,
            rescue: None,
            segments: 0..0,
        });
        let runs = (0..survey.runs.len()).filter_map(|run| Self::with_run(survey, run));
        let rescues = survey.rescues.iter().map(|rescue| Self {
            snapshot: Some(rescue.header.revision),
            last: last(&rescue.chain),
            epochs: rescue.chain.epochs.clone(),
            run: None,
            rescue: Some(rescue.clone()),
            segments: 0..0,
        });
        alone.chain(runs).chain(rescues).max_by_key(|plan| (plan.last, plan.run.is_some(), plan.rescue.is_none()))
    }

    /// What a run is good for, if something leads up to it.
    fn with_run(survey: &Survey, place: usize) -> Option<Self> {
        let run = survey.runs.get(place)?;
        let base = good_snapshots(survey).filter(|header| run.follows(header)).max_by_key(|header| header.revision);
        let mut epochs = run.chain.epochs.clone();
        if let Some(base) = base {
            epochs = base.epochs.clone();
            run.chain.epochs.starts().iter().for_each(|start| epochs.enter(start.epoch, start.revision));
        } else if !run.chain.from_beginning {
            return None;
        }
        let segments = run.from..run.from.saturating_add(run.segments);
        Some(Self {
            snapshot: base.map(|base| base.revision),
            last: last(&run.chain),
            epochs,
            run: Some(place),
            rescue: None,
            segments,
        })
    }

    /// Whether a snapshot fits what is kept.
    pub(super) fn keeps_snapshot(&self, survey: &Survey, header: &SnapshotHeader) -> bool {
        match self.run.and_then(|run| survey.runs.get(run)) {
            Some(run) => run.follows(header) || before(run.first, header) && run.chain.history == header.history,
            None => self.snapshot.is_some_and(|kept| header.revision <= kept) && self.same_history(survey, header),
        }
    }

    /// Whether a snapshot is of the history of the one that is kept alone.
    fn same_history(&self, survey: &Survey, header: &SnapshotHeader) -> bool {
        let kept = good_snapshots(survey).find(|kept| Some(kept.revision) == self.snapshot);
        kept.is_some_and(|kept| kept.history == header.history)
    }
}

/// The last revision of a log.
fn last(chain: &Chain) -> Option<Revision> {
    match chain.end.next {
        Some(next) => Revision::new(next.get().saturating_sub(1)),
        None => Revision::new(REVISION_MAX),
    }
}

/// Whether a snapshot is too old for a run that begins here: it is of no use there, and no harm.
fn before(first: Revision, header: &SnapshotHeader) -> bool {
    header.revision.get().saturating_add(1) < first.get()
}

pub(super) fn good_snapshots(survey: &Survey) -> impl Iterator<Item = &SnapshotHeader> {
    survey.snapshots.iter().filter_map(|snapshot| snapshot.header.as_ref())
}
