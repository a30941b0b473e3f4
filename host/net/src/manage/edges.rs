//! `/_edges`: the tree as a list of links, for who draws it.

use std::io::{self, Write};
use std::sync::Arc;

use http::header::CONTENT_TYPE;
use tega_engine::{State, Which};
use tega_tree::{Name, Node, Path, Version};

use super::asked::Asked;
use crate::answer::problem::{Kind, Problem};
use crate::answer::response::{Body, JSON, Response};
use crate::answer::streamed::streamed;
use crate::request::which::kept;
use crate::server::Server;

/// `GET /_edges?root_oid=&old_roots=`: `[["r(1)","r.a(0)"],["r.a(0)","r(1)"]]`, two entries for each link, from parent to child and
/// from the child to the parent that it had last, depth first; of all roots where none is named, with the states that are kept
/// where `old_roots` is true.
///
/// # Errors
/// Where there is no such root.
///
/// # Cancel safety
/// The writing ends when nobody reads any more.
pub(super) fn list(server: &Server, asked: &Asked) -> Result<Response, Problem> {
    let state = server.engine.state();
    let roots: Vec<Name> = match asked.args.text("root_oid") {
        None => state.tree.roots().map(|(name, _)| name.clone()).collect(),
        Some(_) => vec![existing(&state, &asked.root("root_oid")?)?],
    };
    let with_old = asked.flag("old_roots")?;
    let (mut chunks, body) = streamed(server.options.write_stall_ms_max);
    let mut response = Response::new(Body::Right(body));
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    tokio::task::spawn_blocking(move || {
        if write(&state, &roots, with_old, &mut chunks).is_ok() {
            // Nobody reads any more.
            let _ = chunks.finish();
        }
    });
    Ok(response)
}

fn existing(state: &Arc<State>, root: &Path) -> Result<Name, Problem> {
    let name = root.root();
    let exists = state.tree.root(name).is_some_and(|root| root.node().is_some());
    let absent =
        || Problem::new(Kind::NotFound, format!("there is no root {root}")).with_fact("path", root.to_string());
    exists.then(|| name.clone()).ok_or_else(absent)
}

fn write(state: &State, roots: &[Name], with_old: bool, out: &mut impl Write) -> io::Result<()> {
    let mut edges = Edges { out, is_first: true };
    edges.out.write_all(b"[")?;
    for root in roots {
        edges.of_root(root, state.tree.root(root).and_then(|root| root.node()), &[])?;
    }
    for root in roots.iter().filter(|_| with_old) {
        let past =
            kept(state, root).into_iter().filter_map(|version| state.root_at(root, &Which::Version(version)).ok());
        let past: Vec<Node> = past.filter_map(|then| then.node).collect();
        let present = state.tree.root(root).and_then(|root| root.node());
        let states: Vec<&Node> = past.iter().chain(present).collect();
        for (index, then) in past.iter().enumerate() {
            edges.of_root(root, Some(then), states.get(index + 1..).unwrap_or_default())?;
        }
    }
    edges.out.write_all(b"]")
}

struct Edges<'w, W> {
    out: &'w mut W,
    is_first: bool,
}

impl<W: Write> Edges<'_, W> {
    /// Writes a state of a root; `later` are those that came after it.
    fn of_root(&mut self, name: &Name, node: Option<&Node>, later: &[&Node]) -> io::Result<()> {
        node.map_or(Ok(()), |node| self.below(&name.to_string(), node, later))
    }

    /// Writes what is below a node; `later` is what was at its place in later states. The parent that a child knows is the one that
    /// it had last: states share what did not change.
    fn below(&mut self, path: &str, node: &Node, later: &[&Node]) -> io::Result<()> {
        let Some(container) = node.container() else { return Ok(()) };
        for (name, child) in container {
            let child_path = format!("{path}.{name}");
            let has_it = |parent: &&Node| parent.child(name).is_some_and(|other| other.version() == child.version());
            let last = later.partition_point(has_it).checked_sub(1).and_then(|last| later.get(last).copied());
            let lower = end(&child_path, child.version());
            self.write(&end(path, node.version()), &lower)?;
            self.write(&lower, &end(path, last.unwrap_or(node).version()))?;
            if child.container().is_some() {
                let later: Vec<&Node> = later.iter().filter_map(|parent| parent.child(name)).collect();
                self.below(&child_path, child, &later)?;
            }
        }
        Ok(())
    }

    fn write(&mut self, from: &str, to: &str) -> io::Result<()> {
        let separator = if std::mem::take(&mut self.is_first) { "" } else { "," };
        self.out.write_all(separator.as_bytes())?;
        serde_json::to_writer(&mut *self.out, &[from, to]).map_err(io::Error::from)
    }
}

fn end(path: &str, version: Version) -> String {
    format!("{path}({version})")
}
