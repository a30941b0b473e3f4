//! Random calls against a plain list.

use proptest::prelude::*;
use tega_log::{Ending, Epoch, storage::fake::FakeStorage};

use crate::support::{open, options};

#[derive(Clone, Debug)]
enum Call {
    Append(Vec<usize>),
    Sync,
    BeginEpoch(u64),
    CloseAndOpen,
    DropAndOpen,
    PowerCut(u64),
}

fn call() -> impl Strategy<Value = Call> {
    prop_oneof![
        6 => prop::collection::vec(1_usize..900, 0..5).prop_map(Call::Append),
        3 => Just(Call::Sync),
        1 => (1_u64..3).prop_map(Call::BeginEpoch),
        1 => Just(Call::CloseAndOpen),
        1 => Just(Call::DropAndOpen),
        1 => any::<u64>().prop_map(Call::PowerCut),
    ]
}

proptest! {
    #[test]
    fn the_log_is_the_list_of_what_was_appended(calls in prop::collection::vec(call(), 0..60), segment_bytes_max in 1_u64..4000) {
        let options = options(segment_bytes_max);
        let mut storage = FakeStorage::new(0);
        let (mut log, mut list, mut synced) = (open(storage.clone(), &options).unwrap().0.log, Vec::new(), 0);
        for call in calls {
            let appended = list.len();
            let (reopened, ending) = match call {
                Call::Append(lengths) => {
                    let payload = |(place, length): (usize, &usize)| format!("{:01$}", appended + place, length);
                    let batch: Vec<_> = lengths.iter().enumerate().map(payload).collect();
                    let first = log.append(&batch).unwrap();
                    prop_assert_eq!(first.get(), appended as u64 + 1);
                    list.extend(batch);
                    continue;
                }
                Call::Sync => {
                    log.sync().unwrap();
                    synced = appended;
                    continue;
                }
                Call::BeginEpoch(more) => {
                    log.begin_epoch(Epoch::new(log.epoch().get() + more)).unwrap();
                    synced = appended;
                    continue;
                }
                Call::CloseAndOpen => {
                    log.close().unwrap();
                    synced = appended;
                    (storage.clone(), Some(Ending::Clean))
                }
                Call::DropAndOpen => {
                    synced = appended;
                    (storage.clone(), None)
                }
                Call::PowerCut(seed) => (storage.power_cut(seed), None),
            };
            storage = reopened;
            let (opened, found) = open(storage.clone(), &options).unwrap();
            prop_assert!(found.len() >= synced && list.starts_with(&found));
            prop_assert!(ending.is_none_or(|ending| ending == opened.ending));
            (log, list, synced) = (opened.log, found.clone(), found.len());
        }
    }
}
