//! The methods and views of plugins in service, in the document.
//!
//! Invariant: what plugins add is bounded; what finds no room is named.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json, json};
use tega_engine::port::{MethodReport, PluginReport, PluginState, ViewReport};
use tega_tree::Path;

use super::embedded::{LeftOut, embedded};
use super::operation;
use crate::data::{encoded, url_of};
use crate::limits::DOCUMENT_PLUGINS_BYTES_MAX;

/// Adds what plugins offer to the document.
pub(super) fn add(document: &mut Json, reports: &[PluginReport]) {
    let mut adding = Adding::new(document);
    let mut tags = Vec::new();
    for report in reports.iter().filter(|report| is_described(report)) {
        let mut left_out = 0;
        for method in &report.methods {
            left_out += usize::from(!adding.method(report, method));
        }
        for view in &report.views {
            left_out += usize::from(!adding.view(report, view));
        }
        let mut about = report.summary.clone().unwrap_or_default();
        if left_out > 0 {
            about =
                format!("{about}\n\n{left_out} of its methods and views are left out: there is no room for them here.");
        }
        tags.push(json!({ "name": report.name, "description": about.trim() }));
    }
    let Adding { paths, schemas, .. } = adding;
    document["tags"] = tags.into();
    for (place, added) in [("/paths", paths), ("/components/schemas", schemas)] {
        if let Some(members) = document.pointer_mut(place).and_then(Json::as_object_mut) {
            members.extend(added);
        }
    }
}

/// Whether a plugin has anything to be called for: one that is held back for a moment, too.
pub(super) fn is_described(report: &PluginReport) -> bool {
    let is_there = matches!(report.state, PluginState::Running | PluginState::HeldBack | PluginState::Quarantined);
    is_there && !(report.methods.is_empty() && report.views.is_empty())
}

/// What is added, and which names are taken.
struct Adding {
    paths: Map<String, Json>,
    schemas: Map<String, Json>,
    ids: BTreeSet<String>,
    names: BTreeSet<String>,
    bytes: usize,
}

impl Adding {
    fn new(document: &Json) -> Self {
        let names = document["components"]["schemas"].as_object().into_iter().flat_map(Map::keys).cloned().collect();
        Self { paths: Map::new(), schemas: Map::new(), ids: BTreeSet::new(), names, bytes: 0 }
    }

    /// Whether there was room for a method.
    fn method(&mut self, report: &PluginReport, method: &MethodReport) -> bool {
        let mut notes = Vec::new();
        let mut further = Vec::new();
        let mut part = |adding: &mut Self, schema: Option<&Json>, what: &str, word: &str| -> Option<Json> {
            let name = format!("{}.{word}", method.path);
            match adding.embedded(schema?, &name) {
                Ok(schemas) => {
                    let reference = schemas.first().map(|(name, _)| reference(name));
                    further.extend(schemas);
                    reference
                }
                Err(reason) => {
                    notes.push(format!("The JSON Schema of its {what} is left out: {reason}."));
                    None
                }
            }
        };
        let parameters = part(self, method.parameters.as_ref(), "arguments", "arguments");
        let returns = part(self, method.returns.as_ref(), "result", "result");
        let mut operation = operation::of_call(&fresh(&mut self.ids, &words("call", &method.path)));
        operation["tags"] = json!([report.name]);
        operation["summary"] = json!(or(&method.summary, "call the method"));
        if !notes.is_empty() {
            operation["description"] = json!(notes.join(" "));
        }
        let is_optional = parameters.is_none();
        let schema = parameters.unwrap_or_else(|| reference("NamedArguments"));
        operation["requestBody"] =
            json!({ "required": !is_optional, "content": { "application/json": { "schema": schema } } });
        let result = json!({ "type": "object", "properties": { "result": returns.unwrap_or(json!({})) }, "required": ["result"] });
        operation["responses"]["200"] =
            json!({ "description": "It is done.", "content": { "application/json": { "schema": result } } });
        let place = format!("/_rpc/{}", encoded(&method.path));
        let options = operation::of_options(&fresh(&mut self.ids, &words("of_call", &method.path)));
        self.take(place, json!({ "post": operation, "options": options }), further)
    }

    /// Whether there was room for a view.
    fn view(&mut self, report: &PluginReport, view: &ViewReport) -> bool {
        // What is a command is none.
        let Some(place) = Path::parse(&view.path).ok().map(|path| url_of(&path)).filter(|url| !url.starts_with("/_"))
        else {
            return false;
        };
        let mut operation = operation::of_view(&fresh(&mut self.ids, &words("view", &view.path)));
        operation["tags"] = json!([report.name]);
        operation["summary"] = json!(or(&view.summary, "read what the plugin computes"));
        self.take(place, json!({ "get": operation }), Vec::new())
    }

    fn embedded(&mut self, schema: &Json, name: &str) -> Result<Vec<(String, Json)>, LeftOut> {
        let names = &mut self.names;
        embedded(schema, name, &mut |wanted| fresh(names, wanted))
    }

    fn take(&mut self, place: String, item: Json, schemas: Vec<(String, Json)>) -> bool {
        let bytes = item.to_string().len() + schemas.iter().map(|(_, schema)| schema.to_string().len()).sum::<usize>();
        if self.bytes + bytes > DOCUMENT_PLUGINS_BYTES_MAX || self.paths.contains_key(&place) {
            return false;
        }
        self.bytes += bytes;
        self.paths.insert(place, item);
        self.schemas.extend(schemas);
        true
    }
}

fn reference(name: &str) -> Json {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn or<'a>(text: &'a str, other: &'a str) -> &'a str {
    if text.trim().is_empty() { other } else { text }
}

/// A name that programs can have for a thing at a path.
fn words(begin: &str, path: &str) -> String {
    let words = path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    std::iter::once(begin).chain(words).collect::<Vec<_>>().join("_")
}

/// A name that is not taken yet, of the letters that names in the document have.
fn fresh(taken: &mut BTreeSet<String>, wanted: &str) -> String {
    let is_fit = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let wanted: String = wanted.chars().map(|c| if is_fit(c) { c } else { '_' }).collect();
    let further = (2_usize..).map(|number| format!("{wanted}_{number}"));
    let free = std::iter::once(wanted.clone()).chain(further).find(|name| !taken.contains(name));
    let name = free.unwrap_or_default();
    taken.insert(name.clone());
    name
}
