//! Events as they are sent.

use serde_json::{Value, json};
use tega_plugin::{AuthorKind, Delete, Put};

use super::*;
use crate::settings::Settings;

fn hook(mode: &str) -> Hook {
    let hook = json!({ "name": "audit", "url": "https://a.org", "patterns": ["inventory"], "mode": mode });
    serde_json::from_value::<Settings>(json!({ "hooks": [hook] })).unwrap().check().unwrap().hooks.remove(0)
}

fn put(names: &[&str], value: &str) -> Change {
    Change::Put(Put { path: names.iter().map(|&name| name.to_owned()).collect(), value: value.to_owned() })
}

fn commit(changes: Vec<Change>) -> Commit {
    Commit {
        revision: 7,
        time_us: 1_700_000_000_000_001,
        author: Author { kind: AuthorKind::Client, name: Some("ada".into()), proven: true },
        message: Some("jumbo".into()),
        changes,
    }
}

#[test]
fn a_commit_is_one_structured_event_with_what_the_hook_is_told_of() {
    let path = vec!["inventory".to_owned(), "ne1".to_owned(), "up time".to_owned()];
    let changes = vec![
        put(&["inventory", "ne1", "mtu"], "1.50"),
        put(&["elsewhere"], "1"),
        Change::Delete(Delete { path, removed: Some("{\"a\": 1}".into()) }),
    ];
    let event = of_commit(&commit(changes), &hook("structured"), "/tega").unwrap().unwrap();
    assert_eq!(event.id, "7-1700000000000001-audit");
    assert_eq!(event.headers, [("content-type", "application/cloudevents+json; charset=utf-8".to_owned())]);
    let text = String::from_utf8(event.body).unwrap();
    // Numbers keep their text.
    assert!(text.contains(r#""value":1.50"#), "{text}");
    assert_eq!(
        serde_json::from_str::<Value>(&text).unwrap(),
        json!({
            "specversion": "1.0",
            "id": "7-1700000000000001-audit",
            "source": "/tega",
            "type": "tega.commit",
            "time": "2023-11-14T22:13:20.000001Z",
            "subject": "inventory.ne1",
            "datacontenttype": "application/json",
            "data": {
                "revision": 7,
                "author": { "kind": "client", "name": "ada", "proven": true },
                "message": "jumbo",
                "items": [
                    { "put": { "path": "inventory.ne1.mtu", "value": 1.5 } },
                    { "delete": { "path": "inventory.ne1.\"up time\"", "value": { "a": 1 } } },
                ],
            },
        })
    );
}

#[test]
fn a_binary_event_has_its_attributes_in_the_header_and_its_data_in_the_body() {
    let event = of_commit(&commit(vec![put(&["inventory", "ä b%"], "1")]), &hook("binary"), "/tega").unwrap().unwrap();
    assert_eq!(
        event.headers,
        [
            ("content-type", "application/json"),
            ("ce-specversion", "1.0"),
            ("ce-id", "7-1700000000000001-audit"),
            ("ce-source", "/tega"),
            ("ce-type", "tega.commit"),
            ("ce-time", "2023-11-14T22:13:20.000001Z"),
            ("ce-subject", "inventory.%22%C3%A4%20b%25%22"),
        ]
        .map(|(name, value)| (name, value.to_owned()))
    );
    assert_eq!(serde_json::from_slice::<Value>(&event.body).unwrap()["revision"], 7);
}

#[test]
fn a_hook_hears_nothing_of_what_is_elsewhere_and_of_gaps_always() {
    let elsewhere = commit(vec![put(&["elsewhere"], "1")]);
    assert_eq!(of_commit(&elsewhere, &hook("structured"), "/tega").unwrap(), None);
    let gap = of_gap(3, 5, &hook("structured"), "/tega").unwrap();
    let told: Value = serde_json::from_slice(&gap.body).unwrap();
    assert_eq!((&told["type"], &told["data"]), (&json!("tega.gap"), &json!({ "first": 3, "last": 5 })));
}

#[test]
fn changes_of_two_roots_have_no_subject() {
    let one = put(&["a", "b"], "1");
    assert_eq!(subject(&[&one, &put(&["c"], "1")]), None);
    assert_eq!(subject(&[&one]), Some("a.b".into()));
}
