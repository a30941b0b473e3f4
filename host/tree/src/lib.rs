//! The tree: paths, values, patterns and the persistent tree itself.
//!
//! Invariant: pure; no I/O, no clock, no thread, no async.
//!
//! | module | what it holds |
//! |---|---|
//! | [`limits`] | how long, wide and deep things may be |
//! | `name`, `path`, `syntax` | a node's name, where a node is, and both as text |
//! | `number`, `value`, `json` | a JSON value, and its way from and to text |
//! | `map` | the persistent ordered map under every container |
//! | `node`, `tree` | nodes with versions, and the roots they hang from |
//! | `draft` | changes made to a tree aside, before they count |
//! | `pattern` | sets of paths |
//! | `diff`, `restore`, `removed` | what differs between two states of a node, the changes back, and what a change took away |
//! | `image`, `edit` | a node's exact form as text, with versions and flags, and what turns one state of it into another |
//! | `weight` | what a node takes in memory |

mod diff;
mod draft;
mod edit;
mod image;
mod json;
pub mod limits;
mod map;
mod name;
mod node;
mod number;
mod path;
mod pattern;
mod removed;
mod restore;
mod syntax;
#[cfg(test)]
mod testing;
mod tree;
mod value;
mod weight;

pub use diff::{Difference, differences, json_patch, visit_differences};
pub use draft::{Change, ChangeError, Draft};
pub use edit::{EditError, Editor, edits};
pub use image::ImageError;
pub use json::JsonError;
pub use map::{Differing, Iter, Map};
pub use name::Name;
pub use node::{Children, Container, Content, Node};
pub use number::Number;
pub use path::{Path, ReadPath, Step};
pub use pattern::{Pattern, PatternError};
pub use removed::{Removed, write_removed};
pub use restore::restoring;
pub use syntax::PathError;
pub use tree::{Found, Root, Tree, Version};
pub use value::Value;
