//! What is told of commits.

use serde_json::{Value as Json, json};

use super::{Named, list, object, path, reference, text, time, whole};

pub(super) fn all() -> Named {
    vec![
        ("Made", made(None)),
        ("RolledBack", made(Some(("to", "The version whose content the node has.")))),
        ("Tagged", made(Some(("tagged", "The version that got the name.")))),
        ("WouldBe", would_be()),
        ("Change", change()),
        ("Effect", effect()),
        ("Author", author()),
        ("Commit", commit()),
        ("LogPage", page("commits", reference("Commit"), json!({ "type": ["integer", "null"] }))),
        ("PendingCommits", list(pending())),
        ("Begun", object(json!({ "txid": text() }), &["txid"])),
        ("SnapshotTaken", object(json!({ "revision": { "type": ["integer", "null"] } }), &["revision"])),
    ]
}

/// What became of a commit.
fn made(further: Option<(&str, &str)>) -> Json {
    let mut made = object(
        json!({
            "revision": { "type": ["integer", "null"], "description": "null where there was nothing to change." },
            "position": { "type": "string", "description": "The state that it led to." },
            "versions": reference("Versions"),
            "confirm": { "type": "string", "description": "What to confirm it by." },
        }),
        &["revision", "position", "versions"],
    );
    if let Some((name, about)) = further {
        made["properties"][name] = json!({ "type": "integer", "minimum": 0, "description": about });
        made["required"] = json!(["revision", "position", "versions", name]);
    }
    made
}

fn would_be() -> Json {
    object(
        json!({
            "differences": reference("JsonPatch"),
            "changes": list(reference("Change")),
            "effects": list(reference("Effect")),
        }),
        &["differences", "changes"],
    )
}

fn change() -> Json {
    let removed = json!({ "description": "What it removed." });
    json!({ "oneOf": [
        object(
            json!({
                "put": path(), "value": reference("Value"), "removed": removed.clone(), "by": reference("Author"),
            }),
            &["put", "value"],
        ),
        object(
            json!({
                "delete": path(),
                "parents": { "type": "integer", "description": "How many parents went with it." },
                "removed": removed,
                "by": reference("Author"),
            }),
            &["delete"],
        ),
    ] })
}

fn effect() -> Json {
    let id = || object(json!({ "id": text() }), &["id"]);
    json!({
        "description": "What a commit does beside changing nodes: one of these.",
        "type": "object",
        "minProperties": 1,
        "maxProperties": 1,
        "properties": {
            "tag": object(json!({ "root": text(), "name": text(), "version": whole() }), &["root", "name", "version"]),
            "untag": object(json!({ "root": text(), "name": text() }), &["root", "name"]),
            "rollback": object(json!({ "path": path(), "to": whole() }), &["path", "to"]),
            "confirm": object(
                json!({ "id": text(), "within_ms": whole(), "paths": list(path()) }),
                &["id", "within_ms", "paths"],
            ),
            "confirmed": id(),
            "key": object(json!({ "key": text(), "digest": text() }), &["key", "digest"]),
            "cursor": object(json!({ "plugin": text(), "at": text() }), &["plugin"]),
            "clear": object(json!({ "history": text() }), &["history"]),
            "undone": object(json!({ "id": text(), "kept": list(path()) }), &["id"]),
        },
    })
}

fn author() -> Json {
    object(
        json!({
            "kind": { "enum": ["client", "plugin", "node", "daemon"] },
            "name": text(),
            "proven": { "type": "boolean", "description": "Whether an open session proves the name." },
            "version": text(),
            "digest": text(),
        }),
        &["kind", "proven"],
    )
}

fn commit() -> Json {
    object(
        json!({
            "revision": whole(),
            "epoch": whole(),
            "time": time(),
            "author": reference("Author"),
            "message": text(),
            "changes": list(reference("Change")),
            "effects": list(reference("Effect")),
        }),
        &["revision", "epoch", "time", "author", "changes"],
    )
}

fn page(entries: &str, entry: Json, next: Json) -> Json {
    let oldest = json!({ "type": "integer", "description": "The oldest revision that the log holds." });
    object(json!({ entries: list(entry), "next": next, "oldest": oldest }), &[entries, "next", "oldest"])
}

fn pending() -> Json {
    object(
        json!({
            "id": text(),
            "within_ms": whole(),
            "revision": whole(),
            "paths": list(path()),
            "overwritten": list(path()),
        }),
        &["id", "within_ms", "revision", "paths", "overwritten"],
    )
}
