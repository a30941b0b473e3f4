//! What is told of plugins.

use serde_json::{Value as Json, json};

use super::{Named, by_name, list, object, path, reference, text, time, whole};

pub(super) fn all() -> Named {
    vec![
        ("Plugin", plugin()),
        ("Plugins", by_name(reference("Plugin"))),
        ("PluginVersion", object(json!({ "version": text(), "digest": text() }), &["version", "digest"])),
        ("Method", method()),
        ("Calls", calls()),
        ("Callbacks", callbacks()),
        ("PluginLines", list(line())),
    ]
}

fn plugin() -> Json {
    let view = object(json!({ "path": path(), "summary": text() }), &["path", "summary"]);
    let timer = object(json!({ "name": text(), "interval_ms": whole() }), &["name", "interval_ms"]);
    let used = object(json!({ "grant": text(), "count": whole() }), &["grant", "count"]);
    let mut members = json!({
        "state": { "enum": ["loading", "running", "held-back", "quarantined", "refused", "disabled"] },
        "retry_in_ms": { "type": "integer", "minimum": 0, "description": "When it is tried again, where it is held back." },
        "previous": reference("PluginVersion"),
        "methods": list(reference("Method")),
        "views": list(view),
        "timers": list(timer),
        "policy": {
            "enum": ["reject", "pass"],
            "description": "What becomes of commits that its transforms and guards concern while it is not in service.",
        },
        "grants_used": list(used),
        "calls": reference("Calls"),
        "callbacks": reference("Callbacks"),
    });
    for (name, about) in [
        ("name", "Its name; of a file that was refused before it told one, the file's."),
        ("reason", "Why it is not in service."),
        ("passed_over", "Why its file is not what is in service."),
        ("file", "The file it came from."),
        ("version", "Its version."),
        ("summary", "What it is for."),
        ("digest", "The SHA-256 of its bytes, in hexadecimal."),
    ] {
        members[name] = json!({ "type": "string", "description": about });
    }
    let lists = ["subscriptions", "transforms", "guards", "grants_wanted", "grants_given", "grants_lacking"];
    for name in lists {
        members[name] = reference("Names");
    }
    for (name, about) in [
        ("unjudged", "The commits that it should have judged and did not, by the policy `pass`."),
        ("instances", "Its instances now."),
        ("memory_bytes", "The memory of those."),
        ("restarts", "How often it was started again after it failed."),
    ] {
        members[name] = json!({ "type": "integer", "minimum": 0, "description": about });
    }
    let own = [
        "name",
        "state",
        "file",
        "methods",
        "views",
        "timers",
        "policy",
        "unjudged",
        "grants_used",
        "calls",
        "instances",
        "memory_bytes",
        "restarts",
    ];
    object(members, &[&own[..], &lists[..]].concat())
}

fn method() -> Json {
    object(
        json!({
            "path": path(),
            "summary": text(),
            "parameters": { "description": "The JSON Schema of its named arguments." },
            "returns": { "description": "The JSON Schema of its result." },
            "calls": reference("Calls"),
        }),
        &["path", "summary", "calls"],
    )
}

fn calls() -> Json {
    object(
        json!({
            "calls": whole(),
            "errors": { "type": "integer", "minimum": 0, "description": "Those that ended with an error." },
            "failures": {
                "type": "integer", "minimum": 0, "description": "Those of them in which it trapped, or ran over a limit.",
            },
            "p50_us": { "type": "integer", "minimum": 0, "description": "The time that half of them took at most." },
            "p99_us": { "type": "integer", "minimum": 0, "description": "The time that 99 of 100 took at most." },
        }),
        &["calls", "errors", "failures"],
    )
}

fn callbacks() -> Json {
    let skipped = object(json!({ "revision": whole(), "reason": text() }), &["revision", "reason"]);
    object(
        json!({
            "cursor": { "type": "integer", "minimum": 0, "description": "The revision up to which it has heard of all." },
            "behind": { "type": "integer", "minimum": 0, "description": "The commits after it." },
            "skipped": whole(),
            "last_skipped": list(skipped),
        }),
        &["cursor", "behind", "skipped", "last_skipped"],
    )
}

fn line() -> Json {
    object(
        json!({
            "number": whole(),
            "time": time(),
            "level": { "enum": ["debug", "info", "warn", "error"] },
            "text": text(),
        }),
        &["number", "time", "level", "text"],
    )
}
