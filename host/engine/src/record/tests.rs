//! A record as the line that the format draws.

use tega_tree::Version;

use super::*;
use crate::{Before, ConfirmId};

fn value(text: &str) -> Value {
    Value::from_json(text.as_bytes()).unwrap()
}

#[test]
fn a_record_is_the_line_that_the_format_draws_and_is_read_back() {
    let client = Arc::new(Author::client(Some("bob".into()), true));
    let plugin = Arc::new(Author::plugin("hello".into(), "1.0.0".into(), "ab12".into()));
    let put = Change::Put { path: Path::parse("hosts.\"10.0.0.1\".mtu").unwrap(), value: value("1.50") };
    let null = Change::Put { path: Path::parse("a").unwrap(), value: Value::Null };
    let delete = Change::Delete { path: Path::parse("a.b.c").unwrap(), parents: 1 };
    let node = tega_tree::Node::from_value(&value(r#"{"x":[1]}"#), Version(5));
    let before = Before { path: Path::parse("a.b").unwrap(), node: Some(node), made_root: false, made_parents: 0 };
    let absent = Before { path: Path::parse("c").unwrap(), node: None, made_root: true, made_parents: 0 };
    let record = Record {
        revision: Revision(7),
        time: "2026-11-23T01:02:03.000004Z".parse().unwrap(),
        author: Arc::clone(&client),
        message: Some("line\nbreak".into()),
        changes: vec![
            AuthoredChange { change: put, author: Arc::clone(&client), removed: Some("[1]".into()), ephemeral: None },
            AuthoredChange { change: null, author: client, removed: None, ephemeral: None },
            AuthoredChange { change: delete, author: plugin, removed: Some("{\"x\":[]}".into()), ephemeral: None },
        ],
        effects: vec![
            Effect::Tag { root: "a".into(), name: "golden".into(), version: Version(3) },
            Effect::Rollback { path: Path::parse("a.b").unwrap(), to: Version(2) },
            Effect::Confirm { id: ConfirmId("0a".into()), within_ms: 1000, before: vec![before, absent] },
            Effect::Cursor { plugin: "p".into(), at: Some("5eed.2:6".parse().unwrap()) },
            Effect::Cursor { plugin: "q".into(), at: None },
            Effect::Undone { id: ConfirmId("0a".into()), kept: vec![Path::parse("a.b").unwrap()] },
        ],
        hops: 2,
    };
    let line = concat!(
        r#"{"revision":7,"time":"2026-11-23T01:02:03.000004Z","author":{"kind":"client","name":"bob","proven":true},"#,
        r#""message":"line\nbreak","hops":2,"changes":[{"put":"hosts.\"10.0.0.1\".mtu","value":1.50,"removed":[1]},{"put":"a","value":null},"#,
        r#"{"delete":"a.b.c","parents":1,"removed":{"x":[]},"by":{"kind":"plugin","name":"hello","proven":true,"version":"1.0.0","digest":"ab12"}}],"#,
        r#""effects":[{"tag":{"root":"a","name":"golden","version":3}},{"rollback":{"path":"a.b","to":2}},"#,
        r#"{"confirm":{"id":"0a","within_ms":1000,"before":[{"path":"a.b","node":[5,{"x":[5,[1]]}]},{"path":"c","made_root":true}]}},"#,
        r#"{"cursor":{"plugin":"p","at":"5eed.2:6"}},{"cursor":{"plugin":"q"}},"#,
        r#"{"undone":{"id":"0a","kept":["a.b"]}}]}"#,
    );
    assert_eq!(String::from_utf8(record.encode()).unwrap(), line);
    let read = Record::decode(line.as_bytes(), Revision(7)).unwrap();
    assert_eq!((&read.changes, &read.author, read.time), (&record.changes, &record.author, record.time));
    assert_eq!(String::from_utf8(read.encode()).unwrap(), line);
}

#[test]
fn a_line_that_is_no_record_is_refused() {
    let head = r#"{"revision":1,"time":"2026-11-23T01:02:03Z","author":{"kind":"client","proven":false},"changes":["#;
    for (changes, fact) in [
        (r#"{"put":"a"}]}"#, "neither a put"),
        (r#"{"put":"a","value":1,"delete":"b"}]}"#, "neither a put"),
        (r#"{"put":"a..b","value":1}]}"#, "path"),
        (r#"{"put":"a","value":{"x":1,"x":2}}]}"#, "value"),
        (r#"{"put":"a","value":1,"later":2}]}"#, "form"),
        ("", "form"),
    ] {
        let error = Record::decode(format!("{head}{changes}").as_bytes(), Revision(1)).unwrap_err().to_string();
        assert!(error.contains(fact), "{changes}: {error}");
    }
    let error = Record::decode(format!("{head}]}}").as_bytes(), Revision(2)).unwrap_err().to_string();
    assert!(error.contains("revision 1 where revision 2"), "{error}");
}
