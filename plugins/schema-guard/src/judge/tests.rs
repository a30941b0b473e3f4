//! What is refused, where, and in which words.

use serde_json::json;

use super::*;

/// Holds a value against a schema; gives the place, and the reason behind a colon, or `fits`.
fn told(schema: &Value, value: &Value) -> String {
    let result = Schema::compile(&schema.to_string()).and_then(|schema| schema.check(value));
    match result {
        Ok(()) => "fits".into(),
        Err(Fault { place, reason }) => format!("{}: {reason}", tega_plugin::path::text(&place)),
    }
}

fn check(schema: Value, value: Value, expected: &str) {
    assert_eq!(told(&schema, &value), expected, "{schema} with {value}");
}

#[test]
fn a_value_that_fits_passes() {
    let device = json!({"type": "object", "properties": {"mtu": {"type": "integer", "maximum": 9216}}});
    check(json!({"additionalProperties": device}), json!({"ne1": {"mtu": 9216, "name": "NE1"}}), "fits");
    check(json!(true), json!(1), "fits");
}

#[test]
fn a_fault_names_the_node_and_the_rule() {
    let device = json!({"properties": {"mtu": {"type": "integer", "maximum": 9216}}, "required": ["name"]});
    let schema = json!({"additionalProperties": device});
    check(
        schema.clone(),
        json!({"ne1": {"name": "NE1", "mtu": 10000}}),
        "ne1.mtu: must be <= 9216, but is 10000 (maximum)",
    );
    check(
        schema.clone(),
        json!({"ne1": {"name": "NE1", "mtu": "big"}}),
        r#"ne1.mtu: must be integer, but is "big" (type)"#,
    );
    check(schema, json!({"10.0.0.1": {"mtu": 5}}), r#""10.0.0.1": must have "name" (required)"#);
}

#[test]
fn each_rule_is_told_in_its_own_words() {
    check(json!({"enum": ["a", 1]}), json!("b"), r#": must be one of "a", 1, but is "b" (enum)"#);
    check(json!({"const": 5}), json!({}), ": must be 5, but is an object (const)");
    check(json!({"minimum": 0.5}), json!(0), ": must be >= 0.5, but is 0 (minimum)");
    check(json!({"exclusiveMaximum": 5}), json!(5), ": must be < 5, but is 5 (exclusiveMaximum)");
    check(json!({"multipleOf": 5}), json!(7), ": must be a multiple of 5, but is 7 (multipleOf)");
    check(json!({"maxLength": 2}), json!("abc"), ": must have <= 2 characters, but has 3 (maxLength)");
    check(json!({"pattern": "^ne"}), json!("x"), r#": must match "^ne", but is "x" (pattern)"#);
    check(json!({"format": "ipv4"}), json!("10.0.0"), r#": must be a valid ipv4, but is "10.0.0" (format)"#);
    check(json!({"items": {"type": "string"}}), json!(["a", 5]), "1: must be string, but is 5 (type)");
    check(
        json!({"uniqueItems": true}),
        json!([1, 2, 1]),
        ": must not hold an item twice, but items 0 and 2 are equal (uniqueItems)",
    );
    check(
        json!({"properties": {"a": {}}, "additionalProperties": false}),
        json!({"a": 1, "b": 2}),
        r#": must not have "b" (additionalProperties)"#,
    );
    check(
        json!({"propertyNames": {"maxLength": 2}}),
        json!({"abc": 1}),
        r#": has a member with the wrong name "abc": must have <= 2 characters, but has 3 (maxLength) (propertyNames)"#,
    );
    check(
        json!({"dependentRequired": {"a": ["b"]}}),
        json!({"a": 1}),
        r#": must have "b" because it has "a" (dependentRequired)"#,
    );
    check(json!({"properties": {"a": false}}), json!({"a": 1}), "a: must not be there (false)");
    check(json!({"not": {"type": "string"}}), json!("x"), r#": must not be as it is, "x" (not)"#);
    check(json!({"contains": {"const": 1}}), json!([2]), ": no items match contains schema (contains)");
}

#[test]
fn where_alternatives_fail_each_says_why() {
    let schema = json!({"properties": {"port": {"anyOf": [
        {"type": "integer"},
        {"properties": {"name": {"type": "string"}}, "type": "object"},
    ]}}});
    check(
        schema,
        json!({"port": {"name": 5}}),
        "port: fits none of the alternatives: must be integer, but is an object (type); or name: must be string, but is 5 \
         (type) (anyOf)",
    );
    check(
        json!({"oneOf": [{"minimum": 1}, {"minimum": 2}]}),
        json!(3),
        ": must fit only one alternative, but fits 0 and 1 (oneOf)",
    );
}

#[test]
fn references_within_the_schema_work() {
    let schema = json!({"$defs": {"mtu": {"maximum": 9216}}, "additionalProperties": {"$ref": "#/$defs/mtu"}});
    check(schema, json!({"a": 10000}), "a: must be <= 9216, but is 10000 (maximum)");
}

#[test]
fn a_long_value_is_cut() {
    let long = "x".repeat(100);
    let expected = format!(": must be integer, but is \"{}... (type)", "x".repeat(59));
    check(json!({"type": "integer"}), json!(long), &expected);
}

#[test]
fn what_is_no_schema_is_refused_with_its_place() {
    check(
        json!({"properties": {"mtu": {"maximum": "big"}}}),
        json!(1),
        r#"properties.mtu.maximum: is no valid JSON Schema: must be number, but is "big" (type)"#,
    );
    check(json!(5), json!(1), ": is no valid JSON Schema: must be boolean or object, but is 5 (type)");
    check(json!({"$ref": "#/$defs/none"}), json!(1), ": refers to #/$defs/none, where there is nothing");
    check(json!({"$ref": "#none"}), json!(1), ": refers to #none, where there is nothing");
    let pattern = |pattern: &str| json!({"properties": {"a": {"pattern": pattern}}});
    check(
        pattern("["),
        json!(1),
        r#"properties.a.pattern: is no valid JSON Schema: must be a valid regex, but is "[" (format)"#,
    );
    // Looking ahead would need backtracking, which can take for ever; and this one is small only as text.
    assert!(told(&pattern("(?=a)"), &json!(1)).starts_with("properties.a.pattern: is no valid JSON Schema: "));
    let huge = "can't be used: Compiled regex exceeds size limit of 10485760 bytes.";
    check(pattern("(a{1000}){1000}"), json!(1), &format!(": {huge}"));
    let members = json!({"patternProperties": {"(a{1000}){1000}": {}}});
    let huge = "Compiled regex exceeds size limit of 10485760 bytes.";
    check(members, json!(1), &format!(r#"patternProperties: "(a{{1000}}){{1000}}" is no regular expression: {huge}"#));
}

#[test]
fn nothing_is_fetched() {
    for url in ["https://example.com/device.json", "file:///etc/hostname", "other"] {
        let told = told(&json!({"$ref": url}), &json!(1));
        assert!(told.ends_with("schemas elsewhere are not fetched; keep them under $defs"), "{told}");
    }
}

#[test]
fn the_standards_own_schema_is_known() {
    let schema = json!({"$ref": "https://json-schema.org/draft/2020-12/schema"});
    check(schema.clone(), json!({"type": "string"}), "fits");
    assert_ne!(told(&schema, &json!({"type": 5})), "fits");
}
