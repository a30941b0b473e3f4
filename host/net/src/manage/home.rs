//! The front page, and what is said of a command that there is not.

use std::fmt::Write;

use crate::answer::problem::{Kind, Problem};
use crate::answer::response::{self, Response};
use crate::command::Command;
use crate::data;
use crate::described::{Content, Use};

/// What is said of `/`.
pub(crate) const USES: &[Use] = &[Use::get("what can be done here, as text", "").gives(&[Content::Text])];

/// What a newcomer finds at `/`.
pub(crate) fn home() -> Response {
    let mut page = format!(
        "tega {}\n\n{:<32}{}\n{:<32}the value of a node: GET, PUT (a JSON body), PATCH and DELETE\n",
        env!("CARGO_PKG_VERSION"),
        "GET /",
        "this page",
        "/<path>",
    );
    for command in Command::all() {
        for used in command.uses() {
            // Writing to a string can't fail.
            let _ = writeln!(page, "{:<32}{}", format!("{} /_{}", used.verb, command.name()), used.line());
        }
    }
    let _ = writeln!(
        page,
        "\n  curl -X PUT --data '{{\"name\": \"ne1\"}}' http://HOST:PORT/inventory/ne1\n  curl http://HOST:PORT/inventory/ne1/name",
    );
    response::text(page)
}

/// An unknown command.
pub(crate) fn unknown(name: &str) -> Problem {
    let names: Vec<String> = Command::all().map(|command| format!("/_{}", command.name())).collect();
    Problem::new(
        Kind::NoCommand,
        format!(
            "there is no command /_{name}; there are {}. Names of roots don't begin with `_`; {} are data",
            names.join(", "),
            data::VERBS,
        ),
    )
}
