//! Watchers that read, stall, are cut off and come back.

use std::sync::Arc;

use tega_engine::Engine;
use tokio::sync::watch;

use super::super::Server;
use super::naive::Set;
use super::random::Random;
use super::readers::{Direct, Events, Frames, oldest, position};
use super::record::{Began, Heard, Record};
use super::truth::Witness;

/// What a watcher has around it.
#[derive(Clone)]
pub(super) struct Around {
    pub(super) server: Arc<Server>,
    pub(super) witness: Witness,
    /// The revision up to which watchers go, once it is known; another commit follows it.
    pub(super) target: watch::Receiver<Option<u64>>,
}

/// What is watched, as text and as sets.
#[derive(Clone, Debug)]
pub(super) struct Watched {
    pub(super) texts: Vec<&'static str>,
    pub(super) sets: Vec<Set>,
    pub(super) is_present: bool,
}

/// A watch by one of two forms.
enum Reader {
    Direct(Box<Direct>),
    Events(Events),
}

impl Reader {
    async fn next(&mut self) -> Heard {
        match self {
            Self::Direct(direct) => direct.next().await,
            Self::Events(events) => events.next().await,
        }
    }
}

impl Around {
    fn engine(&self) -> &Engine {
        &self.server.engine
    }

    fn is_over(&self, revision: u64) -> bool {
        self.target.borrow().is_some_and(|target| revision >= target)
    }

    /// Reads nothing until so many commits more were made, or no more are.
    async fn stall(&self, commits: u64) {
        let mut target = self.target.clone();
        let until = self.witness.revision() + commits;
        tokio::select! {
            () = self.witness.sees(until) => {}
            ended = target.wait_for(Option::is_some) => drop(ended),
        }
    }

    async fn began(&self, after: u64, is_resumed: bool) -> Began {
        let present = self.engine().state().revision().0;
        Began { after, is_resumed, present, oldest: oldest(self.engine()).await }
    }
}

/// After which revision to come back: mostly the last one, or one of before; none where it is to begin anew.
fn back_at(record: &Record, random: &mut Random) -> Option<u64> {
    let known = record.known();
    match random.below(10) {
        0 => None,
        1..4 if !known.is_empty() => Some(*random.pick(&known)),
        _ => record.last(),
    }
}

/// Watches by a stream of events, or by the engine itself, to the end.
pub(super) async fn watch(around: Around, watched: Watched, by_events: bool, mut random: Random) -> Record {
    let form = if by_events { "events" } else { "engine" };
    // The engine tells what changes, and its users read what is there.
    let is_present = watched.is_present && by_events;
    let label = format!("{form} {:?} present {is_present}", watched.texts);
    let mut record = Record { label, sets: watched.sets.clone(), is_present, heard: Vec::new() };
    loop {
        let after = back_at(&record, &mut random);
        let began = around.began(after.unwrap_or(0), after.is_some()).await;
        let (mut reader, at) = if by_events {
            let patterns: Vec<String> = watched.texts.iter().map(|text| format!("pattern={}", encoded(text))).collect();
            let path = format!("/_watch?{}&present={}", patterns.join("&"), is_present);
            (Reader::Events(Events::begin(&around.server, &path, after).await), None)
        } else {
            let (direct, at) = Direct::begin(around.engine(), &watched.texts, after);
            if around.is_over(at) {
                // It began anew behind all that was to come.
                record.heard.push(Heard::Began(Began { after: at, ..began }));
                return record;
            }
            (Reader::Direct(Box::new(direct)), Some(at))
        };
        let mut begins = Some(began);
        for _ in 0..random.below(120) {
            let heard = reader.next().await;
            if let Some(began) = begins.take() {
                // A stream of events tells at once where it begins.
                let began_at = after.or(at).unwrap_or_else(|| heard.revision());
                record.heard.push(Heard::Began(Began { after: began_at, ..began }));
            }
            let revision = heard.revision();
            record.heard.push(heard);
            if around.is_over(revision) {
                return record;
            }
            if random.percent(3) {
                around.stall(u64::try_from(random.below(400)).unwrap()).await;
            }
        }
    }
}

/// Watches several channels by one session that resumes, to the end of all of them.
pub(super) async fn session(
    around: Around,
    name: String,
    channels: Vec<(Watched, &str)>,
    mut random: Random,
) -> Vec<Record> {
    let record = |(watched, form): &(Watched, &str)| Record {
        label: format!("{name} {:?} {form} present {}", watched.texts, watched.is_present),
        sets: watched.sets.clone(),
        is_present: watched.is_present,
        heard: Vec::new(),
    };
    let mut records: Vec<Record> = channels.iter().map(record).collect();
    loop {
        let mut frames = Frames::begin(&around.server, &format!("{name} local resume")).await;
        let mut begins = Vec::new();
        for ((watched, form), record) in channels.iter().zip(&records) {
            // By a session only who begins anew is told the nodes.
            let after = back_at(record, &mut random).filter(|_| !watched.is_present);
            begins.push(Some(around.began(after.unwrap_or(0), after.is_some()).await));
            let from = match after {
                Some(after) => format!(" {}", position(around.engine(), after)),
                None if watched.is_present => " present".to_owned(),
                None => String::new(),
            };
            frames.send(&format!("SUBSCRIBE {} local {form}{from}", watched.texts[0])).await;
        }
        for _ in 0..random.below(300) {
            let (channel, heard, is_beginning) = frames.next().await;
            let at = channels.iter().position(|(watched, _)| watched.texts[0] == channel).unwrap();
            let revision = heard.revision();
            if is_beginning {
                let began = begins[at].take().expect("it begins once");
                let after = if began.is_resumed { began.after } else { revision };
                records[at].heard.push(Heard::Began(Began { after, ..began }));
            } else {
                records[at].heard.push(heard);
            }
            if records.iter().all(|record| record.last().is_some_and(|last| around.is_over(last))) {
                return records;
            }
            if random.percent(2) {
                around.stall(u64::try_from(random.below(400)).unwrap()).await;
            }
        }
    }
}

/// The frames of an old session, to the last one.
pub(super) async fn old_session(around: Around, mut frames: Frames, mut random: Random) -> Vec<String> {
    let mut heard = Vec::new();
    // Two commits at the end hold this word, and no others do.
    while heard.iter().filter(|frame: &&String| frame.contains("\"end\"")).count() < 2 {
        heard.push(frames.text().await);
        if random.percent(2) {
            around.stall(u64::try_from(random.below(100)).unwrap()).await;
        }
    }
    heard
}

fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}
