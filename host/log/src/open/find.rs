//! Walks through the segments behind a snapshot, and says whether the log can go on from there; only reads.

#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::error::Error;

use super::{Loader, Options, load::Loaded};
use crate::{
    archive::Extent,
    error::{FaultKind, OpenError},
    ids::{Offset, Revision},
    line::SnapshotHeader,
    names::snapshot_file_name,
    read::{Apply, Chain, Record, Stop, Walk, Walked, read_header, tail},
    segment::Source,
    storage::{Storage, StorageFile},
};

/// What the segments told.
#[derive(Debug)]
pub(super) struct Found<F> {
    /// The log as far as it was read; nothing where there is no whole header.
    pub(super) chain: Option<Chain>,
    /// The segments, but the last, and their sizes.
    pub(super) earlier: Vec<Extent>,
    /// The segment before the last one, and its end, where it was walked through.
    pub(super) before: Option<(Source<F>, Offset)>,
    /// The last segment.
    pub(super) last: Option<Last<F>>,
}

/// The last segment.
#[derive(Debug)]
pub(super) struct Last<F> {
    pub(super) source: Source<F>,
    /// Where its last good record ends.
    pub(super) end: Offset,
    /// Whether something stands behind that, or nothing is good.
    pub(super) torn: bool,
}

/// Walks through the segments, those that end before a snapshot by header only, and hands out what is behind it.
pub(super) fn walk<S: Storage, L: Loader>(
    storage: &S,
    segments: &[Revision],
    base: Option<&SnapshotHeader>,
    loader: &mut L,
) -> Result<Found<S::File>, OpenError> {
    let mut found = Found { chain: None, earlier: Vec::new(), before: None, last: None };
    let Some((last, earlier)) = segments.split_last() else { return Ok(found) };
    let mut apply = |record: Record<'_>| -> Result<(), Box<dyn Error + Send + Sync>> { loader.commit(record) };
    let apply: &mut Apply<'_> = &mut apply;
    let mut walk = Walk::new(apply, base);
    // The segment that holds the snapshot's revision, or the first one.
    let holder = base.and_then(|base| segments.iter().rev().find(|first| **first <= base.revision));
    for first in earlier {
        let mut source = Source::open(storage, *first)?;
        let bytes = Offset::new(source.file.length().map_err(source.failed("read"))?);
        found.earlier.push(Extent { first: *first, bytes });
        if let (Some(holder), Some(base)) = (holder, base)
            && first < holder
        {
            check_header(&mut source, base)?;
            continue;
        }
        let Walked { end, stop, .. } = walk.segment(&mut source);
        match stop {
            None => found.before = Some((source, end)),
            Some(Stop::Broken(damage)) => return Err(source.damaged(end, damage)),
            Some(Stop::Wrong(offset, kind)) => return Err(OpenError::at(source.path, offset, kind)),
        }
    }
    let mut source = Source::open(storage, *last)?;
    source.settle()?;
    let Walked { end, stop, .. } = walk.segment(&mut source);
    let torn = match stop {
        None => false,
        Some(Stop::Wrong(offset, kind)) => return Err(OpenError::at(source.path, offset, kind)),
        Some(Stop::Broken(damage)) => {
            let judged = tail::judge(&mut source, end, damage, walk.end()).map_err(source.failed("read"))?;
            if let Some(damage) = judged {
                return Err(source.damaged(end, damage));
            }
            true
        }
    };
    found.last = Some(Last { source, end, torn });
    found.chain = walk.chain;
    Ok(found)
}

/// Looks at a segment whose commits the snapshot all holds.
fn check_header<F: StorageFile>(source: &mut Source<F>, base: &SnapshotHeader) -> Result<(), OpenError> {
    let header = read_header(source).map_err(source.failed("read"))?;
    let wrong = match header {
        Ok(header) if header.history == base.history => return Ok(()),
        Ok(header) => FaultKind::OtherHistory { expected: base.history.clone(), found: header.history },
        Err(kind) => kind,
    };
    Err(OpenError::at(source.path.clone(), Offset::ZERO, wrong))
}

/// Refuses to go on where segments or snapshots are missing.
pub(super) fn check<S: Storage>(
    storage: &S,
    options: &Options,
    segments: &[Revision],
    loaded: &Loaded,
    found: &Found<S::File>,
) -> Result<(), OpenError> {
    let Some(base) = &loaded.base else {
        let first = segments.first().copied();
        let too_old = loaded.too_old;
        return match (&found.chain, &options.origin, loaded.faults.first()) {
            (Some(chain), ..) if chain.from_beginning => Ok(()),
            // Nothing is whole.
            (None, _, Some(fault)) => {
                let (file, offset, damage) = (fault.file.clone(), fault.offset, fault.damage);
                Err(OpenError::Damaged { file, offset, damage })
            }
            // Nothing was ever in the log.
            (None, None, None) if too_old.is_none() => Err(OpenError::NoLog { folder: storage.path("") }),
            (None, Some(origin), None) if too_old.is_none() && first.is_none_or(|first| first == origin.revision) => {
                Ok(())
            }
            _ => {
                let (first, newest, faults) = (first.unwrap_or(Revision::FIRST), too_old, loaded.faults.clone());
                Err(OpenError::NoSnapshot { folder: storage.path(""), first, newest, faults })
            }
        };
    };
    let next = match (&found.chain, segments.last()) {
        (Some(chain), _) => chain.end.next,
        // The one segment there is was only being made.
        (None, Some(first)) => Some(*first),
        (None, None) => return Ok(()),
    };
    let file = || storage.path(&snapshot_file_name(base.revision));
    match next {
        Some(next) if next <= base.revision => {
            Err(OpenError::SegmentsMissing { file: file(), revision: base.revision, next })
        }
        _ => Ok(()),
    }
}
