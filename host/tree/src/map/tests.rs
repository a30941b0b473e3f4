//! The map against a plain one.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::Name;

fn assert_same(map: &Map<Name, u32>, model: &BTreeMap<String, u32>) {
    assert_eq!(map.len(), model.len());
    assert!(map.iter().map(|(name, value)| (name.as_str(), value)).eq(model.iter().map(|(n, v)| (n.as_str(), v))));
}

#[test]
fn a_deep_map_finds_all_that_it_lists_whatever_came_and_went() {
    for seed in 1u32..60 {
        let (mut map, mut model) = (Map::new(), BTreeMap::new());
        let mut random = seed;
        let mut next = |below: u32| {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (random >> 8) % below
        };
        for _ in 0..200 {
            // Runs of neighbours come and go, so that whole pages do.
            let (start, length, remove) = (next(4_000), next(200), next(2) == 0);
            for key in start..start + length {
                let name = format!("{key:05}");
                if remove {
                    assert_eq!(map.remove(name.as_str()), model.remove(&name), "seed {seed}: remove {name}");
                } else {
                    assert_eq!(map.insert(Name::from(name.as_str()), key), model.insert(name, key), "seed {seed}");
                }
            }
        }
        assert_same(&map, &model);
        assert!(model.keys().all(|name| map.get(name.as_str()).is_some()), "seed {seed}");
    }
}

proptest! {
    #[test]
    fn a_map_does_what_a_plain_one_does_and_old_clones_stay_as_they_were(
        steps in prop::collection::vec((0u32..400, 0u32..3), 1..2_000)
    ) {
        let (mut map, mut model) = (Map::new(), BTreeMap::new());
        let mut kept = Vec::new();
        for (index, (key, what)) in steps.into_iter().enumerate() {
            let name = format!("n{key}");
            match what {
                0 => prop_assert_eq!(map.remove(name.as_str()), model.remove(&name)),
                1 => prop_assert_eq!(map.get_mut(name.as_str()).map(|v| { *v += 1; *v }), model.get_mut(&name).map(|v| { *v += 1; *v })),
                _ => prop_assert_eq!(map.insert(Name::from(name.as_str()), key), model.insert(name.clone(), key)),
            }
            prop_assert_eq!(map.get(name.as_str()), model.get(&name));
            prop_assert_eq!(
                map.iter_after(name.as_str()).next().map(|(n, _)| n.as_str()),
                model.range::<str, _>((std::ops::Bound::Excluded(name.as_str()), std::ops::Bound::Unbounded)).next().map(|(n, _)| n.as_str())
            );
            if index % 300 == 0 {
                kept.push((map.clone(), model.clone()));
            }
        }
        kept.push((map, model));
        for (map, model) in &kept {
            assert_same(map, model);
        }
    }
}

#[test]
fn a_sorted_list_becomes_a_map_that_can_be_changed() {
    for len in [0u32, 1, 32, 33, 1_024, 1_025, 5_000] {
        let model: BTreeMap<String, u32> = (0..len).map(|n| (format!("{n:05}"), n)).collect();
        let mut map = Map::from_sorted(model.iter().map(|(n, v)| (Name::from(n.as_str()), *v)).collect());
        assert_same(&map, &model);
        for name in model.keys() {
            assert!(map.remove(name.as_str()).is_some(), "{name} of {len}");
        }
        assert_eq!((map.len(), map.iter().count()), (0, 0));
    }
}

/// The keys that differ between two maps, found by looking at all.
fn differing_slowly(left: &Map<u32, u32>, right: &Map<u32, u32>) -> Vec<u32> {
    let keys: BTreeSet<u32> = left.iter().chain(right).map(|(key, _)| *key).collect();
    keys.into_iter().filter(|key| left.get(key) != right.get(key)).collect()
}

proptest! {
    #[test]
    fn sorted_lists_are_added_behind_or_in_between(
        lists in prop::collection::vec((0u32..4_000, prop::collection::btree_set(0u32..3_000, 0..1_500)), 1..8), ascending: bool
    ) {
        let (mut map, mut model, mut kept) = (Map::new(), BTreeMap::new(), Vec::new());
        for (offset, list) in lists {
            let base = if ascending { model.last_key_value().map_or(0, |(key, _): (&u32, _)| key + 1) } else { offset };
            let entries: Vec<(u32, u32)> = list.into_iter().map(|key| (base + key, offset)).collect();
            model.extend(entries.clone());
            map.extend_sorted(entries);
            kept.push((map.clone(), model.clone()));
        }
        for (map, model) in kept {
            prop_assert!(map.iter().eq(model.iter()));
            prop_assert!(model.iter().all(|(key, value)| map.get(key) == Some(value)) && map.len() == model.len());
        }
    }

    #[test]
    fn what_differs_between_two_states_is_found_without_what_they_share(
        first in 0u32..3_000,
        runs in prop::collection::vec((0u32..3_000, 1u32..150, 0u32..3, any::<bool>()), 1..12),
    ) {
        let mut left: Map<u32, u32> = (0..first).map(|key| (key * 2, key)).collect();
        let mut right = left.clone();
        for (start, length, what, on_left) in runs {
            let map = if on_left { &mut left } else { &mut right };
            for key in start..start + length {
                match what {
                    0 => drop(map.remove(&key)),
                    _ => drop(map.insert(key, key + what)),
                }
            }
        }
        let told: Vec<_> = left.differing(&right).collect();
        prop_assert!(told.is_sorted_by(|one, next| one.0 < next.0));
        prop_assert!(told.iter().all(|(key, was, is)| *was == left.get(key) && *is == right.get(key)));
        let differ: Vec<u32> = told.iter().filter(|(_, was, is)| was != is).map(|(key, _, _)| **key).collect();
        prop_assert_eq!(differ, differing_slowly(&left, &right));
    }

    #[test]
    fn the_ends_and_the_greatest_key_up_to_one_are_found(steps in prop::collection::vec((0u32..900, 0u32..3), 1..2_500), key in 0u32..900) {
        let (mut map, mut model) = (Map::new(), BTreeMap::new());
        for (start, what) in steps {
            if what == 0 {
                (start..start + 40).for_each(|key| assert_eq!(map.remove(&key), model.remove(&key)));
            } else {
                prop_assert_eq!(map.insert(start, what), model.insert(start, what));
            }
        }
        prop_assert_eq!(map.first(), model.first_key_value());
        prop_assert_eq!(map.last(), model.last_key_value());
        prop_assert_eq!(map.last_at(&key), model.range(..=key).next_back());
        prop_assert_eq!(map.last_below(&key), model.range(..key).next_back());
        prop_assert_eq!(map.is_empty(), model.is_empty());
    }
}

#[test]
fn a_change_among_many_is_found_in_a_few_pages_also_where_pages_split() {
    let before: Map<u32, u32> = (0..200_000).map(|key| (key * 2, key)).collect();
    for change in [vec![77_777], (100_000..100_200).collect(), vec![1, 399_999], vec![400_001]] {
        let mut after = before.clone();
        for key in &change {
            after.insert(*key, 0);
        }
        let told = before.differing(&after).count();
        assert!(told <= 2 * change.len() + 130, "{told} for {change:?}");
        let told = after.differing(&before).count();
        assert!(told <= 2 * change.len() + 130, "{told} for {change:?}");
    }
    assert_eq!(before.differing(&before.clone()).count(), 0);
    assert_eq!(before.differing(&Map::new()).count(), 200_000);
}

#[test]
fn no_page_is_left_empty_and_the_last_entry_before_a_page_is_found() {
    let full: Map<u32, ()> = (0..4_096).map(|key| (key, ())).collect();
    for gone in [0..1_024, 1_024..2_048, 1_024..1_025, 1_000..3_000, 3_072..4_096, 0..4_095] {
        let mut map = full.clone();
        for key in gone.clone() {
            assert_eq!(map.remove(&key), Some(()));
        }
        let there = |keys: std::ops::Range<u32>| keys.rev().find(|key| !gone.contains(key));
        for key in [0, gone.start, gone.end - 1, gone.end, 4_000] {
            assert_eq!(map.last_at(&key).map(|(key, ())| *key), there(0..4_096.min(key + 1)), "{gone:?}");
            assert_eq!(map.last_below(&key).map(|(key, ())| *key), there(0..key), "{gone:?}");
        }
        assert_eq!(map.first().map(|(key, ())| *key), (0..4_096).find(|key| !gone.contains(key)), "{gone:?}");
        assert_eq!(map.last().map(|(key, ())| *key), there(0..4_096), "{gone:?}");
    }
}
