//! `/_edges`: the tree as a list of links, for who draws it.

use std::io::{self, Write};
use std::sync::Arc;

use http::header::CONTENT_TYPE;
use tega_engine::{State, Which};
use tega_tree::{Name, Node, Path, Version};

use super::asked::Asked;
use super::past::kept;
use crate::problem::{Kind, Problem};
use crate::response::{Body, JSON, Response};
use crate::server::Server;
use crate::streamed::streamed;

/// `GET /_edges?root_oid=&old_roots=`: `[["r(1)","r.a(0)"],["r.a(0)","r(1)"]]`, two entries for each link, depth first; of all
/// roots where none is named, with the states that are kept where `old_roots` is true.
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
        edges.of_root(root, state.tree.root(root).and_then(|root| root.node()))?;
    }
    for root in roots.iter().filter(|_| with_old) {
        for version in kept(state, root) {
            let then = state.root_at(root, &Which::Version(version)).ok();
            edges.of_root(root, then.as_ref().and_then(|then| then.node.as_ref()))?;
        }
    }
    edges.out.write_all(b"]")
}

struct Edges<'w, W> {
    out: &'w mut W,
    is_first: bool,
}

impl<W: Write> Edges<'_, W> {
    fn of_root(&mut self, name: &Name, node: Option<&Node>) -> io::Result<()> {
        node.map_or(Ok(()), |node| self.below(&name.to_string(), node))
    }

    fn below(&mut self, path: &str, node: &Node) -> io::Result<()> {
        let Some(container) = node.container() else { return Ok(()) };
        for (name, child) in container {
            let child_path = format!("{path}.{name}");
            self.write(&[end(path, node.version()), end(&child_path, child.version())])?;
            self.below(&child_path, child)?;
        }
        Ok(())
    }

    /// Writes a link from its upper end to its lower, and back.
    fn write(&mut self, [upper, lower]: &[String; 2]) -> io::Result<()> {
        for link in [[upper, lower], [lower, upper]] {
            let separator = if std::mem::take(&mut self.is_first) { "" } else { "," };
            self.out.write_all(separator.as_bytes())?;
            serde_json::to_writer(&mut *self.out, &link).map_err(io::Error::from)?;
        }
        Ok(())
    }
}

fn end(path: &str, version: Version) -> String {
    format!("{path}({version})")
}
