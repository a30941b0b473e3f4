//! Posts commits to hosts as CloudEvents: in order for each hook, until the receiver takes them.
//!
//! # Map
//!
//! - `settings.rs` reads the hooks, `pattern.rs` tells which changes are whose.
//! - `event.rs` makes the CloudEvents.
//! - `delivery.rs` sends one, `signature.rs` signs it; `progress.rs` knows who has had it.
//!
//! Invariant: a commit is over only when each hook that is told of it has taken it, or has refused it for good: until then the
//! callback fails, and the daemon calls again.

mod delivery;
mod event;
mod pattern;
mod progress;
mod settings;
mod signature;

use std::cell::RefCell;
use std::collections::BTreeMap;

use delivery::Outcome;
use progress::Progress;
use settings::{Hooks, Settings};
use tega_plugin::{Commit, Result, StartReason, log, own, settings as given, tree};

thread_local! {
    static PROGRESS: RefCell<Progress> = RefCell::default();
}

fn hooks() -> Result<Hooks> {
    given::get::<Settings>()?.check()
}

fn patterns() -> Result<Vec<String>> {
    Ok(hooks()?.patterns())
}

fn hosts() -> Result<Vec<String>> {
    Ok(hooks()?.hosts())
}

fn variables() -> Result<Vec<String>> {
    Ok(hooks()?.variables())
}

fn begin(_: StartReason) -> Result<()> {
    let hooks = hooks()?;
    if hooks.hooks.is_empty() {
        log::info("no hook has a URL, so nothing is posted");
    }
    Ok(())
}

fn post(commit: Commit) -> Result<()> {
    let hooks = hooks()?;
    let of = format!("{}-{}", commit.revision, commit.time_us);
    tell(&hooks, of, |hook| event::of_commit(&commit, hook, &hooks.source))
}

fn post_gap(first: u64, last: u64) -> Result<()> {
    let hooks = hooks()?;
    tell(&hooks, format!("gap {first}-{last}"), |hook| event::of_gap(first, last, hook, &hooks.source).map(Some))
}

/// Tells all hooks of one thing. What some refused for good is counted once all are done.
fn tell(hooks: &Hooks, of: String, event: impl Fn(&settings::Hook) -> Result<Option<event::Event>>) -> Result<()> {
    PROGRESS.with_borrow_mut(|progress| {
        let named: BTreeMap<&str, &settings::Hook> =
            hooks.hooks.iter().map(|hook| (hook.name.as_str(), hook)).collect();
        let names = hooks.hooks.iter().map(|hook| hook.name.as_str());
        let what = of.clone();
        let done = progress.go_on(of, names, |name| {
            let Some(hook) = named.get(name) else { return Ok(None) };
            let outcome = event(hook)?.map(|event| delivery::send(&event, hook)).transpose()?;
            if let Some(Outcome::GivenUp(status)) = outcome {
                log::error(format_args!("hook {name}: the receiver answered {status} to {what}, which is given up"));
            }
            Ok(outcome)
        })?;
        done.iter().try_for_each(|(hook, outcome)| match outcome {
            Outcome::Taken => Ok(()),
            Outcome::GivenUp(status) => count(hook, *status, &what),
        })
    })
}

/// Counts what was given up, at `plugin.webhook.<hook>`.
fn count(hook: &str, status: u16, what: &str) -> Result<()> {
    let given_up: u64 = tree::get(&own(&[hook, "given_up"]))?.unwrap_or(0);
    let told = serde_json::json!({ "given_up": given_up.saturating_add(1), "last": what, "last_status": status });
    tree::put(&own(&[hook]), &told)
}

tega_plugin::plugin! {
    wants: { hosts: hosts(), environment: variables() },
    start: begin,
    commits: patterns() => post,
    gap: post_gap,
}
