//! The document is valid, whole and true.

mod held;
mod plugins;
mod taken;

use std::collections::BTreeSet;

use jsonschema::draft202012;
use serde_json::Value as Json;

pub(crate) use held::hold;

use super::document;
use crate::command::Command;
use crate::tests::Server;

/// The schema of OpenAPI 3.1 documents.
const SCHEMA: &str = include_str!("../../../../../tests/fixtures/openapi/schema-2022-10-07.json");

/// The operations of the document: path, method, operation.
fn operations(document: &Json) -> Vec<(String, String, Json)> {
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (verb, operation) in item.as_object().unwrap().iter().filter(|(verb, _)| *verb != "parameters") {
            operations.push((path.clone(), verb.clone(), operation.clone()));
        }
    }
    operations
}

/// All values of a member of a name, at whatever place.
fn members<'a>(json: &'a Json, name: &str, found: &mut Vec<&'a Json>) {
    match json {
        Json::Object(members_of) => {
            found.extend(members_of.get(name));
            members_of.values().for_each(|value| members(value, name, found));
        }
        Json::Array(items) => items.iter().for_each(|item| members(item, name, found)),
        _ => {}
    }
}

/// Holds a document against the schema of such documents.
fn hold_valid(document: &Json) {
    let schema: Json = serde_json::from_str(SCHEMA).unwrap();
    let validator = draft202012::new(&schema).unwrap();
    let wrong: Vec<String> =
        validator.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(!validator.is_valid(&serde_json::json!({ "openapi": "3.1.0" })));
}

#[test]
fn the_document_is_valid_openapi_3_1() {
    let document = document();
    hold_valid(&document);
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
}

#[test]
fn each_schema_is_one_and_each_reference_leads_to_one() {
    hold_references(&document());
}

/// Each schema is one, each reference leads to one, and to each leads one.
fn hold_references(document: &Json) {
    let mut schemas: Vec<&Json> = document["components"]["schemas"].as_object().unwrap().values().collect();
    members(&document["paths"], "schema", &mut schemas);
    assert!(schemas.len() > 100, "{}", schemas.len());
    for schema in schemas {
        assert!(draft202012::meta::is_valid(schema), "{schema}");
    }
    let mut references = Vec::new();
    members(document, "$ref", &mut references);
    assert!(references.len() > 50, "{}", references.len());
    let mut used = BTreeSet::new();
    for reference in references {
        let pointer = reference.as_str().unwrap().strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
        used.insert(pointer.rsplit('/').next().unwrap().to_owned());
    }
    let known: BTreeSet<String> = document["components"]["schemas"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(known, used, "a schema that nothing leads to says nothing");
}

#[test]
fn each_operation_has_an_id_of_its_own_and_declares_the_parameters_of_its_path() {
    let document = document();
    let operations = operations(&document);
    let ids: BTreeSet<&str> =
        operations.iter().map(|(_, _, operation)| operation["operationId"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), operations.len());
    for (path, _, _) in &operations {
        let in_path: Vec<&str> = path.split('{').skip(1).map(|part| part.split('}').next().unwrap()).collect();
        let declared = document["paths"][path]["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
        let declared: Vec<&str> =
            declared.iter().filter(|one| one["in"] == "path").map(|one| one["name"].as_str().unwrap()).collect();
        assert_eq!(in_path, declared, "{path}");
    }
    for (path, verb, operation) in &operations {
        let parameters = operation["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
        let names: BTreeSet<String> = parameters.iter().map(|one| format!("{} {}", one["in"], one["name"])).collect();
        assert_eq!(names.len(), parameters.len(), "{verb} {path} says a parameter twice");
    }
}

#[test]
fn every_method_of_every_command_and_of_data_is_described() {
    let document = document();
    let verbs = |path: &str| -> BTreeSet<String> {
        let item = document["paths"][path].as_object().unwrap_or_else(|| panic!("{path} is not described"));
        item.keys().filter(|verb| *verb != "parameters").map(|verb| verb.to_uppercase()).collect()
    };
    let allowed = |allow: &str| -> BTreeSet<String> { allow.split(", ").map(str::to_owned).collect() };
    for command in Command::all() {
        let mut expected = allowed(command.verbs());
        expected.insert("OPTIONS".to_owned());
        assert_eq!(verbs(&format!("/_{}", command.name())), expected);
    }
    assert_eq!(verbs("/{path}"), allowed(crate::data::VERBS));
    assert_eq!(verbs("/"), allowed("GET, HEAD, OPTIONS"));
    assert_eq!(document["paths"].as_object().unwrap().len(), Command::all().count() + 2);
    for (path, verb, operation) in operations(&document) {
        let summary = operation["summary"].as_str().unwrap();
        assert!(!summary.is_empty() && !summary.contains('?'), "{verb} {path}: {summary}");
        for parameter in operation["parameters"].as_array().unwrap_or(&Vec::new()) {
            assert!(parameter["description"].as_str().unwrap().ends_with('.'), "{verb} {path}: {parameter}");
        }
    }
}

#[tokio::test]
async fn the_document_is_served_with_its_length_and_named_on_the_front_page() {
    let server = Server::start().await;
    let answer = server.send("GET", "/_openapi.json", "").await;
    assert_eq!((answer.status, answer.content_type.as_deref()), (200, Some("application/json")));
    assert_eq!(answer.length, Some(answer.body.len().to_string()));
    assert_eq!(answer.json(), document());
    let head = server.send("HEAD", "/_openapi.json", "").await;
    assert_eq!((head.body.as_str(), head.length), ("", answer.length));
    assert!(server.send("GET", "/", "").await.body.contains("GET /_openapi.json "));
}
