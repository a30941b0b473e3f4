//! The commands that tell about the server, and its front page.

use std::collections::BTreeMap;
use std::fmt::Write;

use tega_engine::Engine;

use crate::problem::{Kind, Problem};
use crate::response::{self, Response};
use crate::{command::Command, data};

/// What a newcomer finds at `/`.
pub(crate) fn home() -> Response {
    let mut page = format!(
        "tega {}\n\n{:<18}{}\n{:<18}the value of a node: GET, PUT (a JSON body) and DELETE\n",
        env!("CARGO_PKG_VERSION"),
        "GET  /",
        "this page",
        "     /<path>",
    );
    for command in Command::ALL {
        let verb = command.verbs().split(',').next().unwrap_or_default();
        // Writing to a string can't fail.
        let _ = writeln!(page, "{:<18}{}", format!("{verb:<4} /_{}", command.name()), command.summary());
    }
    let _ = writeln!(
        page,
        "\n  curl -X PUT --data '{{\"name\": \"ne1\"}}' http://HOST:PORT/inventory/ne1\n  curl http://HOST:PORT/inventory/ne1/name",
    );
    response::text(page)
}

/// `/_roots`: `{"a": 3}`.
pub(crate) fn roots(engine: &Engine) -> Response {
    let state = engine.state();
    let live = state.tree.roots().filter(|(_, root)| root.node().is_some());
    let versions: BTreeMap<&str, u64> = live.map(|(name, root)| (name.as_str(), root.version().0)).collect();
    as_json(&versions)
}

/// `/_plugins`: name to report.
pub(crate) fn plugins(engine: &Engine) -> Response {
    let reports = engine.plugins().map(|plugins| plugins.list()).unwrap_or_default();
    let by_name: BTreeMap<&str, _> = reports.iter().map(|report| (report.name.as_str(), report)).collect();
    as_json(&by_name)
}

/// `/_ids`: `["bob"]`.
pub(crate) fn ids(engine: &Engine) -> Response {
    as_json(&engine.sessions().names())
}

/// `/_livez`: that it answers is the answer.
pub(crate) fn livez() -> Response {
    response::text("ok")
}

/// `/_readyz`: whether it takes writes.
///
/// # Errors
/// Where it does not.
pub(crate) fn readyz(engine: &Engine) -> Result<Response, Problem> {
    if engine.is_refusing() {
        return Err(Problem::from(tega_engine::CommitError::Refusing));
    }
    Ok(response::text("ok"))
}

/// An unknown command.
pub(crate) fn unknown(name: &str) -> Problem {
    let names: Vec<String> = Command::ALL.iter().map(|command| format!("/_{}", command.name())).collect();
    Problem::new(
        Kind::NoCommand,
        format!(
            "there is no command /_{name}; there are {}. Names of roots don't begin with `_`; {} are data",
            names.join(", "),
            data::VERBS,
        ),
    )
}

fn as_json(value: &impl serde::Serialize) -> Response {
    // Maps with text as names, and what has a derived form, can always be written.
    response::json(serde_json::to_vec(value).unwrap_or_default())
}
