//! A commit as a line of the log: JSON that a person can read. docs/formats/log.md draws it.
//!
//! Invariant: a record says what happened, path by path; reading it back decides nothing.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use tega_tree::{Change, JsonError, Path, PathError, Value};

use crate::{Author, AuthoredChange, Effect, Ephemeral, Owner, Revision};

/// A record that no tega of this version wrote.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// It is not of the form of a record.
    #[error("it is not of the form of a record")]
    Form(#[from] serde_json::Error),
    /// A path in it is none.
    #[error("a path in it is none")]
    Path(#[from] PathError),
    /// A value in it is none.
    #[error("a value in it is none")]
    Value(#[from] JsonError),
    /// A change is neither a put nor a delete.
    #[error("change {index} is neither a put with its value, nor a delete, nor of an ephemeral node")]
    Change {
        /// Its place, from 0.
        index: usize,
    },
    /// A change in it does not fit the tree.
    #[error("a change in it does not fit the tree")]
    Misfit(#[from] tega_tree::ChangeError),
    /// It has another number than its place in the log.
    #[error("it says it is revision {found} where revision {expected} belongs")]
    Revision {
        /// The revision that belongs there.
        expected: Revision,
        /// The revision it says.
        found: Revision,
    },
}

/// What the log keeps of a commit.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) revision: Revision,
    pub(crate) time: Timestamp,
    pub(crate) author: Arc<Author>,
    pub(crate) message: Option<String>,
    pub(crate) changes: Vec<AuthoredChange>,
    pub(crate) effects: Vec<Effect>,
    /// How many commits in a row led to it, each made in answer to the one before.
    pub(crate) hops: u32,
}

#[derive(Serialize)]
struct Head<'a> {
    revision: Revision,
    time: Timestamp,
    author: &'a Author,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    #[serde(skip_serializing_if = "is_zero")]
    hops: u32,
}

fn is_zero(hops: &u32) -> bool {
    *hops == 0
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'a> {
    revision: Revision,
    time: Timestamp,
    author: Author,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    hops: u32,
    #[serde(borrow)]
    changes: Vec<LineChange<'a>>,
    #[serde(default)]
    effects: Vec<Effect>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LineChange<'a> {
    #[serde(default, borrow)]
    put: Option<Cow<'a, str>>,
    #[serde(default, borrow, deserialize_with = "some_value")]
    value: Option<&'a RawValue>,
    #[serde(default, borrow)]
    delete: Option<Cow<'a, str>>,
    #[serde(default, borrow)]
    ephemeral: Option<Cow<'a, str>>,
    #[serde(default)]
    owner: Option<String>,
    #[serde(default)]
    parents: usize,
    #[serde(default, borrow)]
    removed: Option<&'a RawValue>,
    #[serde(default)]
    by: Option<Author>,
}

/// A value that is there, `null` included.
fn some_value<'de, D: Deserializer<'de>>(reader: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(reader).map(Some)
}

impl Record {
    /// Writes the record as one line, without its end.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let head = Head {
            revision: self.revision,
            time: self.time,
            author: &self.author,
            message: self.message.as_deref(),
            hops: self.hops,
        };
        let mut line = json(&head);
        line.pop();
        line.extend_from_slice(b",\"changes\":[");
        for (index, authored) in self.changes.iter().enumerate() {
            if index > 0 {
                line.push(b',');
            }
            self.encode_change(authored, &mut line);
        }
        line.push(b']');
        if !self.effects.is_empty() {
            line.extend_from_slice(b",\"effects\":");
            line.extend(json(&self.effects));
        }
        line.push(b'}');
        line
    }

    fn encode_change(&self, authored: &AuthoredChange, line: &mut Vec<u8>) {
        match (&authored.change, &authored.ephemeral) {
            (_, Some(Ephemeral { path, owner })) => {
                line.extend_from_slice(b"{\"ephemeral\":");
                line.extend(json(&path.to_string()));
                line.extend_from_slice(b",\"owner\":");
                line.extend(json(&*owner.name));
            }
            (Change::Put { path, value }, None) => {
                line.extend_from_slice(b"{\"put\":");
                line.extend(json(&path.to_string()));
                line.extend_from_slice(b",\"value\":");
                value.write_json(line);
            }
            (Change::Delete { path, parents }, None) => {
                line.extend_from_slice(b"{\"delete\":");
                line.extend(json(&path.to_string()));
                if *parents > 0 {
                    line.extend_from_slice(b",\"parents\":");
                    line.extend(json(parents));
                }
            }
        }
        if let Some(removed) = &authored.removed {
            line.extend_from_slice(b",\"removed\":");
            line.extend_from_slice(removed.as_bytes());
        }
        if authored.author != self.author {
            line.extend_from_slice(b",\"by\":");
            line.extend(json(&*authored.author));
        }
        line.push(b'}');
    }

    /// Reads a record that stands at the place of a revision.
    pub(crate) fn decode(line: &[u8], expected: Revision) -> Result<Self, RecordError> {
        let line: Line<'_> = serde_json::from_slice(line)?;
        if line.revision != expected {
            return Err(RecordError::Revision { expected, found: line.revision });
        }
        let author = Arc::new(line.author);
        let changes = line
            .changes
            .into_iter()
            .enumerate()
            .map(|(index, change)| change.decode(index, &author))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            revision: line.revision,
            time: line.time,
            author,
            message: line.message,
            changes,
            effects: line.effects,
            hops: line.hops,
        })
    }
}

impl LineChange<'_> {
    fn decode(self, index: usize, author: &Arc<Author>) -> Result<AuthoredChange, RecordError> {
        let mut ephemeral = None;
        let change = match (self.put, self.value, self.delete, self.ephemeral.zip(self.owner)) {
            (Some(path), Some(value), None, None) => {
                Change::Put { path: Path::parse_written(&path)?, value: Value::from_json(value.get().as_bytes())? }
            }
            (None, None, Some(path), None) => {
                Change::Delete { path: Path::parse_written(&path)?, parents: self.parents }
            }
            (None, None, None, Some((path, owner))) => {
                let path = Path::parse_written(&path)?;
                // Of a session of a run before: none of this one has that number.
                let owner = Owner { session: 0, name: owner.into() };
                ephemeral = Some(Ephemeral { path: path.clone(), owner });
                Change::Put { path, value: Value::Null }
            }
            _ => return Err(RecordError::Change { index }),
        };
        let author = self.by.map_or_else(|| Arc::clone(author), Arc::new);
        let removed = self.removed.map(|removed| Arc::from(removed.get()));
        Ok(AuthoredChange { change, author, removed, ephemeral })
    }
}

fn json<T: Serialize + ?Sized>(part: &T) -> Vec<u8> {
    // Strings, numbers and structs of them: nothing here can fail to be written.
    serde_json::to_vec(part).unwrap_or_default()
}

#[cfg(test)]
mod tests;
