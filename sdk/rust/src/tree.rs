//! The tree. All reads of one call see one state, with the call's own writes in it.
//!
//! What a call writes is committed as one when it returns well, and dropped when it fails. A transform or a guard reads
//! the *candidate*, the commit as it would be made, and can't write.

use std::collections::VecDeque;
use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, Result};
use crate::path::{self, Path};
use crate::raw::lifecycle::tega::plugin::tree;

/// How many names or nodes are asked for at once: few enough that a page of small values stays small.
const PAGE: u32 = 256;

/// The value at a path, with all that is below it; none where there is nothing.
///
/// ```no_run
/// use serde::Deserialize;
/// use tega_plugin::tree;
///
/// #[derive(Deserialize)]
/// struct Device {
///     name: String,
///     #[serde(default)] // Clients may leave it out.
///     mtu: u32,
/// }
///
/// # fn example() -> tega_plugin::Result<()> {
/// let device: Option<Device> = tree::get(&["inventory", "ne1"])?;
/// let mtu = tree::get(&["inventory", "ne1", "mtu"])?.unwrap_or(1500);
/// # let _: (Option<Device>, u32) = (device, mtu);
/// # Ok(())
/// # }
/// ```
///
/// Clients may put there whatever they like: a value of another form is an error here, so a plugin that is to go on all the
/// same reads a [`serde_json::Value`].
///
/// # Errors
///
/// [`ErrorCode::Denied`](crate::ErrorCode::Denied) where reading is not granted;
/// [`ErrorCode::Failed`](crate::ErrorCode::Failed) where the value is no `T`.
pub fn get<T: DeserializeOwned>(path: &[impl AsRef<str>]) -> Result<Option<T>> {
    get_json(path)?.map(|json| parse(path, &json)).transpose()
}

/// The value at a path as JSON text: for what is only passed on; its numbers are as they were written.
///
/// # Errors
///
/// [`ErrorCode::Denied`](crate::ErrorCode::Denied) where reading is not granted.
pub fn get_json(path: &[impl AsRef<str>]) -> Result<Option<String>> {
    tree::get(&path::owned(path)).map_err(Error::from_raw)
}

/// The value at a path as it was at a version of the path's root: from 0 on, or negative, so many versions back from the
/// present one (`-1`: before the last change of the root). None where there was nothing then.
///
/// ```no_run
/// # fn example() -> tega_plugin::Result<()> {
/// let before: Option<u32> = tega_plugin::tree::get_at(&["inventory", "ne1", "mtu"], -1)?;
/// # let _ = before;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// As [`get`], and [`ErrorCode::NotFound`](crate::ErrorCode::NotFound) where that version is not kept any more.
pub fn get_at<T: DeserializeOwned>(path: &[impl AsRef<str>], version: i64) -> Result<Option<T>> {
    let json = tree::get_at(&path::owned(path), version).map_err(Error::from_raw)?;
    json.map(|json| parse(path, &json)).transpose()
}

/// The names of the container at a path, in order of their bytes, fetched as they are used. A leaf has none.
///
/// ```no_run
/// # fn devices() -> tega_plugin::Result<()> {
/// for name in tega_plugin::tree::names(&["inventory"]) {
///     tega_plugin::log::info(name?);
/// }
/// # Ok(())
/// # }
/// ```
pub fn names(path: &[impl AsRef<str>]) -> Names {
    Names { path: path::owned(path), page: VecDeque::new(), after: None, more: true }
}

/// The nodes that a pattern matches, in order of their names' bytes, fetched as they are used. A pattern is text:
/// `inventory.*.mac`, with `*` for any one name, `**` at the end for everything below, `~"[a-z]+"` for a regular
/// expression.
///
/// ```no_run
/// # fn example() -> tega_plugin::Result<()> {
/// for found in tega_plugin::tree::find::<u32>("inventory.*.mtu") {
///     let found = found?;
///     tega_plugin::log::info(format_args!("{}: {}", found.path[1], found.value));
/// }
/// # Ok(())
/// # }
/// ```
///
/// A value that is no `T` is an error in its place; what comes after it is still found.
pub fn find<T: DeserializeOwned>(pattern: &str) -> Find<T> {
    Find { pattern: pattern.to_owned(), page: VecDeque::new(), after: None, more: true, value: PhantomData }
}

/// Replaces the node at a path whole; parents that are missing are made.
///
/// ```no_run
/// use serde_json::json;
/// use tega_plugin::{own, tree};
///
/// # fn example() -> tega_plugin::Result<()> {
/// tree::put(&["inventory", "ne1"], &json!({"name": "edge router", "mtu": 1500}))?; // granted in `write`
/// tree::put(&own(&["seen", "ne1"]), &true)?; // below the plugin's own node it always may
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`ErrorCode::Denied`](crate::ErrorCode::Denied) where writing is not granted,
/// [`ErrorCode::Conflict`](crate::ErrorCode::Conflict) below a leaf.
pub fn put(path: &[impl AsRef<str>], value: &(impl Serialize + ?Sized)) -> Result<()> {
    put_json(path, &serde_json::to_string(value)?)
}

/// Replaces the node at a path with a value given as JSON text.
///
/// # Errors
///
/// As [`put`].
pub fn put_json(path: &[impl AsRef<str>], json: &str) -> Result<()> {
    tree::put(&path::owned(path), json).map_err(Error::from_raw)
}

/// Replaces the node at a path with an *ephemeral* one: it goes when the plugin ends, or the daemon, and the log never
/// holds its value. For what is true only now, such as that somebody is connected. A new version of the plugin keeps it.
///
/// # Errors
///
/// As [`put`], and [`ErrorCode::Conflict`](crate::ErrorCode::Conflict) where others have put something.
pub fn put_ephemeral(path: &[impl AsRef<str>], value: &(impl Serialize + ?Sized)) -> Result<()> {
    tree::put_ephemeral(&path::owned(path), &serde_json::to_string(value)?).map_err(Error::from_raw)
}

/// Changes the node at a path as RFC 7396 (JSON Merge Patch) says: members that are null go, others are merged.
///
/// ```no_run
/// use serde_json::json;
///
/// # fn example() -> tega_plugin::Result<()> {
/// // The mtu is set, the note goes, all else stays.
/// tega_plugin::tree::merge(&["inventory", "ne1"], &json!({"mtu": 9000, "note": null}))?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// As [`put`].
pub fn merge(path: &[impl AsRef<str>], patch: &(impl Serialize + ?Sized)) -> Result<()> {
    tree::merge(&path::owned(path), &serde_json::to_string(patch)?).map_err(Error::from_raw)
}

/// Removes the node at a path and what is below it.
///
/// # Errors
///
/// [`ErrorCode::NotFound`](crate::ErrorCode::NotFound) where there is none,
/// [`ErrorCode::Denied`](crate::ErrorCode::Denied) where writing is not granted.
pub fn delete(path: &[impl AsRef<str>]) -> Result<()> {
    tree::delete(&path::owned(path)).map_err(Error::from_raw)
}

/// The names of a container; made by [`names`].
#[derive(Debug)]
pub struct Names {
    path: Path,
    page: VecDeque<String>,
    after: Option<String>,
    more: bool,
}

impl Iterator for Names {
    type Item = Result<String>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.page.is_empty() && self.more {
            self.more = false;
            match tree::names(&self.path, self.after.as_deref(), PAGE) {
                Ok(page) => {
                    self.more = page.more;
                    self.after = page.names.last().cloned();
                    self.page = page.names.into();
                }
                Err(error) => return Some(Err(Error::from_raw(error))),
            }
        }
        self.page.pop_front().map(Ok)
    }
}

/// A node that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Found<T> {
    /// Where it is.
    pub path: Path,
    /// Its value.
    pub value: T,
}

/// The nodes that a pattern matches; made by [`find`].
#[derive(Debug)]
pub struct Find<T> {
    pattern: String,
    page: VecDeque<tree::Found>,
    after: Option<Path>,
    more: bool,
    value: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> Iterator for Find<T> {
    type Item = Result<Found<T>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.page.is_empty() && self.more {
            self.more = false;
            match tree::find(&self.pattern, self.after.as_deref(), PAGE) {
                Ok(page) => {
                    self.more = page.more;
                    self.after = page.nodes.last().map(|node| node.path.clone());
                    self.page = page.nodes.into();
                }
                Err(error) => return Some(Err(Error::from_raw(error))),
            }
        }
        let node = self.page.pop_front()?;
        Some(parse(&node.path, &node.value).map(|value| Found { path: node.path, value }))
    }
}

fn parse<T: DeserializeOwned>(path: &[impl AsRef<str>], json: &str) -> Result<T> {
    serde_json::from_str(json).map_err(|error| Error::failed(format!("{}: {error}", path::text(path))))
}
