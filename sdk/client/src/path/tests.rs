//! Unit tests of this room.

use percent_encoding::percent_decode_str;
use serde_json::json;

use super::*;

const FIXTURE: &str = include_str!("../../../../tests/fixtures/paths.json");

/// What the server alone refuses, by a part of its message.
const LEFT_TO_THE_SERVER: [&str; 2] = ["\"_value\" is reserved", "can only be read"];

fn fixture(kind: &str) -> Vec<Value> {
    let fixture: Value = serde_json::from_str(FIXTURE).unwrap();
    fixture[kind].as_array().unwrap().clone()
}

/// The steps that a server reads out of a URL: each segment decoded, and then read like the dotted form.
fn steps(url: &str) -> Value {
    let segments = url.trim_matches('/').split('/');
    segments
        .flat_map(|segment| {
            let text = percent_decode_str(segment).decode_utf8().unwrap().into_owned();
            let mut steps = Vec::new();
            let mut rest = text.as_str();
            while !rest.is_empty() {
                // What a URL may hold and the dotted form may not is a blank.
                let length = step_length(rest).unwrap_or_else(|_| rest.find('.').unwrap_or(rest.len()));
                steps.push(step(&rest[..length]));
                rest = rest[length..].trim_start_matches('.');
            }
            steps
        })
        .collect()
}

fn step(text: &str) -> Value {
    if text.starts_with('"') {
        return serde_json::from_str(text).unwrap();
    }
    match member_length(text) {
        Some(length) if length == text.len() => {
            let inner = &text[1..text.len() - 1];
            let (name, value) = inner.split_at(side_length(inner, '=').unwrap());
            json!({ "member": side(name), "text": side(&value[1..]) })
        }
        _ => text.into(),
    }
}

fn side(text: &str) -> String {
    serde_json::from_str(text).unwrap_or_else(|_| text.to_owned())
}

#[test]
fn a_url_made_of_a_shared_example_has_its_steps() {
    for example in fixture("valid") {
        let url = match &example["dotted"] {
            Value::String(dotted) => url_path(dotted).unwrap_or_else(|error| panic!("{example}: {error}")),
            _ => example["url"].as_str().unwrap().to_owned(),
        };
        assert_eq!(steps(&url), example["steps"], "{example} as {url}");
    }
}

#[test]
fn a_shared_example_that_is_no_path_is_refused_before_it_is_sent() {
    for example in fixture("invalid") {
        let Some(dotted) = example["dotted"].as_str() else { continue };
        let expected = example["error"].as_str().unwrap();
        match url_path(dotted) {
            Ok(url) => assert!(LEFT_TO_THE_SERVER.contains(&expected), "{example} became {url}"),
            Err(error) => assert!(error.to_string().contains(expected), "{example}: {error}"),
        }
    }
}

#[test]
fn a_url_holds_nothing_that_a_proxy_or_a_parser_of_urls_would_change() {
    let made = |dotted| url_path(dotted).unwrap();
    assert_eq!(made("inventory.ne1.name"), "/inventory/ne1/name");
    assert_eq!(made(r#"hosts."10.0.0.1".name"#), "/hosts/%2210.0.0.1%22/name");
    assert_eq!(made("a.b/c"), "/a/b%2Fc");
    assert_eq!(made("a.%41?x#y&z"), "/a/%2541%3Fx%23y%26z");
    assert_eq!(made(r#"a."..".b\c"#), "/a/%22..%22/b%5Cc");
    assert_eq!(made("größe"), "/gr%C3%B6%C3%9Fe");
    for dotted in [r#"a."..""#, r"a.b\c", "a.%2E%2E"] {
        let url = made(dotted);
        assert_eq!(reqwest::Url::parse(&format!("http://host{url}")).unwrap().path(), url);
    }
}

#[test]
fn a_name_written_into_a_path_is_one_step_of_it() {
    let names = ["", "a", "a.b", "a b", "\"", "\\", "*", "**", "~x", "(a=b)", "[", "a/b", "ü", "\n", "\u{a0}", "%41"];
    for name in names {
        let dotted = format!("root.{}", name_in_path(name));
        assert!(!dotted.contains(' '), "{dotted}");
        assert_eq!(steps(&url_path(&dotted).unwrap()), json!(["root", name]), "{dotted}");
    }
}
