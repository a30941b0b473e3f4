//! The JSON Schemas of what is sent and answered.
//!
//! ```text
//! mod.rs      all of them, and those that others are made of
//! sent.rs     bodies of requests
//! commits.rs  what is told of commits
//! state.rs    what is told of nodes, roots, locks and sessions;  plugins.rs: of plugins
//! ```

mod commits;
mod plugins;
mod sent;
mod state;

use serde_json::{Map, Value as Json, json};

/// All of them, by name.
pub(super) fn all() -> Map<String, Json> {
    let mut schemas = Map::new();
    for (name, schema) in
        own().into_iter().chain(sent::all()).chain(commits::all()).chain(state::all()).chain(plugins::all())
    {
        schemas.insert(name.to_owned(), schema);
    }
    schemas
}

/// The schemas of a file, with their names.
type Named = Vec<(&'static str, Json)>;

fn own() -> Named {
    vec![
        ("Value", json!({ "description": "Any JSON value." })),
        ("Names", json!({ "type": "array", "items": { "type": "string" } })),
        ("NamesByName", by_name(reference("Names"))),
        (
            "Versions",
            json!({
                "description": "Versions by the names of roots.", "type": "object", "additionalProperties": whole(),
            }),
        ),
        ("OpenApi", json!({ "description": "An OpenAPI 3.1 document.", "type": "object" })),
        ("Problem", problem()),
    ]
}

fn problem() -> Json {
    let mut problem = object(
        json!({
            "type": { "type": "string", "description": "Tells one refusal from another." },
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "detail": { "type": "string", "description": "What is wrong, and what would be right." },
        }),
        &["type", "title", "status", "detail"],
    );
    problem["description"] = json!("Why a request was refused (RFC 9457). Further members hold the facts.");
    problem["additionalProperties"] = json!(true);
    problem
}

fn reference(name: &str) -> Json {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn list(items: Json) -> Json {
    json!({ "type": "array", "items": items })
}

fn by_name(values: Json) -> Json {
    json!({ "type": "object", "additionalProperties": values })
}

/// An object with these members, some of which are always there. Others may come with later versions.
fn object(members: Json, always: &[&str]) -> Json {
    json!({ "type": "object", "properties": members, "required": always })
}

/// The same, where other members are refused.
fn closed(members: Json, always: &[&str]) -> Json {
    json!({ "type": "object", "properties": members, "required": always, "additionalProperties": false })
}

fn whole() -> Json {
    json!({ "type": "integer", "minimum": 0 })
}

fn text() -> Json {
    json!({ "type": "string" })
}

fn time() -> Json {
    json!({ "type": "string", "format": "date-time" })
}

fn path() -> Json {
    crate::described::PATH.required().schema()
}
