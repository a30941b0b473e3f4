//! Edits: texts that turn one state of a root's node into another exactly, with versions and flags.
//!
//! A text is a JSON array of edits. Members come in the order in which they stand here; PATH is the dotted form in a string, NODE
//! and CHILD are those of a node's [image](crate::Node::write_image).
//!
//! | edit | |
//! |---|---|
//! | `{"at":PATH,"node":NODE}` | makes or replaces the node; its parent is a container and stays as it is |
//! | `{"at":PATH,"nodes":{NAME:CHILD,..}}` | makes or replaces children of a container; a bare CHILD has the container's version |
//! | `{"at":PATH,"gone":[NAME,..]}` | takes children out of a container |
//! | `{"at":ROOT,"gone":true}` | takes the root's node away |
//! | `{"at":PATH,"version":VERSION,"implied":BOOLEAN}` | stamps a container anew and leaves its children |

mod editor;
mod texts;
mod writer;

pub use editor::{EditError, Editor};
pub use writer::edits;

#[cfg(test)]
mod tests;
