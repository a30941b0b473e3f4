//! `/_livez` and `/_readyz`: whether the server answers, and whether it takes writes, check by check.

use std::fmt::Write;

use http::StatusCode;
use tega_engine::CommitError;
use tega_engine::port::{PluginReport, PluginState, Policy};

use super::asked::Asked;
use super::plugins::reports;
use crate::answer::problem::{Kind, Problem};
use crate::answer::response::{self, PLAIN_TEXT, Response, with_body};
use crate::server::Server;

/// One check: what for, and what came of it.
#[derive(Debug)]
struct Check {
    name: &'static str,
    /// Why it failed.
    failed: Option<Problem>,
    /// What is to be known although it did not.
    notes: Vec<String>,
}

/// `/_livez`: that it answers is the answer.
pub(super) fn livez(asked: &Asked) -> Response {
    let answers = Check { name: "ping", failed: None, notes: Vec::new() };
    if is_verbose(asked) { verbose("livez", &[answers]) } else { response::text("ok") }
}

/// `/_readyz`: whether it takes writes.
///
/// # Errors
/// Where it does not, the first reason why; but with `verbose` all checks are told either way.
pub(super) fn readyz(server: &Server, asked: &Asked) -> Result<Response, Problem> {
    let engine = &server.engine;
    let reports = reports(engine);
    let is_stopping = server.stages.is_draining();
    let checks = [
        check("log", engine.is_refusing().then(|| CommitError::Refusing.into())),
        check("space", engine.lacks_space().then(|| Problem::new(Kind::Unavailable, CommitError::NoSpace.to_string()))),
        of_plugins(&reports),
        check("draining", is_stopping.then(|| Problem::new(Kind::Stopping, "the server is being stopped"))),
    ];
    if is_verbose(asked) {
        return Ok(verbose("readyz", &checks));
    }
    let failed = checks.into_iter().find_map(|check| check.failed);
    failed.map_or_else(|| Ok(response::text("ok")), Err)
}

/// Whether every check is to be told: `?verbose`, whatever its value, but for a no.
fn is_verbose(asked: &Asked) -> bool {
    asked.args.as_sent("verbose").is_some_and(|word| !matches!(word, "False" | "false" | "0"))
}

fn check(name: &'static str, failed: Option<Problem>) -> Check {
    Check { name, failed, notes: Vec::new() }
}

/// The port answers only once each plugin is loaded or refused, and what becomes of the writes that one out of service should judge
/// is its operator's choice: so it is told, and nothing fails.
fn of_plugins(reports: &[PluginReport]) -> Check {
    let (running, others): (Vec<_>, Vec<_>) = reports.iter().partition(|report| report.state == PluginState::Running);
    let mut notes = vec![format!("{} running", running.len())];
    let passed_over = |report: &&PluginReport| {
        let why = report.passed_over.as_ref()?;
        Some(format!("{} is running, but its file is not in service: {why}", report.name))
    };
    notes.extend(running.iter().filter_map(passed_over));
    notes.extend(others.into_iter().map(out_of_service));
    Check { name: "plugins", failed: None, notes }
}

/// That a plugin is out of service, and what becomes of writes that it should judge.
fn out_of_service(report: &PluginReport) -> String {
    let state = match report.state {
        PluginState::HeldBack => "held back",
        PluginState::Loading => "being loaded",
        other => other.as_str(),
    };
    let judged: Vec<&str> = report.transforms.iter().chain(&report.guards).map(String::as_str).collect();
    let (name, places) = (&report.name, judged.join(", "));
    if judged.is_empty() {
        return format!("{name} is {state}");
    }
    match (report.state, report.policy) {
        // Who disables a plugin wants it out of the way.
        (PluginState::Disabled, _) => format!("{name} is {state}, so it judges no writes to {places}"),
        (_, Policy::Reject) => format!("{name} is {state}, so writes to {places} are refused"),
        (_, Policy::Pass) => {
            format!("{name} is {state}, so writes to {places} pass unjudged ({} so far)", report.unjudged)
        }
    }
}

/// All checks and the verdict, in lines as Kubernetes writes them.
fn verbose(name: &str, checks: &[Check]) -> Response {
    let mut text = String::new();
    for Check { name, failed, notes } in checks {
        // Writing to a string can't fail.
        let _ = match failed {
            Some(problem) => writeln!(text, "[-]{name} failed: {problem}"),
            None if notes.is_empty() => writeln!(text, "[+]{name} ok"),
            None => writeln!(text, "[+]{name} ok: {}", notes.join("; ")),
        };
    }
    let is_well = checks.iter().all(|check| check.failed.is_none());
    let (status, verdict) = match is_well {
        true => (StatusCode::OK, "passed"),
        false => (StatusCode::SERVICE_UNAVAILABLE, "failed"),
    };
    let _ = writeln!(text, "{name} check {verdict}");
    with_body(status, PLAIN_TEXT, text.into())
}
