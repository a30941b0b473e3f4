//! `/_plugins` and what is below it, `/_reload`: the plugins, and what is done about them.
//!
//! Not here: how a plugin is loaded, and when it is held back; that is behind the port.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use tega_engine::Engine;
use tega_engine::port::{PluginLine, PluginReport, PluginState, Plugins, PluginsError};

use super::asked::Asked;
use super::shown::as_json;
use crate::answer::problem::{Kind, Problem};
use crate::answer::response::Response;
use crate::command::Command;
use crate::limits::{PLUGIN_LOG_WAIT_S_MAX, PLUGIN_LOG_WAITING_MAX};
use crate::server::Server;

/// What is told of each plugin, in the order of their names, one of each name: where a file was refused that has the name of a
/// plugin in service, that one.
pub(crate) fn reports(engine: &Engine) -> Vec<PluginReport> {
    let reports = engine.plugins().map(|plugins| plugins.list()).unwrap_or_default();
    by_name(reports).into_values().collect()
}

fn by_name(reports: Vec<PluginReport>) -> BTreeMap<String, PluginReport> {
    let mut by_name = BTreeMap::new();
    for report in reports {
        let is_known = by_name.contains_key(&report.name);
        if !is_known || report.state == PluginState::Running {
            by_name.insert(report.name.clone(), report);
        }
    }
    by_name
}

/// `GET /_plugins`: name to report.
pub(super) fn list(engine: &Engine) -> Response {
    shown(reports(engine))
}

/// `GET /_plugins/NAME`: the report.
///
/// # Errors
/// Where there is no such plugin.
pub(super) fn show(engine: &Engine, asked: &Asked) -> Result<Response, Problem> {
    let reports = reports(engine);
    let found = reports.iter().find(|report| report.name == asked.segment);
    found.map(as_json).ok_or_else(|| {
        let known = reports.iter().map(|report| report.name.clone()).collect();
        PluginsError::NotFound { name: asked.segment.clone(), known }.into()
    })
}

/// `POST /_plugins/NAME/reload` and its like: the report as it is then.
///
/// # Errors
/// Where it can't be done; what was in service goes on.
///
/// # Cancel safety
/// Dropped, it may or may not be done.
pub(super) async fn change(engine: &Engine, command: Command, asked: &Asked) -> Result<Response, Problem> {
    let name = asked.segment.as_str();
    let plugins = engine.plugins().ok_or_else(|| no_plugin(name))?;
    let report = match command {
        Command::PluginReload => reloaded(plugins, name).await,
        Command::PluginEnable => plugins.enable(name).await,
        Command::PluginDisable => plugins.disable(name).await,
        Command::PluginRollback => plugins.rollback(name).await,
        other => return Err(Problem::internal(format!("the command {other:?} changes no plugin"))),
    };
    report.map(|report| as_json(&report)).map_err(|error| refusal(plugins, error))
}

async fn reloaded(plugins: &Arc<dyn Plugins>, name: &str) -> Result<PluginReport, PluginsError> {
    let mut looked_at = by_name(plugins.reload(Some(name)).await?);
    // It may have told another name: then it stands alone there.
    let report = looked_at.remove(name).or_else(|| looked_at.into_values().next());
    report.ok_or_else(|| {
        let known = plugins.list().into_iter().map(|report| report.name).collect();
        PluginsError::NotFound { name: name.to_owned(), known }
    })
}

/// `POST /_reload`: what was looked at, by name.
///
/// # Errors
/// Where it can't be done.
///
/// # Cancel safety
/// Dropped, it may or may not be done.
pub(super) async fn reload_all(engine: &Engine) -> Result<Response, Problem> {
    let Some(plugins) = engine.plugins() else { return Ok(shown(Vec::new())) };
    let looked_at = plugins.reload(None).await.map_err(|error| refusal(plugins, error))?;
    Ok(shown(looked_at))
}

/// `GET /_plugins/NAME/log?after=&wait=`: the lines after one, oldest first.
///
/// # Errors
/// Where there is no such plugin, or too many wait already.
///
/// # Cancel safety
/// It leaves nothing.
pub(super) async fn lines(server: &Server, asked: &Asked) -> Result<Response, Problem> {
    let after = asked.args.number("after")?.unwrap_or(0);
    let wait_s = asked.args.number("wait")?.unwrap_or(0);
    if wait_s > PLUGIN_LOG_WAIT_S_MAX {
        let detail = format!("wait= takes a number of seconds from 0 to {PLUGIN_LOG_WAIT_S_MAX}");
        let problem = Problem::new(Kind::BadArgument, detail);
        return Err(problem.with_fact("argument", "wait").with_fact("limit", PLUGIN_LOG_WAIT_S_MAX));
    }
    let busy = |_| {
        let detail = format!("{PLUGIN_LOG_WAITING_MAX} requests wait for lines of plugins, which is the limit");
        Problem::new(Kind::Busy, detail).with_fact("limit", PLUGIN_LOG_WAITING_MAX)
    };
    let _place = (wait_s > 0).then(|| server.log_waits.try_acquire().map_err(busy)).transpose()?;
    let plugins = server.engine.plugins().ok_or_else(|| no_plugin(&asked.segment))?;
    let mut stages = server.stages.clone();
    let lines = tokio::select! {
        lines = plugins.lines(&asked.segment, after, Duration::from_secs(wait_s)) => lines?,
        // Nobody who waits holds up the end of the server.
        () = stages.draining() => Vec::new(),
    };
    Ok(as_json(&lines.into_iter().map(ShownLine::from).collect::<Vec<_>>()))
}

/// That there is no plugin of a name, for there is none at all.
fn no_plugin(name: &str) -> PluginsError {
    PluginsError::NotFound { name: name.to_owned(), known: Vec::new() }
}

/// What is told where something can't be done; where a version is refused, also what goes on.
fn refusal(plugins: &Arc<dyn Plugins>, error: PluginsError) -> Problem {
    let PluginsError::Refused { name, .. } = &error else { return error.into() };
    let in_service = plugins
        .list()
        .into_iter()
        .find(|report| report.name == *name && matches!(report.state, PluginState::Running | PluginState::HeldBack));
    let version = in_service.map(|report| report.version.unwrap_or_default());
    let goes_on = match &version {
        Some(version) => format!("version {version} of it goes on"),
        None => "nothing of it is in service".to_owned(),
    };
    Problem::from(error).and(&goes_on).with_fact("in_service", version)
}

fn shown(reports: Vec<PluginReport>) -> Response {
    as_json(&by_name(reports))
}

#[derive(Serialize)]
struct ShownLine {
    number: u64,
    time: String,
    level: &'static str,
    text: String,
}

impl From<PluginLine> for ShownLine {
    fn from(line: PluginLine) -> Self {
        let PluginLine { number, time_us, level, text } = line;
        // A time that no calendar has is not the operator's trouble.
        let time = Timestamp::from_microsecond(time_us).unwrap_or_default();
        Self { number, time: time.to_string(), level, text }
    }
}
