//! `/_openapi.json`: what the server takes and gives, as an OpenAPI 3.1 document.
//!
//! ```text
//! mod.rs        the document, and the answer
//! operation.rs  one use of a path as an operation
//! plugins.rs    the methods and views of plugins in service;  embedded.rs: their JSON Schemas
//! schemas/      the JSON Schemas of what is sent and answered
//! ```
//!
//! Invariant: it is made from what `described/` says of each use, which is what the server goes by; the tests hold each answer
//! that they get against it.

mod embedded;
mod operation;
mod plugins;
mod schemas;
#[cfg(test)]
pub(crate) mod tests;

use std::sync::LazyLock;

use bytes::Bytes;
use serde_json::{Map, Value as Json, json};
use tega_engine::Engine;
use tega_engine::port::PluginReport;

use crate::answer::response::{self, Response};
use crate::command::Command;
use crate::described::Use;
use crate::{data, manage};

static DOCUMENT: LazyLock<Bytes> = LazyLock::new(|| document().to_string().into());

const ABOUT: &str = "A versioned JSON tree. Every path that does not begin with `/_` is data; the others are commands. A request that is \
    refused is answered with a problem (RFC 9457) where `Accept` names `application/json`, and with its text alone otherwise. The \
    arguments of a POST may come in a body of the type `application/x-www-form-urlencoded` too, where it takes no other body. A \
    request whose line and headers are over 64 KiB is refused with 414 or 431, without content.";

/// Answers with the document as it is with the plugins that are in service now.
pub(crate) fn answer(engine: &Engine) -> Response {
    let reports = manage::reports(engine);
    if reports.iter().any(plugins::is_described) {
        response::json(document_with(&reports).to_string())
    } else {
        response::json(DOCUMENT.clone())
    }
}

fn document_with(reports: &[PluginReport]) -> Json {
    let mut document = document();
    plugins::add(&mut document, reports);
    document
}

/// The document.
fn document() -> Json {
    let mut paths = Map::new();
    paths.insert("/".to_owned(), path_item("home", manage::USES));
    let mut of_data = path_item("node", data::USES);
    of_data["parameters"] = json!([operation::path()]);
    paths.insert("/{path}".to_owned(), of_data);
    for command in Command::all() {
        let mut item = path_item(command.name(), command.uses());
        if let Some(segment) = command.segment() {
            item["parameters"] = json!([operation::segment(segment)]);
        }
        paths.insert(format!("/_{}", command.name()), item);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "tega",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "paths": paths,
        "components": { "schemas": schemas::all() },
    })
}

/// What can be done at a path, OPTIONS included.
fn path_item(name: &str, uses: &[Use]) -> Json {
    let mut item = Map::new();
    for used in uses {
        item.insert(used.verb.to_lowercase(), operation::of(used, name));
        if used.verb == "GET" && used.status == Some(200) {
            item.insert("head".to_owned(), operation::of_head(used, name));
        }
    }
    item.insert("options".to_owned(), operation::of_options(name));
    Json::Object(item)
}
