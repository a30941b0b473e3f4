//! Bodies of requests: transactions, patches, the arguments of calls.

use serde_json::{Value as Json, json};
use tega_engine::limits::{CONFIRM_MS_MAX, CONFIRM_MS_MIN, MESSAGE_BYTES_MAX, OPERATIONS_MAX};

use super::{Named, closed, list, object, path, reference, whole};

pub(super) fn all() -> Named {
    vec![
        ("Transaction", transaction()),
        ("Operation", operation()),
        ("Condition", condition()),
        ("JsonPatch", list(patch_operation())),
        ("Arguments", arguments()),
        ("NamedArguments", json!({ "description": "The named arguments of a method.", "type": "object" })),
    ]
}

fn transaction() -> Json {
    let mut operations = list(reference("Operation"));
    operations["maxItems"] = json!(OPERATIONS_MAX);
    closed(
        json!({
            "operations": operations,
            "conditions": list(reference("Condition")),
            "message": { "type": "string", "maxLength": MESSAGE_BYTES_MAX, "description": "Why; the log keeps it." },
            "confirm_within_ms": {
                "type": "integer", "minimum": CONFIRM_MS_MIN, "maximum": CONFIRM_MS_MAX,
                "description": "The commit is taken back unless it is confirmed in time.",
            },
            "confirm": { "type": "string", "description": "The pending commit that this one becomes a part of." },
        }),
        &[],
    )
}

fn operation() -> Json {
    let version = json!({
        "type": "integer", "minimum": 0, "description": "Only if the node has this version right before the commit.",
    });
    let state = json!({
        "description": "A version, a count back such as -1, a tag or a time.",
        "oneOf": [{ "type": "integer" }, { "type": "string", "minLength": 1 }],
    });
    let with_value = |verb: &str| {
        closed(json!({ verb: path(), "value": reference("Value"), "version": version.clone() }), &[verb, "value"])
    };
    json!({ "oneOf": [
        with_value("put"),
        with_value("merge"),
        closed(json!({ "delete": path(), "version": version.clone() }), &["delete"]),
        closed(json!({ "rollback": path(), "version": state }), &["rollback", "version"]),
    ] })
}

fn condition() -> Json {
    let of = |kind: &str, schema: Json| closed(json!({ "path": path(), kind: schema }), &["path", kind]);
    json!({
        "description": "What must hold of a node right before the commit.",
        "oneOf": [
            of("version", whole()),
            of("present", json!({ "const": true })),
            of("absent", json!({ "const": true })),
            of("equal", reference("Value")),
        ],
    })
}

/// As RFC 6902 has it; members that an operation has no use for are passed over.
fn patch_operation() -> Json {
    let of = |verbs: &[&str], members: Json, always: &[&str]| {
        let mut operation = object(members, always);
        operation["properties"]["op"] = json!({ "enum": verbs });
        operation["properties"]["path"] = pointer();
        operation
    };
    json!({ "oneOf": [
        of(&["add", "replace", "test"], json!({ "value": reference("Value") }), &["op", "path", "value"]),
        of(&["remove"], json!({}), &["op", "path"]),
        of(&["move", "copy"], json!({ "from": pointer() }), &["op", "path", "from"]),
    ] })
}

fn pointer() -> Json {
    json!({ "type": "string", "pattern": "^(/([^~/]|~[01])*)*$", "examples": ["/mtu"] })
}

fn arguments() -> Json {
    closed(
        json!({
            "args": { "type": ["array", "null"], "items": reference("Value"), "description": "By position." },
            "kwargs": { "type": ["object", "null"], "description": "By name." },
        }),
        &[],
    )
}
