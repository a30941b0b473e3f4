//! What is told of nodes, roots, locks and sessions.

use serde_json::{Value as Json, json};

use super::{Named, by_name, list, object, path, reference, text, time, whole};

pub(super) fn all() -> Named {
    vec![
        ("Found", found()),
        (
            "Edges",
            list(json!({
                "description": "Two ends of a link, each as `path(version)`.",
                "type": "array", "items": text(), "minItems": 2, "maxItems": 2,
            })),
        ),
        ("History", history()),
        ("OldVersions", list(by_name(list(whole())))),
        (
            "Tags",
            json!({ "description": "Versions by their names.", "type": "object", "additionalProperties": whole() }),
        ),
        ("Lock", lock()),
        ("Locks", list(reference("Lock"))),
        ("ChannelScopes", list(json!({ "type": "array", "items": text(), "minItems": 2, "maxItems": 2 }))),
        ("Result", object(json!({ "result": reference("Value") }), &["result"])),
    ]
}

fn found() -> Json {
    let node = object(
        json!({ "path": path(), "version": whole(), "value": reference("Value") }),
        &["path", "version", "value"],
    );
    let next = json!({ "type": ["string", "null"], "description": "The `after` of the next page, if there is one." });
    object(json!({ "nodes": list(node), "next": next }), &["nodes", "next"])
}

fn history() -> Json {
    let version = object(
        json!({
            "version": whole(),
            "revision": whole(),
            "time": time(),
            "tags": reference("Names"),
            "deleted": { "type": "boolean", "description": "Whether there was no such root then." },
        }),
        &["version", "revision", "time", "tags"],
    );
    object(json!({ "root": text(), "versions": list(version) }), &["root", "versions"])
}

fn lock() -> Json {
    object(json!({ "path": path(), "holder": text(), "reason": text(), "since": time() }), &["path", "holder", "since"])
}
