//! `/_log`: the commits that the log holds.

use serde::Serialize;
use serde_json::value::RawValue;
use tega_engine::limits::LOG_PAGE_COMMITS_MAX;
use tega_engine::{Author, Listed, LogQuery, Revision, Touch};
use tega_tree::Pattern;

use super::asked::Asked;
use super::shown::{self, ShownChange, as_json};
use crate::answer::problem::{Kind, Problem};
use crate::answer::response::Response;
use crate::limits::PAGE_DEFAULT;
use crate::server::Server;

#[derive(Serialize)]
struct Page<'a> {
    commits: Vec<Shown<'a>>,
    /// Where the next page begins: `from=`, or `to=` where the newest come first.
    next: Option<u64>,
    /// The oldest revision that the log holds.
    oldest: u64,
}

#[derive(Serialize)]
struct Shown<'a> {
    revision: u64,
    epoch: u64,
    time: String,
    author: &'a Author,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    changes: Vec<ShownChange<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    effects: Vec<Box<RawValue>>,
}

impl<'a> From<&'a Listed> for Shown<'a> {
    fn from(listed: &'a Listed) -> Self {
        Self {
            revision: listed.revision.0,
            epoch: listed.epoch.get(),
            time: listed.time.to_string(),
            author: &listed.author,
            message: listed.message.as_deref(),
            changes: shown::changes(&listed.changes, &listed.author),
            effects: shown::effects(&listed.effects),
        }
    }
}

/// `GET /_log?path=`: the commits that touched a node, one above it or one below; of a pattern with `pattern=`, else all.
///
/// # Errors
/// Where an argument is wrong, or the log can't be read.
///
/// # Cancel safety
/// It leaves nothing.
pub(super) async fn list(server: &Server, asked: &Asked) -> Result<Response, Problem> {
    let touching = match (asked.args.text("path"), asked.args.text("pattern")) {
        (None, None) => None,
        (Some(_), None) => Some(Touch::Path(asked.path("path")?)),
        (None, Some(text)) => Some(Touch::Pattern(pattern(text)?)),
        (Some(_), Some(_)) => {
            let detail = "path= and pattern= both say which commits are meant: only one of them can";
            return Err(Problem::new(Kind::BadArgument, detail).with_fact("argument", "pattern"));
        }
    };
    let query = LogQuery {
        touching,
        from: asked.args.number("from")?.map(Revision),
        to: asked.args.number("to")?.map(Revision),
        newest_first: asked.flag("newest_first")?,
        limit: asked.limit(PAGE_DEFAULT, LOG_PAGE_COMMITS_MAX)?,
    };
    let page = server.engine.log(query).await?;
    Ok(as_json(&Page {
        commits: page.commits.iter().map(Shown::from).collect(),
        next: page.next.map(|revision| revision.0),
        oldest: page.oldest.0,
    }))
}

/// Reads a pattern.
///
/// # Errors
/// Where it is none.
pub(super) fn pattern(text: &str) -> Result<Pattern, Problem> {
    Pattern::parse(text)
        .map_err(|error| Problem::new(Kind::BadArgument, error.to_string()).with_fact("argument", "pattern"))
}
