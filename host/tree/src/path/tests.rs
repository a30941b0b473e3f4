//! The shared examples of paths.

use serde_json::Value as Json;

use super::*;
use crate::limits::{NAME_BYTES_MAX, PATH_BYTES_MAX};

const FIXTURE: &str = include_str!("../../../../tests/fixtures/paths.json");

fn read(example: &Json) -> Result<ReadPath, PathError> {
    match (&example["dotted"], &example["url"]) {
        (Json::String(text), Json::Null) => ReadPath::parse(text),
        (Json::Null, Json::String(text)) => ReadPath::parse_url(text),
        _ => panic!("{example} has not one form"),
    }
}

fn step(json: &Json) -> Step {
    match json {
        Json::String(name) => Step::Name(Name::from(name.as_str())),
        member => Step::Member {
            name: Name::from(member["member"].as_str().unwrap()),
            text: member["text"].as_str().unwrap().into(),
        },
    }
}

#[test]
fn the_shared_examples_are_read_as_they_say_and_written_so_that_they_are_read_again() {
    let fixture: Json = serde_json::from_str(FIXTURE).unwrap();
    let valid = fixture["valid"].as_array().unwrap();
    for example in valid {
        let steps: Vec<Step> = example["steps"].as_array().unwrap().iter().map(step).collect();
        let path = read(example).unwrap_or_else(|error| panic!("{example}: {error}"));
        assert_eq!(path.steps(), steps, "{example}");
        assert_eq!(ReadPath::parse(&path.to_string()).unwrap().steps(), steps, "{example} written as {path}");
    }
    let invalid = fixture["invalid"].as_array().unwrap();
    for example in invalid {
        let error = read(example).and_then(ReadPath::into_path).unwrap_err().to_string();
        assert!(error.contains(example["error"].as_str().unwrap()), "{example}: {error}");
    }
    assert!(valid.len() + invalid.len() >= 40);
}

#[test]
fn what_is_too_long_or_too_deep_is_refused_with_its_size() {
    let deep = ["a"; 101].join(".");
    let long_name = "n".repeat(NAME_BYTES_MAX + 1);
    let long = ["n"; 99].join(&"n".repeat(100)) + &"n".repeat(PATH_BYTES_MAX);
    assert_eq!(Path::parse(&deep).unwrap_err(), PathError::TooDeep { names: 101 });
    assert_eq!(Path::parse(&long_name).unwrap_err(), PathError::NameTooLong { bytes: NAME_BYTES_MAX + 1 });
    assert!(matches!(Path::parse(&long).unwrap_err(), PathError::TooLong { .. }));
    assert!(Path::parse(&["a"; 100].join(".")).is_ok());
}

#[test]
fn ancestors_end_at_the_root() {
    let path = Path::parse("a.b.c").unwrap();
    assert_eq!(path.parent().unwrap().to_string(), "a.b");
    assert_eq!(path.ancestor(2).unwrap().to_string(), "a");
    assert_eq!((path.ancestor(3), path.ancestor(4)), (None, None));
    assert!(path.is_at_or_below(&Path::parse("a.b").unwrap()));
    assert!(!path.is_at_or_below(&Path::parse("a.bb").unwrap()));
}
