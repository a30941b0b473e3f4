//! The commands that manage the database, and the front page.
//!
//! ```text
//! home.rs          the front page
//! asked.rs         what a request asks: arguments, who, why;  shown.rs: JSON forms of several answers
//! one_shot.rs      /_transaction and /_check;  posted.rs: a transaction as a body says it
//! transactions.rs  /_begin, /_cand, /_commit, /_cancel
//! pending.rs       /_pending, /_confirm;  locks.rs: /_lock
//! past.rs          /_history, /_old, /_diff, /_rollback, /_clear;  tags.rs: /_tag
//! find.rs          /_find;  log.rs: /_log;  edges.rs: /_edges
//! listeners.rs     /_channels, /_subscribers, /_global, /_forwarders, /_ids
//! plugins.rs       /_plugins and what is below it, /_reload
//! about.rs         /_roots, /_ss, /_sync;  health.rs: /_livez, /_readyz;  ../openapi: /_openapi.json
//! ```
//!
//! Invariant: the original's commands pass over arguments that they don't know, as they always did; those of today, and
//! `/_rollback`, refuse them.

mod about;
mod asked;
mod edges;
mod find;
mod health;
mod home;
mod listeners;
mod locks;
mod log;
mod one_shot;
mod past;
mod pending;
mod plugins;
mod posted;
mod shown;
mod tags;
mod transactions;

use http::{Method, Request};
use hyper::body::Incoming;

pub(crate) use home::{USES, home, unknown};
pub(crate) use plugins::reports;

use crate::answer::problem::Problem;
use crate::answer::response::Response;
use crate::command::Command;
use crate::openapi;
use crate::server::Server;
use crate::server::accept::Peer;
use asked::Asked;

/// Answers a command that no other room answers; its HTTP method is one that it takes.
///
/// # Errors
/// [`Problem`]; nothing was changed then, unless it says otherwise.
///
/// # Cancel safety
/// Dropped, a commit may or may not be made.
pub(crate) async fn answer(
    server: &Server,
    peer: &Peer,
    command: Command,
    request: Request<Incoming>,
) -> Result<Response, Problem> {
    let (head, body) = request.into_parts();
    let used = command.used_by(&head.method).ok_or_else(|| elsewhere(command))?;
    if matches!(head.method, Method::GET | Method::HEAD) {
        return read(server, command, &Asked::of_url(used, &head)?).await;
    }
    if matches!(command, Command::Transaction | Command::Check) {
        let asked = Asked::of_url(used, &head)?;
        return match command {
            Command::Transaction => one_shot::transaction(server, peer, &head, &asked, body).await,
            _ => one_shot::check(server, peer, &asked, body).await,
        };
    }
    let asked = Asked::of_form(server, peer, used, &head, body).await?;
    match (command, head.method == Method::DELETE) {
        (Command::Tag, true) => tags::untag(server, &asked).await,
        (Command::Lock, true) => locks::unlock(server, &asked),
        _ => post(server, command, &asked).await,
    }
}

async fn read(server: &Server, command: Command, asked: &Asked) -> Result<Response, Problem> {
    let engine = &server.engine;
    match command {
        Command::Find => find::find(engine, asked),
        Command::Roots => Ok(about::roots(engine)),
        Command::History => past::history(engine, asked),
        Command::Log => log::list(server, asked).await,
        Command::Diff => past::diff(server, asked).await,
        Command::Tag => tags::list(engine, asked),
        Command::Pending => Ok(pending::list(engine)),
        Command::Lock => Ok(locks::list(engine)),
        Command::Old => Ok(past::old(engine)),
        Command::Edges => edges::list(server, asked),
        Command::Plugins => Ok(plugins::list(engine)),
        Command::Plugin => plugins::show(engine, asked),
        Command::PluginLog => plugins::lines(server, asked).await,
        Command::Ids => Ok(listeners::ids(server)),
        Command::Channels => Ok(listeners::channels(server)),
        Command::Subscribers => Ok(listeners::subscribers(server)),
        Command::Global => Ok(listeners::global(server)),
        Command::Forwarders => Ok(listeners::forwarders(server)),
        Command::OpenApi => Ok(openapi::answer(engine)),
        Command::Livez => Ok(health::livez(asked)),
        Command::Readyz => health::readyz(server, asked),
        other => Err(elsewhere(other)),
    }
}

async fn post(server: &Server, command: Command, asked: &Asked) -> Result<Response, Problem> {
    match command {
        Command::Rollback => past::rollback(server, asked).await,
        Command::Tag => tags::tag(server, asked).await,
        Command::Confirm => pending::confirm(server, asked).await,
        Command::Cancel => transactions::cancel(server, asked).await,
        Command::Lock => locks::lock(server, asked).await,
        Command::Begin => transactions::begin(server, asked),
        Command::Cand => transactions::candidate(server, asked).await,
        Command::Commit => transactions::commit(server, asked).await,
        Command::Snapshot => about::snapshot(&server.engine).await,
        Command::Clear => past::clear(server, asked).await,
        Command::Sync => about::sync(&server.engine),
        Command::Reload => plugins::reload_all(&server.engine).await,
        command if command.segment() == Some("name") => plugins::change(&server.engine, command, asked).await,
        other => Err(elsewhere(other)),
    }
}

/// A command that the route should have taken elsewhere, which is a bug of tega.
fn elsewhere(command: Command) -> Problem {
    Problem::internal(format!("the command {command:?} is not answered in this room"))
}
