//! Data: GET, PUT and DELETE of the node at a path.

use http::{Method, Request};
use hyper::body::Incoming;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tega_engine::{Condition, Transaction};
use tega_tree::{ChangeError, Path, ReadPath, Tree, Value, Version};

use crate::accept::Peer;
use crate::args::Args;
use crate::problem::{Kind, Problem};
use crate::response::{self, Response};
use crate::server::Server;
use crate::{body, rpc};

/// The HTTP methods of a path.
pub(crate) const VERBS: &str = "GET, HEAD, PUT, DELETE";

/// What a segment of a URL may hold as it is.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'%').add(b'%');

/// Answers a request for a path.
///
/// # Errors
/// [`Problem`]; nothing was changed then, unless it says otherwise.
///
/// # Cancel safety
/// Dropped, a write may or may not be made.
pub(crate) async fn answer(server: &Server, peer: &Peer, request: Request<Incoming>) -> Result<Response, Problem> {
    let (head, body) = request.into_parts();
    let args = Args::parse(head.uri.query())?;
    let path = head.uri.path();
    match head.method {
        Method::GET | Method::HEAD => get(server, path, &args),
        Method::PUT => {
            let path = ReadPath::parse_url(path)?.into_path()?;
            let asked = Asked::read(&args)?;
            let value = Value::from_json(&body::read(server, peer, body).await?)?;
            // Begun only now: until the body is there, much may change.
            let mut transaction = asked.begin(server, &path)?;
            transaction.put(path, value)?;
            server.engine.commit(transaction).await?;
            Ok(response::empty())
        }
        Method::DELETE => {
            let path = ReadPath::parse_url(path)?.into_path()?;
            let mut transaction = Asked::read(&args)?.begin(server, &path)?;
            transaction.delete(path).map_err(|error| missing_or(error, transaction.candidate()))?;
            server.engine.commit(transaction).await?;
            Ok(response::empty())
        }
        _ => Err(Problem::wrong_verb("a path", VERBS)),
    }
}

fn get(server: &Server, path: &str, args: &Args) -> Result<Response, Problem> {
    args.refuse("version")?;
    args.refuse_flag("internal")?;
    args.refuse_flag("regex_flag")?;
    let path = ReadPath::parse_url(path)?;
    let state = server.engine.state();
    let found = state.tree.find(&path).ok_or_else(|| nothing_at(&path, &state.tree))?;
    let mut text = Vec::new();
    found.write_json(&mut text);
    Ok(response::json(text))
}

/// What the arguments of a write ask for.
struct Asked<'a> {
    /// The version that the node must have.
    expected: Option<Version>,
    /// Who says to write it.
    name: Option<&'a str>,
    /// Why.
    message: Option<&'a str>,
}

impl<'a> Asked<'a> {
    fn read(args: &'a Args) -> Result<Self, Problem> {
        args.refuse("txid")?;
        args.refuse_flag("ephemeral")?;
        let expected = args.number("version")?.filter(|version| *version > 0).map(Version);
        Ok(Self { expected, name: rpc::name(args)?, message: args.text("message") })
    }

    /// Begins the transaction of the write.
    fn begin(self, server: &Server, path: &Path) -> Result<Transaction, Problem> {
        let mut transaction = server.engine.begin(server.engine.sessions().author(self.name));
        if let Some(version) = self.expected {
            transaction.expect(Condition::Version { path: path.clone(), expected: version })?;
        }
        if let Some(message) = self.message {
            transaction.set_message(message.to_owned())?;
        }
        Ok(transaction)
    }
}

fn missing_or(error: tega_engine::CommitError, tree: &Tree) -> Problem {
    match error {
        tega_engine::CommitError::Change(ChangeError::NotFound { path }) => nothing_at(&path.into(), tree),
        other => other.into(),
    }
}

/// There is nothing at a path; where it was nearly one that is there, that one is named.
fn nothing_at(path: &ReadPath, tree: &Tree) -> Problem {
    let problem = |detail| Problem::new(Kind::NotFound, detail).with_fact("path", path.to_string());
    match tree.near_miss(path) {
        None => problem(format!("there is nothing at {path}")),
        Some(meant) => {
            let url = url_of(&meant);
            problem(format!("there is nothing at {path}; did you mean {url} ({meant})?"))
                .with_fact("did_you_mean", serde_json::json!({ "url": url, "path": meant.to_string() }))
        }
    }
}

/// A path as it stands in a URL.
fn url_of(path: &Path) -> String {
    path.iter().map(|name| format!("/{}", utf8_percent_encode(&name.to_string(), SEGMENT))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_written_as_a_url_is_read_back() {
        for text in
            [r#"hosts."10.0.0.1".name"#, r#"a."b c"."é/%\"?#".d~e_f-g"#, r#""*"."(x=1)"."#.trim_end_matches('.')]
        {
            let path = Path::parse(text).unwrap();
            let url = url_of(&path);
            assert!(url.is_ascii() && !url.contains([' ', '"', '?', '#']), "{url}");
            assert_eq!(ReadPath::parse_url(&url).unwrap().into_path().unwrap(), path, "{url}");
        }
        assert_eq!(url_of(&Path::parse(r#"hosts."10.0.0.1".name"#).unwrap()), "/hosts/%2210.0.0.1%22/name");
    }
}
