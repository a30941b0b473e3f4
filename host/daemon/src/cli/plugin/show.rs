//! `tega plugin show`: all that is known of a plugin.

use std::collections::BTreeSet;
use std::fmt::Write;

use tega_client::{Plugin, PluginCallbacks, PluginCalls};

use super::words::{self, count};
use crate::cli::table::{NOTHING, table};

/// A line for each fact, then a table for each kind of thing that there are several of.
pub(super) fn text(plugin: &Plugin) -> String {
    let mut text = words::standing(plugin) + "\n";
    for (name, fact) in facts(plugin) {
        // Writing to a string can't fail.
        let _ = writeln!(text, "  {name:<11}{}", words::one_line(&fact));
    }
    for skipped in plugin.callbacks.iter().flat_map(|callbacks| &callbacks.last_skipped) {
        let _ = writeln!(text, "  skipped    revision {}: {}", skipped.revision, words::one_line(&skipped.reason));
    }
    if !plugin.methods.is_empty() {
        text.push('\n');
        text.push_str(&methods(plugin));
    }
    let grants = grants(plugin);
    if !grants.is_empty() {
        text.push('\n');
        text.push_str(&table(["GRANT", "WANTED", "GIVEN", "USED"], grants.into_iter()));
    }
    text
}

/// What there is one of, and lists that are short.
fn facts(plugin: &Plugin) -> Vec<(&'static str, String)> {
    let judges = !plugin.transforms.is_empty() || !plugin.guards.is_empty();
    let views: Vec<&str> = plugin.views.iter().map(|view| view.path.as_str()).collect();
    let timer = |timer: &tega_client::PluginTimer| {
        format!("{} every {}", timer.name, words::time(Some(timer.interval_ms.saturating_mul(1_000))))
    };
    let facts = [
        ("summary", plugin.summary.clone()),
        ("file", Some(plugin.file.clone())),
        ("digest", plugin.digest.clone()),
        ("before", plugin.previous.as_ref().map(|before| format!("{} {}", before.version, before.digest))),
        ("subscribes", Some(plugin.subscriptions.join(", "))),
        ("transforms", Some(plugin.transforms.join(", "))),
        ("guards", Some(plugin.guards.join(", "))),
        ("policy", judges.then(|| policy(&plugin.policy).to_owned())),
        ("views", Some(views.join(", "))),
        ("timers", Some(plugin.timers.iter().map(timer).collect::<Vec<_>>().join(", "))),
        ("instances", Some(instances(plugin))),
        ("calls", Some(calls(&plugin.calls))),
        ("callbacks", plugin.callbacks.as_ref().map(callbacks)),
    ];
    let there = facts.into_iter().filter_map(|(name, fact)| Some((name, fact?)));
    there.filter(|(_, fact)| !fact.is_empty()).collect()
}

fn policy(policy: &str) -> &str {
    match policy {
        "pass" => "pass: what it should judge passes unjudged while it is not in service",
        "reject" => "reject: what it should judge is refused while it is not in service",
        other => other,
    }
}

fn instances(plugin: &Plugin) -> String {
    let restarts = count(plugin.restarts, "restart", "restarts");
    match plugin.instances {
        0 => format!("none, {restarts}"),
        instances => format!("{instances} with {}, {restarts}", words::memory(plugin.memory_bytes)),
    }
}

fn calls(calls: &PluginCalls) -> String {
    let times = match calls.p50_us {
        None => String::new(),
        Some(_) => {
            format!(", half within {}, 99 of 100 within {}", words::time(calls.p50_us), words::time(calls.p99_us))
        }
    };
    let (errors, failures) = (count(calls.errors, "error", "errors"), count(calls.failures, "failure", "failures"));
    format!("{}, {errors}, of them {failures}{times}", calls.calls)
}

fn callbacks(callbacks: &PluginCallbacks) -> String {
    format!("up to revision {}, {} behind, {} skipped", callbacks.cursor, callbacks.behind, callbacks.skipped)
}

fn methods(plugin: &Plugin) -> String {
    let rows = plugin.methods.iter().map(|method| {
        let calls = &method.calls;
        let times = [calls.p50_us, calls.p99_us].map(words::time);
        let [p50, p99] = times;
        [method.path.clone(), calls.calls.to_string(), calls.errors.to_string(), p50, p99, method.summary.clone()]
    });
    table(["METHOD", "CALLS", "ERRORS", "P50", "P99", "SUMMARY"], rows)
}

/// Each grant that is wanted or given: whether it is, and how often it was made use of.
fn grants(plugin: &Plugin) -> Vec<[String; 4]> {
    let all: BTreeSet<&String> =
        plugin.grants_wanted.iter().chain(&plugin.grants_given).chain(&plugin.grants_lacking).collect();
    let yes = |is_so: bool| if is_so { "yes" } else { NOTHING }.to_owned();
    let row = |grant: &String| {
        let used = plugin.grants_used.iter().find(|used| used.grant == *grant).map_or(0, |used| used.count);
        let wanted = plugin.grants_wanted.contains(grant) || plugin.grants_lacking.contains(grant);
        [grant.clone(), yes(wanted), yes(plugin.grants_given.contains(grant)), used.to_string()]
    };
    // A grant has a blank in it: so that a program can split a line, it stands as `read:inventory`.
    all.into_iter()
        .map(row)
        .map(|[grant, rest @ ..]| {
            let [wanted, given, used] = rest;
            [grant.replacen(' ', ":", 1), wanted, given, used]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_is_known_of_a_plugin_is_shown() {
        let plugin: Plugin = serde_json::from_str(
            r#"{"name": "hello", "state": "running", "version": "1.2.0", "file": "/p/hello.wasm", "summary": "greets",
                "digest": "aa", "previous": {"version": "1.1.0", "digest": "bb"}, "subscriptions": ["inventory.**", "channel x"],
                "guards": ["a", "b"], "policy": "pass", "views": [{"path": "hello.count"}],
                "timers": [{"name": "tick", "interval_ms": 60000}], "instances": 2, "memory_bytes": 2097152, "restarts": 1,
                "calls": {"calls": 7, "errors": 2, "failures": 1, "p50_us": 40, "p99_us": 900},
                "callbacks": {"cursor": 10, "behind": 2, "skipped": 1, "last_skipped": [{"revision": 8, "reason": "it trapped"}]},
                "methods": [{"path": "hello.greet", "summary": "greets you", "calls": {"calls": 5}}],
                "grants_wanted": ["read inventory", "write inventory"], "grants_given": ["read inventory"],
                "grants_lacking": ["write inventory"], "grants_used": [{"grant": "read inventory", "count": 9}]}"#,
        )
        .unwrap();
        let expected = "\
hello 1.2.0 is running; 1 commit was skipped; not granted: write inventory
  summary    greets
  file       /p/hello.wasm
  digest     aa
  before     1.1.0 bb
  subscribes inventory.**, channel x
  guards     a, b
  policy     pass: what it should judge passes unjudged while it is not in service
  views      hello.count
  timers     tick every 60s
  instances  2 with 2.0MiB, 1 restart
  calls      7, 2 errors, of them 1 failure, half within 40us, 99 of 100 within 900us
  callbacks  up to revision 10, 2 behind, 1 skipped
  skipped    revision 8: it trapped

METHOD       CALLS  ERRORS  P50  P99  SUMMARY
hello.greet  5      0       -    -    greets you

GRANT            WANTED  GIVEN  USED
read:inventory   yes     yes    9
write:inventory  yes     -      0
";
        assert_eq!(text(&plugin), expected);
    }

    #[test]
    fn of_a_plugin_that_was_refused_little_is_shown() {
        let plugin: Plugin = serde_json::from_str(
            r#"{"name": "x.wasm", "state": "refused", "reason": "no component", "file": "/p/x.wasm"}"#,
        )
        .unwrap();
        let expected = "x.wasm is refused; no component\n  file       /p/x.wasm\n  instances  none, 0 restarts\n  \
                        calls      0, 0 errors, of them 0 failures\n";
        assert_eq!(text(&plugin), expected);
    }
}
