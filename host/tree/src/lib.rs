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

mod draft;
mod json;
pub mod limits;
mod map;
mod name;
mod node;
mod number;
mod path;
mod pattern;
mod syntax;
mod tree;
mod value;

pub use draft::{Change, ChangeError, Draft};
pub use json::JsonError;
pub use name::Name;
pub use node::{Children, Container, Content, Node};
pub use number::Number;
pub use path::{Path, ReadPath, Step};
pub use pattern::{Pattern, PatternError};
pub use syntax::PathError;
pub use tree::{Found, Root, Tree, Version};
pub use value::Value;
