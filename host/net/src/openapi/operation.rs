//! One use of a path as an operation of the document.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use crate::answer::problem::Kind;
use crate::command::Command;
use crate::data;
use crate::described::refusals::ANY;
use crate::described::{Argument, Content, Domain, PATH, Place, Use};

/// What a call of a method gives and how it is refused, for a method of its own place in the document.
pub(super) fn of_call(id: &str) -> Json {
    let mut operation = Command::Call.uses().first().map_or_else(|| json!({}), |used| of(used, NODE));
    operation["operationId"] = json!(id);
    operation.as_object_mut().and_then(|members| members.remove("description"));
    operation
}

/// What a read of a node gives and how it is refused, without what only nodes that are stored have.
pub(super) fn of_view(id: &str) -> Json {
    let mut operation = data::USES.first().map_or_else(|| json!({}), |used| of(used, NODE));
    operation["operationId"] = json!(id);
    for member in ["parameters", "description"] {
        operation.as_object_mut().and_then(|members| members.remove(member));
    }
    if let Some(responses) = operation["responses"].as_object_mut() {
        responses.remove("304");
        responses.insert(
            "200".to_owned(),
            json!({ "description": "It is done.", "content": content(&[Content::Json("Value")]) }),
        );
    }
    operation
}

/// A use as an operation.
pub(super) fn of(used: &Use, name: &str) -> Json {
    let mut responses = refusals(used, WithBody::Yes);
    if let Some(status) = used.status {
        responses.insert(status.to_string(), done(used, WithBody::Yes));
    }
    let mut operation = begun(used, used.verb, name);
    if !used.body.is_empty() {
        let content: Map<String, Json> = used
            .body
            .iter()
            .map(|(kind, schema)| ((*kind).to_owned(), json!({ "schema": reference(schema) })))
            .collect();
        operation["requestBody"] = json!({ "required": !used.is_body_optional, "content": content });
    }
    operation["responses"] = Json::Object(responses);
    operation
}

/// HEAD of what takes GET.
pub(super) fn of_head(used: &Use, name: &str) -> Json {
    let mut responses = refusals(used, WithBody::No);
    responses.insert("200".to_owned(), done(used, WithBody::No));
    let mut operation = begun(used, "HEAD", name);
    operation["summary"] = json!(format!("{}: the headers alone", used.summary()));
    operation["responses"] = Json::Object(responses);
    operation
}

/// OPTIONS of any path.
pub(super) fn of_options(name: &str) -> Json {
    let of_paths = if name == NODE { &[Kind::NoCommand, Kind::PathTooLong][..] } else { &[] };
    let mut responses = responses_of(&[of_paths, ANY].concat(), WithBody::Yes);
    let allow = json!({ "description": "The HTTP methods that the path takes.", "schema": { "type": "string" } });
    responses.insert("204".to_owned(), json!({ "description": "In its headers.", "headers": { "Allow": allow } }));
    json!({ "operationId": id("OPTIONS", name), "summary": "which HTTP methods the path takes", "responses": responses })
}

/// The name of the data paths.
const NODE: &str = "node";

/// The parameter of the data paths.
pub(super) fn path() -> Json {
    let about = "The node: names joined by dots or slashes, a name with one of these in quotes; an array is read into by index.";
    json!({ "name": "path", "in": "path", "required": true, "description": about, "schema": PATH.required().schema() })
}

/// The parameter of a command whose name has a segment of any text.
pub(super) fn segment(name: &str) -> Json {
    let about = match name {
        "method" => "The method, such as `hello.greet`.",
        _ => "The plugin's name.",
    };
    json!({ "name": name, "in": "path", "required": true, "description": about, "schema": { "type": "string", "minLength": 1 } })
}

/// Whether an answer has a body: that to HEAD has none.
#[derive(Clone, Copy, PartialEq, Eq)]
enum WithBody {
    Yes,
    No,
}

fn begun(used: &Use, verb: &str, name: &str) -> Json {
    let mut operation = json!({ "operationId": id(verb, name), "summary": used.summary() });
    if !used.note.is_empty() {
        operation["description"] = json!(used.note);
    }
    let parameters: Vec<Json> = used.all_arguments().map(parameter).collect();
    if !parameters.is_empty() {
        operation["parameters"] = Json::Array(parameters);
    }
    operation
}

fn id(verb: &str, name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    std::iter::once(verb.to_lowercase().as_str()).chain(words).collect::<Vec<_>>().join("_")
}

fn parameter(argument: &Argument) -> Json {
    let place = match argument.place {
        Place::Query => "query",
        Place::Header => "header",
    };
    json!({
        "name": argument.name,
        "in": place,
        "required": argument.is_required,
        "description": argument.about,
        "schema": argument.schema(),
    })
}

fn reference(schema: &str) -> Json {
    json!({ "$ref": format!("#/components/schemas/{schema}") })
}

/// What is answered where all is well.
fn done(used: &Use, with_body: WithBody) -> Json {
    let description = if used.status == Some(101) { "The socket is open." } else { "It is done." };
    let mut response = json!({ "description": description });
    if with_body == WithBody::Yes && !used.gives.is_empty() {
        response["content"] = content(used.gives);
    }
    if !used.headers.is_empty() {
        response["headers"] = used.headers.iter().map(header).collect::<Map<_, _>>().into();
    }
    response
}

fn header(header: &Argument) -> (String, Json) {
    (header.name.to_owned(), json!({ "description": header.about, "schema": header.schema() }))
}

fn content(gives: &[Content]) -> Json {
    let mut content = Map::new();
    let mut json_forms = Vec::new();
    for given in gives {
        match given {
            Content::Json(schema) => json_forms.push(reference(schema)),
            Content::Text => {
                content.insert("text/plain".to_owned(), json!({ "schema": { "type": "string" } }));
            }
            Content::OpenMetrics => {
                content.insert("application/openmetrics-text".to_owned(), json!({ "schema": { "type": "string" } }));
            }
            Content::JsonLines => {
                content.insert("application/jsonl".to_owned(), json!({}));
            }
            Content::Events => {
                content.insert("text/event-stream".to_owned(), json!({}));
            }
        }
    }
    let schema = match &json_forms[..] {
        [] => return content.into(),
        [one] => one.clone(),
        several => json!({ "anyOf": several }),
    };
    content.insert("application/json".to_owned(), json!({ "schema": schema }));
    content.into()
}

/// The statuses with which it is refused; and where it can have an ETag, that the client has it already.
fn refusals(used: &Use, with_body: WithBody) -> Map<String, Json> {
    let mut responses = responses_of(&used.kinds(), with_body);
    let etag = used.headers.iter().find(|header| header.domain == Domain::ETags);
    if let Some(etag) = etag.filter(|_| used.verb == "GET") {
        let headers: Map<String, Json> = [header(etag)].into_iter().collect();
        let not_modified = json!({ "description": "The client has it already.", "headers": headers });
        responses.insert("304".to_owned(), not_modified);
    }
    responses
}

fn responses_of(kinds: &[Kind], with_body: WithBody) -> Map<String, Json> {
    let mut by_status: BTreeMap<u16, Vec<Kind>> = BTreeMap::new();
    for kind in kinds {
        by_status.entry(kind.status().as_u16()).or_default().push(*kind);
    }
    let mut responses = Map::new();
    for (status, kinds) in by_status {
        let titles: Vec<&str> = kinds.iter().map(|kind| kind.title()).collect();
        let mut response = json!({ "description": format!("{}.", titles.join("; ")) });
        if with_body == WithBody::Yes {
            let types: Vec<String> = kinds.iter().map(|kind| kind.urn()).collect();
            let mut problem = reference("Problem");
            problem["properties"] = json!({ "type": { "enum": types }, "status": { "const": status } });
            response["content"] = json!({
                "application/problem+json": { "schema": problem },
                "text/plain": { "schema": { "type": "string" } },
            });
        }
        responses.insert(status.to_string(), response);
    }
    responses
}
