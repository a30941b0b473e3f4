//! Every answer that a test of this crate gets is held against the document.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use futures_util::FutureExt;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{Method, StatusCode};
use http_body_util::BodyExt;
use jsonschema::Validator;
use serde_json::{Value as Json, json};

use crate::answer::problem::Kind;
use crate::answer::response::{Body, Response};
use crate::command::Command;
use crate::openapi::document;

/// The document, where objects hold nothing else than what is described.
static CLOSED: LazyLock<Json> = LazyLock::new(|| {
    let mut document = document();
    close(&mut document);
    document
});

static VALIDATORS: LazyLock<Mutex<HashMap<String, Arc<Validator>>>> = LazyLock::new(Mutex::default);

fn close(json: &mut Json) {
    match json {
        Json::Object(members) => {
            if members.get("type") == Some(&json!("object"))
                && members.contains_key("properties")
                && !members.contains_key("additionalProperties")
            {
                members.insert("additionalProperties".to_owned(), json!(false));
            }
            members.values_mut().for_each(close);
        }
        Json::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

/// Holds an answer against the document.
pub(crate) fn hold(method: &Method, path: &str, response: &Response, kind: Option<Kind>) {
    let command = path.strip_prefix("/_").and_then(Command::named).map(|command| format!("/_{}", command.name()));
    let described = match &command {
        Some(described) => described,
        None if path == "/" => path,
        None => "/{path}",
    };
    let verb = method.as_str().to_lowercase();
    let told = format!("{method} {path} was answered with {} ({kind:?})", response.status());
    let operation = &CLOSED["paths"][described][&verb];
    if operation.is_null() {
        let is_unknown = matches!(kind, Some(Kind::WrongVerb | Kind::NoCommand));
        assert!(is_unknown, "{told}, but the method is not described");
        return;
    }
    let status = response.status().as_u16().to_string();
    let answer = &operation["responses"][&status];
    assert!(answer.is_object(), "{told}, which {described} does not have");
    let pointer = format!("/paths/{}/{verb}/responses/{status}", described.replace('~', "~0").replace('/', "~1"));
    if *method == Method::HEAD {
        return;
    }
    if let Some(kind) = kind {
        let types = &answer["content"]["application/problem+json"]["schema"]["properties"]["type"]["enum"];
        assert!(types.as_array().unwrap().contains(&json!(kind.urn())), "{told}, which {described} does not have");
    }
    let content_type = response.headers().get(CONTENT_TYPE).map(|kind| kind.to_str().unwrap());
    let Some(media) = content_type.map(|kind| kind.split(';').next().unwrap()) else {
        let optional = matches!(described, "/_rollback" | "/_cancel") || response.status() != StatusCode::OK;
        assert!(optional || answer["content"].is_null(), "{told}, and is empty");
        return;
    };
    let content = &answer["content"][media];
    assert!(content.is_object(), "{told} as {media}");
    if media.ends_with("json") && !response.headers().contains_key(CONTENT_ENCODING) {
        let pointer = format!("{pointer}/content/{}/schema", media.replace('/', "~1"));
        hold_body(&pointer, response.body(), &told);
    }
}

fn hold_body(pointer: &str, body: &Body, told: &str) {
    let Body::Left(whole) = body else { return };
    let body = whole.clone().collect().now_or_never().unwrap().unwrap().to_bytes();
    // Numbers that only text can hold are well in the tree.
    let Ok(body) = serde_json::from_slice::<Json>(&body) else { return };
    let validator = validator(pointer);
    let wrong: Vec<String> =
        validator.iter_errors(&body).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(wrong.is_empty(), "{told}, with a body that is not as described:\n{body}\n{wrong:#?}");
}

fn validator(pointer: &str) -> Arc<Validator> {
    let mut validators = VALIDATORS.lock().unwrap();
    let made = validators.entry(pointer.to_owned()).or_insert_with(|| {
        let mut schema = CLOSED.pointer(pointer).unwrap_or_else(|| panic!("no schema at {pointer}")).clone();
        schema["components"] = CLOSED["components"].clone();
        Arc::new(jsonschema::draft202012::new(&schema).unwrap())
    });
    Arc::clone(made)
}
