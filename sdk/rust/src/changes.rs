//! The changes of a commit on its way in, as a transform or a guard gets them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;

use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::error::{Error, Rejection, Result};
use crate::path::{self, Path};
use crate::raw::transform::exports::tega::plugin::transform::Edit;
use crate::raw::types::{Author, Change};
use crate::tree;

/// The changes of one commit that match the plugin's patterns, in order, and who makes it.
///
/// It is a list of [`Change`]s; a transform may edit its puts.
///
/// ```
/// use tega_plugin::{Author, AuthorKind, Change, Changes, Put, Rejection, path};
///
/// /// Writes the names of devices in lower case, and refuses empty ones.
/// fn lower(changes: &mut Changes) -> Result<(), Rejection> {
///     changes.each(&["inventory", "*", "name"], |_, value| {
///         let name = value.as_str().filter(|name| !name.is_empty()).ok_or("a device has a name")?;
///         *value = name.to_lowercase().into();
///         Ok(())
///     })
/// }
///
/// // So a transform is tested without a daemon.
/// let author = Author { kind: AuthorKind::Client, name: None, proven: false };
/// let put = |value: &str| Change::Put(Put { path: path!["inventory", "ne1"], value: value.into() });
/// let mut changes = Changes::new(vec![put(r#"{"mtu":1.50,"name":"NE1"}"#)], author.clone());
/// lower(&mut changes).unwrap();
/// assert_eq!(changes.into_edits()[0].value, r#"{"mtu":1.50,"name":"ne1"}"#);
///
/// let refused = lower(&mut Changes::new(vec![put(r#"{"name":""}"#)], author)).unwrap_err();
/// assert_eq!(refused.reason, "inventory.ne1.name: a device has a name");
/// ```
#[derive(Clone, Debug)]
pub struct Changes {
    changes: Vec<Change>,
    edited: BTreeSet<usize>,
    author: Author,
}

impl Changes {
    /// Takes over changes as the contract has them.
    pub fn new(changes: Vec<Change>, author: Author) -> Self {
        Self { changes, edited: BTreeSet::new(), author }
    }

    /// Who makes the commit.
    pub fn author(&self) -> &Author {
        &self.author
    }

    /// Gives the put at `index` another value.
    ///
    /// # Errors
    ///
    /// [`ErrorCode::Invalid`](crate::ErrorCode::Invalid) where there is no put at `index`.
    pub fn edit(&mut self, index: usize, value: &(impl Serialize + ?Sized)) -> Result<()> {
        let Some(Change::Put(put)) = self.changes.get_mut(index) else {
            return Err(Error::invalid(format!("change {index} is no put")));
        };
        put.value = serde_json::to_string(value)?;
        self.edited.insert(index);
        Ok(())
    }

    /// Shows `judge` each value that the commit writes to a node of a pattern, whether it is put there itself or with a
    /// node above it: `&["inventory", "*", "mac"]` finds the addresses in a put of the whole `inventory` too. What
    /// `judge` makes of the value is what will be stored; all else in the put keeps its bytes. A rejection without a
    /// place gets the node as its place, and before its reason.
    ///
    /// A change *below* such a node shows it as it would be then, and can't be edited.
    ///
    /// # Errors
    ///
    /// The rejection of `judge`, or one that says what could not be read.
    pub fn each(
        &mut self,
        pattern: &[&str],
        mut judge: impl FnMut(&[String], &mut Value) -> Result<(), Rejection>,
    ) -> Result<(), Rejection> {
        for (index, change) in self.changes.iter_mut().enumerate() {
            if !path::fits(change.path(), pattern) {
                continue;
            }
            match change {
                change if change.path().len() > pattern.len() => {
                    show_from_below(&change.path()[..pattern.len()], &mut judge)?;
                }
                Change::Put(put) => {
                    let below = &pattern[put.path.len()..];
                    if let Some(value) = rewritten(&mut put.path.clone(), below, &put.value, &mut judge)? {
                        put.value = value;
                        self.edited.insert(index);
                    }
                }
                Change::Delete(_) => {}
            }
        }
        Ok(())
    }

    /// The edits as the contract wants them.
    pub fn into_edits(self) -> Vec<Edit> {
        let Self { changes, edited, .. } = self;
        let edits = changes.into_iter().enumerate().filter(|(index, _)| edited.contains(index));
        edits
            .filter_map(|(index, change)| match change {
                Change::Put(put) => Some(Edit { index: u32::try_from(index).ok()?, value: put.value }),
                Change::Delete(_) => None,
            })
            .collect()
    }
}

impl Deref for Changes {
    type Target = [Change];

    fn deref(&self) -> &[Change] {
        &self.changes
    }
}

/// Shows the candidate's value of a node, which the change at hand can't set.
fn show_from_below(
    node: &[String],
    judge: &mut impl FnMut(&[String], &mut Value) -> Result<(), Rejection>,
) -> Result<(), Rejection> {
    let Some(value) = tree::get::<Value>(node)? else { return Ok(()) };
    let mut judged = value.clone();
    show(node, &mut judged, judge)?;
    match judged == value {
        true => Ok(()),
        false => Err(Rejection::new(format!("{}: can only be written whole", path::text(node))).at(node)),
    }
}

/// The JSON text of a put after `judge` saw each node that `below` finds in it; none where it stays as it is.
fn rewritten(
    path: &mut Path,
    below: &[&str],
    json: &str,
    judge: &mut impl FnMut(&[String], &mut Value) -> Result<(), Rejection>,
) -> Result<Option<String>, Rejection> {
    let Some((wanted, below)) = below.split_first() else {
        let value: Value = serde_json::from_str(json)?;
        let mut judged = value.clone();
        show(path, &mut judged, judge)?;
        return Ok((judged != value).then(|| judged.to_string()));
    };
    // A leaf has nothing below it.
    let Ok(mut members) = serde_json::from_str::<BTreeMap<String, Box<RawValue>>>(json) else { return Ok(None) };
    let mut changed = false;
    for (name, member) in members.iter_mut().filter(|(name, _)| *wanted == "*" || *name == wanted) {
        path.push(name.clone());
        if let Some(json) = rewritten(path, below, member.get(), judge)? {
            *member = RawValue::from_string(json)?;
            changed = true;
        }
        path.pop();
    }
    match changed {
        true => Ok(Some(serde_json::to_string(&members)?)),
        false => Ok(None),
    }
}

fn show(
    node: &[String],
    value: &mut Value,
    judge: &mut impl FnMut(&[String], &mut Value) -> Result<(), Rejection>,
) -> Result<(), Rejection> {
    judge(node, value).map_err(|rejection| match rejection.place {
        Some(_) => rejection,
        None => Rejection::new(format!("{}: {}", path::text(node), rejection.reason)).at(node),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AuthorKind, Delete, Put};

    fn changes(puts: &[(&[&str], &str)]) -> Changes {
        let put =
            |(path, value): &(&[&str], &str)| Change::Put(Put { path: path::owned(path), value: (*value).into() });
        let author = Author { kind: AuthorKind::Client, name: None, proven: false };
        Changes::new(puts.iter().map(put).collect(), author)
    }

    fn lower_case(changes: &mut Changes) -> Result<(), Rejection> {
        changes.each(&["inventory", "*", "mac"], |_, value| {
            *value = value.as_str().ok_or("is no text")?.to_lowercase().into();
            Ok(())
        })
    }

    fn edits(changes: Changes) -> Vec<(u32, String)> {
        changes.into_edits().into_iter().map(|edit| (edit.index, edit.value)).collect()
    }

    #[test]
    fn a_value_is_found_in_a_put_at_or_above_its_node() {
        let mut changes = changes(&[
            (&["inventory", "ne1", "mac"], r#""AA""#),
            (&["inventory", "ne2"], r#"{"mac":"BB","name":"NE2"}"#),
            (&["inventory"], r#"{"ne3":{"mac":"CC"},"ne4":{"mac":"dd"},"ne5":5}"#),
        ]);
        lower_case(&mut changes).unwrap();
        let whole = r#"{"ne3":{"mac":"cc"},"ne4":{"mac":"dd"},"ne5":5}"#;
        let expected = [(0, r#""aa""#), (1, r#"{"mac":"bb","name":"NE2"}"#), (2, whole)];
        assert_eq!(edits(changes), expected.map(|(index, value)| (index, value.to_owned())));
    }

    #[test]
    fn what_is_beside_an_edited_value_keeps_its_bytes() {
        let mut changes =
            changes(&[(&["inventory", "ne1"], r#"{"big": 12345678901234567890123, "mac": "AA", "x": [1.10 ]}"#)]);
        lower_case(&mut changes).unwrap();
        let expected = r#"{"big":12345678901234567890123,"mac":"aa","x":[1.10 ]}"#;
        assert_eq!(edits(changes), [(0, expected.to_owned())]);
    }

    #[test]
    fn what_stays_as_it_is_is_no_edit() {
        let mut changes = changes(&[(&["inventory", "ne1", "mac"], r#" "aa""#), (&["other"], r#""AA""#)]);
        lower_case(&mut changes).unwrap();
        assert_eq!(edits(changes), []);
    }

    #[test]
    fn a_rejection_names_the_node() {
        let mut changes = changes(&[(&["inventory"], r#"{"ne1":{"mac":5}}"#)]);
        assert_eq!(
            lower_case(&mut changes),
            Err(Rejection::new("inventory.ne1.mac: is no text").at(&["inventory", "ne1", "mac"]))
        );
    }

    #[test]
    fn only_a_put_can_be_edited() {
        let path = path::owned(&["inventory"]);
        let author = Author { kind: AuthorKind::Client, name: None, proven: false };
        let mut changes = Changes::new(vec![Change::Delete(Delete { path, removed: None })], author);
        assert_eq!(changes.edit(0, "x"), Err(Error::invalid("change 0 is no put")));
        lower_case(&mut changes).unwrap();
    }
}
