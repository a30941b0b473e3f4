//! Every truncation and every single bit flip of small logs, held against a rule worked out from the text alone.

use tega_log::{OpenError, limits, storage::fake::FakeStorage};

use crate::support::{Files, HISTORY, Random, Segment, open, open_files, options, segment_name};

/// A log of three segments in which every kind of record stands, as it was when it was written, and its payloads.
fn log(stopped: bool) -> (Files, Vec<String>) {
    let mut random = Random(7);
    let storage = FakeStorage::new(0);
    let mut payloads = Vec::new();
    for run in 0..3 {
        let (mut opened, _) = open(storage.clone(), &options(700)).unwrap();
        for _ in 0..4 {
            let payload = |items| format!("[{}{{}}]", r#"{"a":{}},"#.repeat(items));
            let batch: Vec<_> = (0..=random.below(3)).map(|_| payload(random.small(8))).collect();
            opened.log.append(&batch).unwrap();
            payloads.extend(batch);
            if random.below(3) > 0 {
                opened.log.sync().unwrap();
            }
        }
        if run == 0 || (stopped && run == 2) {
            opened.log.close().unwrap();
        }
    }
    (storage.files(), payloads)
}

/// A line of the last segment: where it begins, and what it says.
#[derive(Debug)]
struct Line {
    at: usize,
    synced: usize,
    commit: bool,
    stop: bool,
}

fn lines(text: &str) -> Vec<Line> {
    let mut at = 0;
    let mut found = Vec::new();
    for line in text.lines() {
        let record: serde_json::Value = serde_json::from_str(line).unwrap();
        let synced = usize::try_from(record["synced"].as_u64().unwrap()).unwrap();
        found.push(Line { at, synced, commit: record.get("commit").is_some(), stop: record.get("stop").is_some() });
        at += line.len() + 1;
    }
    found
}

/// The name and the lines of the last segment, and how many commits stand before it.
fn last_segment(files: &Files) -> (String, Vec<Line>, usize) {
    let (name, bytes) = files.last_key_value().unwrap();
    let first: usize = name["log-".len()..name.len() - ".jsonl".len()].parse().unwrap();
    (name.clone(), lines(str::from_utf8(bytes).unwrap()), first - 1)
}

#[test]
fn the_logs_that_are_flipped_hold_every_kind_of_record() {
    for stopped in [false, true] {
        let (files, payloads) = log(stopped);
        assert!(files.len() >= 3 && payloads.len() >= 15, "{} {}", files.len(), payloads.len());
        let all: String = files.values().map(|bytes| str::from_utf8(bytes).unwrap()).collect();
        for kind in ["segment", "commit", "start", "stop"] {
            assert!(all.contains(&format!("\"{kind}\":")), "{kind}");
        }
        let (_, lines, _) = last_segment(&files);
        assert!(lines.iter().filter(|line| line.commit).count() >= 2, "{lines:?}");
        assert_eq!(lines.last().unwrap().stop, stopped);
        assert_eq!(open_files(&files).unwrap().1, payloads);
    }
}

#[test]
fn every_truncation_of_the_last_segment_leaves_the_records_before_it() {
    let mut count = 0;
    for stopped in [false, true] {
        let (files, payloads) = log(stopped);
        let (name, lines, before) = last_segment(&files);
        let whole = &files[&name];
        for length in 0..whole.len() {
            let mut files = files.clone();
            files.insert(name.clone(), whole[..length].to_vec());
            let (mut opened, found) = open_files(&files).unwrap();
            let ends = lines.iter().skip(1).map(|line| line.at).chain([whole.len()]);
            let commits = ends.zip(&lines).filter(|(end, line)| *end <= length && line.commit).count();
            assert_eq!(found, payloads[..before + commits], "cut to {length}");
            let on_a_boundary = length > 0 && lines.iter().any(|line| line.at == length);
            assert_eq!(opened.torn.is_none(), on_a_boundary, "cut to {length}");
            opened.log.append(&["1"]).unwrap();
            count += 1;
        }
    }
    println!("{count} truncations of the last segment");
}

#[test]
fn every_truncation_of_an_earlier_segment_is_refused() {
    let mut count = 0;
    let (files, _) = log(true);
    let (last, _, _) = last_segment(&files);
    for (name, whole) in files.iter().filter(|(name, _)| **name != last) {
        for length in 0..whole.len() {
            let mut files = files.clone();
            files.insert(name.clone(), whole[..length].to_vec());
            let error = open_files(&files).unwrap_err();
            assert!(
                matches!(error, OpenError::Damaged { .. } | OpenError::Gap { .. }),
                "{name} cut to {length}: {error}"
            );
            count += 1;
        }
    }
    println!("{count} truncations of earlier segments");
}

/// What must come of a broken byte in the last segment: the number of commits read, or nothing where it is refused.
fn expected(lines: &[Line], length: usize, byte: usize) -> Option<usize> {
    let broken = lines.iter().rposition(|line| line.at <= byte).unwrap();
    let at = lines[broken].at;
    let known_synced = lines[broken + 1..].iter().any(|line| line.synced > at);
    let after_stop = broken > 0 && lines[broken - 1].stop && (length - at) as u64 > limits::START_BYTES_MAX;
    let commits = lines[..broken].iter().filter(|line| line.commit).count();
    (!known_synced && !after_stop).then_some(commits)
}

#[test]
fn every_bit_flip_is_refused_or_leaves_only_what_was_before_it() {
    let (mut refused, mut cut) = (0, 0);
    for stopped in [false, true] {
        let (files, payloads) = log(stopped);
        let (last, lines, before) = last_segment(&files);
        for (name, whole) in &files {
            for bit in 0..whole.len() * 8 {
                let byte = bit / 8;
                let mut flipped = files.clone();
                flipped.get_mut(name).unwrap()[byte] ^= 1 << (bit % 8);
                let kept = if *name == last { expected(&lines, whole.len(), byte) } else { None };
                let storage = FakeStorage::with_files(0, flipped.clone());
                match (open(storage.clone(), &options(700)), kept) {
                    (Ok((opened, found)), Some(commits)) => {
                        assert_eq!(found, payloads[..before + commits], "{name} bit {bit}");
                        let torn = opened.torn.unwrap();
                        let at = usize::try_from(torn.offset.get()).unwrap();
                        assert!(at <= byte && at + usize::try_from(torn.bytes).unwrap() == whole.len());
                        let kept = storage.files().into_iter().find(|(name, _)| name.starts_with("torn-")).unwrap().1;
                        assert_eq!(kept, flipped[name][at..]);
                        cut += 1;
                    }
                    (Err(OpenError::Damaged { file, offset, .. }), None) => {
                        assert!(file.ends_with(name) && offset.get() <= byte as u64, "{name} bit {bit}: {offset}");
                        assert_eq!(storage.files(), flipped, "nothing was changed");
                        refused += 1;
                    }
                    (result, kept) => panic!("{name} bit {bit}: {kept:?} commits expected, found {result:?}"),
                }
            }
        }
    }
    println!("{refused} bit flips refused, {cut} cut off");
}

#[test]
fn random_damage_never_shows_a_payload_that_was_not_written_there() {
    let (mut refused, mut cut) = (0, 0);
    for seed in 0..20_000 {
        let mut random = Random(seed);
        let (mut files, payloads) = if seed == 0 { log(true) } else { LOG.with(Clone::clone) };
        let names: Vec<_> = files.keys().cloned().collect();
        let name = &names[random.place(names.len())];
        let bytes = files.get_mut(name).unwrap();
        for _ in 0..=random.small(4) {
            let at = random.place(bytes.len());
            let until = (at + 1 + random.small(600)).min(bytes.len());
            match random.below(4) {
                0 => bytes[at..until].fill(0),
                1 => bytes[at..until].iter_mut().for_each(|byte| *byte = random.next().to_le_bytes()[0]),
                2 => drop(bytes.drain(at..until)),
                _ => bytes.extend_from_within(at..until),
            }
            if bytes.is_empty() {
                break;
            }
        }
        match open_files(&files) {
            Ok((_, found)) => {
                assert!(payloads.starts_with(&found), "seed {seed}: {found:?}");
                cut += 1;
            }
            Err(OpenError::Damaged { .. } | OpenError::Gap { .. }) => refused += 1,
            Err(error) => panic!("seed {seed}: {error}"),
        }
    }
    println!("{refused} random damages refused, {cut} cut off");
}

thread_local! {
    static LOG: (Files, Vec<String>) = log(true);
}

#[test]
fn a_lone_commit_behind_a_flipped_header_is_never_taken_for_a_torn_header() {
    let header = Segment::begin(HISTORY, 0, 1, 0);
    let whole = header.clone().commit(header.len(), "1").text.into_bytes();
    for bit in 0..header.len() * 8 {
        let mut bytes = whole.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let error = open_files(&Files::from([(segment_name(1), bytes)])).unwrap_err();
        assert!(matches!(error, OpenError::Damaged { .. }), "bit {bit}: {error}");
    }
}
