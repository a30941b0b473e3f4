//! A commit, or a gap, as a CloudEvent 1.0 for one hook.

use std::time::{Duration, SystemTime};

use serde::Serialize;
use serde_json::value::RawValue;
use tega_plugin::{Author, Change, Commit, Result, path};

use crate::settings::{Hook, Mode};

/// The version of CloudEvents.
const SPEC: &str = "1.0";

/// An event, ready to be sent as often as it takes: each time with the same id.
#[derive(Debug, PartialEq)]
pub(crate) struct Event {
    /// One for each commit and hook, in this database and any other.
    pub(crate) id: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

/// The attributes of an event, in the words of CloudEvents 1.0.
#[derive(Debug, Serialize)]
struct Attributes<'a> {
    specversion: &'static str,
    id: &'a str,
    source: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    datacontenttype: &'static str,
}

#[derive(Debug, Serialize)]
struct Structured<'a, T> {
    #[serde(flatten)]
    attributes: &'a Attributes<'a>,
    data: &'a T,
}

/// What is told of a commit, in the words of a watch.
#[derive(Debug, Serialize)]
struct Told<'a> {
    revision: u64,
    author: ToldAuthor<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    items: Vec<Item<'a>>,
}

#[derive(Debug, Serialize)]
struct ToldAuthor<'a> {
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    proven: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "lowercase")]
enum Item<'a> {
    Put {
        path: String,
        value: &'a RawValue,
    },
    Delete {
        path: String,
        /// What was removed, where it is known.
        #[serde(skip_serializing_if = "Option::is_none")]
        value: Option<&'a RawValue>,
    },
}

#[derive(Debug, Serialize)]
struct Gap {
    first: u64,
    last: u64,
}

/// A commit for a hook; none where the hook is not told of any of its changes.
pub(crate) fn of_commit(commit: &Commit, hook: &Hook, source: &str) -> Result<Option<Event>> {
    let changes: Vec<&Change> = commit.changes.iter().filter(|change| hook.hears_of(change.path())).collect();
    if changes.is_empty() {
        return Ok(None);
    }
    let attributes = Attributes {
        specversion: SPEC,
        // The time tells one database's commits from another's, and from those after a restore.
        id: &format!("{}-{}-{}", commit.revision, commit.time_us, hook.name),
        source,
        kind: "tega.commit",
        time: Some(time(commit.time_us)),
        subject: subject(&changes),
        datacontenttype: "application/json",
    };
    let data = Told {
        revision: commit.revision,
        author: author(&commit.author),
        message: commit.message.as_deref(),
        items: changes.into_iter().map(item).collect::<Result<_>>()?,
    };
    event(&attributes, &data, hook.mode).map(Some)
}

/// Commits that can't be told any more, for a hook.
pub(crate) fn of_gap(first: u64, last: u64, hook: &Hook, source: &str) -> Result<Event> {
    let attributes = Attributes {
        specversion: SPEC,
        id: &format!("gap-{first}-{last}-{}", hook.name),
        source,
        kind: "tega.gap",
        time: None,
        subject: None,
        datacontenttype: "application/json",
    };
    event(&attributes, &Gap { first, last }, hook.mode)
}

fn event<T: Serialize>(attributes: &Attributes<'_>, data: &T, mode: Mode) -> Result<Event> {
    let (headers, body) = match mode {
        Mode::Structured => {
            let headers = vec![("content-type", "application/cloudevents+json; charset=utf-8".to_owned())];
            (headers, serde_json::to_vec(&Structured { attributes, data })?)
        }
        Mode::Binary => (binary(attributes), serde_json::to_vec(data)?),
    };
    Ok(Event { id: attributes.id.to_owned(), headers, body })
}

fn binary(attributes: &Attributes<'_>) -> Vec<(&'static str, String)> {
    let fields = [
        ("ce-specversion", Some(attributes.specversion)),
        ("ce-id", Some(attributes.id)),
        ("ce-source", Some(attributes.source)),
        ("ce-type", Some(attributes.kind)),
        ("ce-time", attributes.time.as_deref()),
        ("ce-subject", attributes.subject.as_deref()),
    ];
    let written = fields.into_iter().filter_map(|(name, value)| Some((name, header(value?))));
    [("content-type", attributes.datacontenttype.to_owned())].into_iter().chain(written).collect()
}

/// A text as CloudEvents writes it in a header: what is no printable ASCII, blanks, quotes and percent signs as `%XX`
/// (HTTP protocol binding 1.0, section 3.1.3.2).
fn header(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut header, byte| {
        match byte {
            b'"' | b'%' => header.push_str(&format!("%{byte:02X}")),
            0x21..=0x7e => header.push(char::from(byte)),
            _ => header.push_str(&format!("%{byte:02X}")),
        }
        header
    })
}

/// The deepest node that is at or above all changes; none where they have not even the root in common.
fn subject(changes: &[&Change]) -> Option<String> {
    let (first, others) = changes.split_first()?;
    let common = others.iter().fold(first.path(), |common, change| {
        let same = common.iter().zip(change.path()).take_while(|(one, other)| one == other).count();
        common.get(..same).unwrap_or_default()
    });
    (!common.is_empty()).then(|| path::text(common))
}

fn item(change: &Change) -> Result<Item<'_>> {
    Ok(match change {
        Change::Put(put) => Item::Put { path: path::text(&put.path), value: serde_json::from_str(&put.value)? },
        Change::Delete(delete) => {
            let value = delete.removed.as_deref().map(serde_json::from_str).transpose()?;
            Item::Delete { path: path::text(&delete.path), value }
        }
    })
}

fn author(author: &Author) -> ToldAuthor<'_> {
    ToldAuthor { kind: author.kind.to_string(), name: author.name.as_deref(), proven: author.proven }
}

/// A time in the form of RFC 3339.
fn time(time_us: u64) -> String {
    let time = SystemTime::UNIX_EPOCH.checked_add(Duration::from_micros(time_us)).unwrap_or(SystemTime::UNIX_EPOCH);
    humantime::format_rfc3339_micros(time).to_string()
}

#[cfg(test)]
mod tests;
