//! `/_rpc` and `/_rpc/METHOD`: a call of a method.

use http::{Method, Request};
use hyper::body::Incoming;
use tega_engine::Arguments;
use tega_engine::limits::CHANNEL_BYTES_MAX;
use tega_tree::{Path, ReadPath, Value};

use crate::answer::problem::{Kind, Problem};
use crate::answer::response::{self, Response};
use crate::command::Command;
use crate::request::args::Args;
use crate::request::body;
use crate::server::Server;
use crate::server::accept::Peer;

/// Answers a call with `{"result": ..}`.
///
/// # Errors
/// [`Problem`]; nothing that the call did stays.
///
/// # Cancel safety
/// Dropped, what the call did may or may not be committed.
pub(crate) async fn answer(server: &Server, peer: &Peer, request: Request<Incoming>) -> Result<Response, Problem> {
    let (head, body) = request.into_parts();
    if head.method != Method::POST {
        return Err(Problem::wrong_verb("/_rpc", Command::Rpc.verbs()));
    }
    let args = Args::parse(head.uri.query())?;
    let path = Path::parse(args.required("path")?)?;
    let caller = server.engine.sessions().author(name(&args)?);
    let arguments = arguments(&body::read(server, peer, body).await?)?;
    let result = server.engine.call(&path, arguments, caller).await?;
    Ok(response::json(format!(r#"{{"result": {result}}}"#)))
}

/// The same for a method that is named in the URL: the body is an object of its named arguments, or nothing.
///
/// # Errors
/// As [`answer`].
///
/// # Cancel safety
/// As [`answer`].
pub(crate) async fn answer_named(
    server: &Server,
    peer: &Peer,
    request: Request<Incoming>,
) -> Result<Response, Problem> {
    let (head, body) = request.into_parts();
    let args = Args::parse(head.uri.query())?;
    let named_in = head.uri.path().strip_prefix("/_").unwrap_or_default();
    let method = Command::Call.segment_of(named_in).unwrap_or_default();
    let path = ReadPath::parse_url(&format!("/{method}"))?.into_path()?;
    let caller = server.engine.sessions().author(name(&args)?);
    let arguments = named(&body::read(server, peer, body).await?)?;
    let result = server.engine.call(&path, arguments, caller).await?;
    Ok(response::json(format!(r#"{{"result": {result}}}"#)))
}

/// The name of who sends a request, where it gives one.
///
/// # Errors
/// Where the name is too long.
pub(crate) fn name(args: &Args) -> Result<Option<&str>, Problem> {
    let name = args.text("tega_id");
    if let Some(name) = name.filter(|name| name.len() > CHANNEL_BYTES_MAX) {
        let detail = format!("a tega_id of {} bytes is over the limit of {CHANNEL_BYTES_MAX}", name.len());
        return Err(Problem::new(Kind::BadArgument, detail).with_fact("limit", CHANNEL_BYTES_MAX));
    }
    Ok(name)
}

/// Reads `{"args": [..], "kwargs": {..}}`; both may be left out or null, and so may all of it.
pub(crate) fn arguments(body: &[u8]) -> Result<Arguments, Problem> {
    let mut arguments = Arguments { positional: "[]".to_owned(), named: "{}".to_owned() };
    if body.trim_ascii().is_empty() {
        return Ok(arguments);
    }
    let wrong = |detail: &str| Problem::new(Kind::BadArguments, detail);
    let Value::Object(members) = Value::from_json(body)? else {
        return Err(wrong(r#"the body is not an object of the form {"args": [..], "kwargs": {..}}"#));
    };
    for (name, value) in members.iter() {
        match (name.as_str(), value) {
            ("args" | "kwargs", Value::Null) => {}
            ("args", Value::Array(_)) => arguments.positional = value.to_json(),
            ("kwargs", Value::Object(_)) => arguments.named = value.to_json(),
            ("args", _) => return Err(wrong("`args` is not an array")),
            ("kwargs", _) => return Err(wrong("`kwargs` is not an object")),
            (other, _) => {
                return Err(wrong(&format!(
                    "the body has {other:?} in it, where only `args` and `kwargs` have a meaning"
                )));
            }
        }
    }
    Ok(arguments)
}

/// Reads an object of named arguments; nothing is none.
fn named(body: &[u8]) -> Result<Arguments, Problem> {
    let positional = "[]".to_owned();
    if body.trim_ascii().is_empty() {
        return Ok(Arguments { positional, named: "{}".to_owned() });
    }
    match Value::from_json(body)? {
        named @ Value::Object(_) => Ok(Arguments { positional, named: named.to_json() }),
        _ => Err(Problem::new(Kind::BadArguments, "the body is not an object of named arguments")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn args_and_kwargs_may_be_left_out_but_not_be_of_another_form() {
        for (body, positional, named) in [
            ("", "[]", "{}"),
            (" \n", "[]", "{}"),
            ("{}", "[]", "{}"),
            (r#"{"args": null, "kwargs": null}"#, "[]", "{}"),
            (r#"{"kwargs": {"a": 1.50}, "args": [1, null]}"#, "[1,null]", r#"{"a":1.50}"#),
        ] {
            let read = arguments(body.as_bytes()).unwrap();
            assert_eq!((read.positional.as_str(), read.named.as_str()), (positional, named), "{body}");
        }
        for body in ["[1]", "5", r#"{"args": {}}"#, r#"{"kwargs": []}"#, r#"{"arguments": []}"#, "{", "null"] {
            assert!(arguments(body.as_bytes()).is_err(), "{body}");
        }
    }
}
