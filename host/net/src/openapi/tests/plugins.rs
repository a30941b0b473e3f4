//! The methods and views of plugins in the document: valid whatever a plugin describes, and true to what it describes.

use std::collections::BTreeSet;
use std::sync::Arc;

use jsonschema::draft202012;
use serde_json::{Value as Json, json};
use tega_engine::port::{MethodReport, PluginReport, PluginState, ViewReport};

use super::{hold_references, hold_valid, operations};
use crate::limits::{DOCUMENT_PLUGINS_BYTES_MAX, SCHEMA_BYTES_MAX, SCHEMA_LEVELS_MAX};
use crate::openapi::document_with;
use crate::tests::Server;
use crate::tests::plugins_fake::{Fake, method, report};

fn taking(path: &str, parameters: Json) -> MethodReport {
    MethodReport { parameters: Some(parameters), ..method(path, "does it") }
}

fn with(methods: Vec<MethodReport>) -> PluginReport {
    PluginReport { methods, ..report("hello", PluginState::Running) }
}

/// The document with a plugin of these methods, which is sound.
fn sound(methods: Vec<MethodReport>) -> Json {
    let document = document_with(&[with(methods)]);
    hold_valid(&document);
    hold_references(&document);
    let operations = operations(&document);
    let ids: BTreeSet<&str> =
        operations.iter().map(|(_, _, operation)| operation["operationId"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), operations.len());
    document
}

/// The schema of the arguments of a method, with what it refers to.
fn arguments(document: &Json, place: &str) -> Json {
    let mut schema = document["paths"][place]["post"]["requestBody"]["content"]["application/json"]["schema"].clone();
    schema["components"] = document["components"].clone();
    schema
}

fn recursive() -> Json {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {
            "at": { "$ref": "#/$defs/Node" },
            "self": { "$ref": "#" },
            "count": { "type": "integer", "format": "uint8", "minimum": 0, "default": 3, "unknown": 1 },
        },
        "required": ["at"],
        "$defs": {
            "Node": {
                "type": "object",
                "properties": { "name": { "type": "string", "pattern": "^[a-z]+$" }, "next": { "$ref": "#/$defs/Node" } },
                "required": ["name"],
            },
        },
    })
}

#[test]
fn a_method_has_a_path_of_its_own_with_the_schemas_that_it_described() {
    let greet = MethodReport { returns: Some(json!({ "type": "string" })), ..taking("hello.greet", recursive()) };
    let document = sound(vec![greet, taking(r#"hello."a/{b}""#, json!(true)), method("hello.plain", "")]);
    let post = &document["paths"]["/_rpc/hello.greet"]["post"];
    assert_eq!((&post["operationId"], &post["tags"]), (&json!("call_hello_greet"), &json!(["hello"])));
    assert_eq!((&post["summary"], &post["description"]), (&json!("does it"), &Json::Null));
    assert!(post["responses"]["504"].is_object());
    let result = &post["responses"]["200"]["content"]["application/json"]["schema"]["properties"]["result"];
    assert_eq!(document.pointer(&result["$ref"].as_str().unwrap()[1..]), Some(&json!({ "type": "string" })));
    let schema = arguments(&document, "/_rpc/hello.greet");
    let taken = draft202012::new(&schema).unwrap();
    assert!(
        taken.is_valid(&json!({ "at": { "name": "a", "next": { "name": "b" } }, "self": { "at": { "name": "c" } } }))
    );
    for wrong in [
        json!({}),
        json!({ "at": { "name": "a", "next": { "name": "B" } } }),
        json!({ "at": { "name": "a" }, "self": {} }),
        json!({ "at": { "name": "a" }, "count": -1 }),
    ] {
        assert!(!taken.is_valid(&wrong), "{wrong}");
    }
    assert!(document["paths"]["/_rpc/hello.%22a%2F%7Bb%7D%22"]["post"].is_object());
    let plain = &document["paths"]["/_rpc/hello.plain"]["post"];
    assert_eq!(plain["requestBody"]["required"], json!(false));
    assert_eq!(document["tags"], json!([{ "name": "hello", "description": "" }]));
}

#[test]
fn names_that_come_to_the_same_are_told_apart() {
    let defined = |word: &str| json!({ "$ref": "#/$defs/a b", "$defs": { "a b": { "const": word } } });
    let document =
        sound(vec![taking("a.b_c", defined("x")), taking("a.b.c", defined("y")), taking("a.\"b c\"", defined("z"))]);
    for (place, word) in [("a.b_c", "x"), ("a.b.c", "y"), ("a.%22b%20c%22", "z")] {
        let taken = draft202012::new(&arguments(&document, &format!("/_rpc/{place}"))).unwrap();
        assert!(taken.is_valid(&json!(word)) && !taken.is_valid(&json!("w")), "{place}");
    }
}

#[test]
fn a_schema_that_would_break_the_document_is_left_out_with_the_reason() {
    let deep = (0..=SCHEMA_LEVELS_MAX).fold(json!({}), |inner, _| json!({ "items": inner }));
    for (schema, reason) in [
        (json!({ "description": "x".repeat(SCHEMA_BYTES_MAX) }), "it is over 65536 bytes"),
        (deep, "it is over 32 levels deep"),
        (json!({ "$ref": "https://evil.example/x.json" }), "it refers to \"https://evil.example/x.json\""),
        (json!({ "$ref": "#/components/schemas/Plugin" }), "it refers to"),
        (json!({ "$ref": "#/$defs/none" }), "it refers to"),
        (json!({ "items": { "$dynamicRef": "#x" } }), "it refers to"),
        (json!({ "$ref": "#" }), "nothing but a reference to itself"),
        (json!({ "anyOf": [{ "$ref": "#/$defs/a" }], "$defs": { "a": { "not": { "$ref": "#" } } } }), "to itself"),
        (
            json!({ "items": { "$ref": "#/$defs/a" }, "$defs": { "a": { "$ref": "#/$defs/b" }, "b": { "allOf": [{ "$ref": "#/$defs/a" }] } } }),
            "to itself",
        ),
        (json!({ "$ref": 5 }), "\"$ref\" in it is not"),
        (json!({ "properties": { "$ref": {} } }), "\"$ref\" in it is not"),
        (json!({ "default": [{ "$ref": "file:///etc/passwd" }] }), "\"default\" in it is not"),
        (json!({ "type": "text" }), "\"type\" in it is not"),
        (json!({ "type": [] }), "\"type\" in it is not"),
        (json!({ "required": ["a", "a"] }), "\"required\" in it is not"),
        (json!({ "required": true }), "\"required\" in it is not"),
        (json!({ "minLength": -1 }), "\"minLength\" in it is not"),
        (json!({ "multipleOf": 0 }), "\"multipleOf\" in it is not"),
        (json!({ "allOf": [] }), "\"allOf\" in it is not"),
        (json!({ "properties": [] }), "\"properties\" in it is not"),
        (json!({ "$defs": 1 }), "\"$defs\" in it is not"),
        (json!({ "patternProperties": { "(": {} } }), "\"(\" in it is not"),
        (json!({ "items": "x" }), "in it is not"),
        (json!(["x"]), "in it is not"),
        (json!(null), "in it is not"),
    ] {
        let document =
            sound(vec![taking("hello.odd", schema.clone()), taking("hello.good", json!({ "type": "object" }))]);
        let post = &document["paths"]["/_rpc/hello.odd"]["post"];
        let told = post["description"].as_str().unwrap();
        assert!(
            told.starts_with("The JSON Schema of its arguments is left out: ") && told.contains(reason),
            "{schema}: {told}"
        );
        assert!(document["components"]["schemas"]["hello.good.arguments"].is_object());
    }
}

#[test]
fn what_only_some_can_read_is_taken_without_it() {
    for pattern in ["(", "(?=a)", r"\p{L}", r"\z", "(?P<a>b)", "(?i)a"] {
        let document = sound(vec![taking("hello.odd", json!({ "type": "string", "pattern": pattern }))]);
        assert_eq!(document["components"]["schemas"]["hello.odd.arguments"], json!({ "type": "string" }), "{pattern}");
    }
    let whole = json!({ "type": "string", "pattern": r"^(?:[\w.-]+|\\)\d{1,3}$" });
    let document = sound(vec![taking("hello.odd", whole.clone())]);
    assert_eq!(document["components"]["schemas"]["hello.odd.arguments"], whole);
}

#[test]
fn what_plugins_add_is_bounded_and_what_finds_no_room_is_named() {
    let large = json!({ "description": "x".repeat(60_000) });
    let many = (0..200).map(|n| taking(&format!("hello.m{n}"), large.clone())).collect();
    let document = sound(many);
    assert!(document.to_string().len() < DOCUMENT_PLUGINS_BYTES_MAX + 1_000_000);
    let about = document["tags"][0]["description"].as_str().unwrap();
    assert!(about.contains("of its methods and views are left out"), "{about}");
    assert!(document["paths"]["/_rpc/hello.m0"].is_object() && document["paths"]["/_rpc/hello.m199"].is_null());
}

#[test]
fn a_view_is_a_path_that_is_read() {
    let view = |path: &str| ViewReport { path: path.to_owned(), summary: "counts".to_owned() };
    let views = vec![view("hello.count"), view(r#"hello."10.0.0.1""#), view("_openapi"), view("no..path")];
    let reports = [PluginReport { views, ..report("hello", PluginState::HeldBack) }];
    let document = document_with(&reports);
    hold_valid(&document);
    hold_references(&document);
    let get = &document["paths"]["/hello/count"]["get"];
    assert_eq!((&get["summary"], &get["tags"]), (&json!("counts"), &json!(["hello"])));
    assert!(get["responses"]["304"].is_null() && get["responses"]["404"].is_object());
    assert!(document["paths"]["/hello/%2210.0.0.1%22"].is_object());
    let about = document["tags"][0]["description"].as_str().unwrap();
    assert!(about.starts_with("2 of its methods and views are left out"), "{about}");
}

#[tokio::test]
async fn the_document_changes_with_the_plugins_in_service() {
    let server = Server::start().await;
    let plugins = Arc::new(Fake::new(Vec::new()));
    server.engine().set_plugins(Arc::clone(&plugins) as Arc<_>);
    let without = server.send("GET", "/_openapi.json", "").await.json();
    assert_eq!(without, crate::openapi::document());
    let reports = vec![with(vec![method("hello.greet", "greets")])];
    plugins.set(reports.clone());
    let answer = server.send("GET", "/_openapi.json", "").await;
    assert_eq!(answer.json(), document_with(&reports));
    plugins.set(vec![PluginReport { state: PluginState::Disabled, ..reports[0].clone() }]);
    assert_eq!(server.send("GET", "/_openapi.json", "").await.json(), without);
}
