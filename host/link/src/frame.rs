//! The frames, in the original's form: a first line of words, and for some a second line of JSON.
//!
//! Invariant: reading never panics, whatever comes; what is not understood is skipped and logged, for a connection that ended
//! there would end there again.

use tega_tree::{Change, Path, Value};

/// The number of the one request that a link makes.
const SYNC: &str = "1";

/// What the global node says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Incoming {
    /// It acknowledges the session, with its id.
    Acknowledged(String),
    /// It told all that is in the roots asked for.
    Synced,
    /// It changed something.
    Notify(Vec<Change>),
    /// Something that a link has no use for.
    Other,
}

/// Opens the session.
pub(crate) fn session(id: &str) -> String {
    format!("SESSION {id} global")
}

/// Asks to be told of each change of a root.
pub(crate) fn subscribe(root: &Path) -> String {
    // Frames are split at blanks, and only a name in quotes has one.
    format!("SUBSCRIBE {} global False", root.to_string().replace(' ', "\\u0020"))
}

/// Asks for all that is in some roots.
pub(crate) fn sync<'a>(roots: impl Iterator<Item = &'a Path>) -> String {
    let versions: Vec<String> =
        roots.map(|root| format!("{}: -1", serde_json::Value::from(root.to_string()))).collect();
    format!("REQUEST {SYNC} SYNC None None\n{{\"args\": null, \"kwargs\": {{{}}}}}", versions.join(", "))
}

/// A frame that tells of changes, being written.
#[derive(Debug)]
pub(crate) struct Notify(Vec<u8>);

impl Notify {
    pub(crate) fn new() -> Self {
        Self(b"NOTIFY\n[".to_vec())
    }

    /// Adds a change with its author's name. A removed node's value is not told: the other end knows it.
    pub(crate) fn push(&mut self, change: &Change, author: Option<&str>) {
        let (ope, value) = match change {
            Change::Put { value, .. } => ("PUT", value),
            Change::Delete { .. } => ("DELETE", &Value::Null),
        };
        if !self.0.ends_with(b"[") {
            self.0.extend_from_slice(b", ");
        }
        let path = serde_json::Value::from(change.path().to_string());
        let author = serde_json::Value::from(author);
        let head = format!(r#"{{"ope": "{ope}", "path": {path}, "tega_id": {author}, "instance": "#);
        self.0.extend_from_slice(head.as_bytes());
        value.write_json(&mut self.0);
        self.0.push(b'}');
    }

    /// The frame; none where nothing was added.
    pub(crate) fn finish(mut self) -> Option<String> {
        if self.0.ends_with(b"[") {
            return None;
        }
        self.0.push(b']');
        // Values and names are text, so nothing is lost here.
        Some(String::from_utf8(self.0).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
    }
}

/// Reads a frame of the global node.
pub(crate) fn read(text: &str) -> Incoming {
    let mut lines = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    let mut words = lines.next().unwrap_or_default().split(' ');
    match (words.next(), words.next(), words.next()) {
        (Some("SESSIONACK"), Some(id), _) => Incoming::Acknowledged(id.to_owned()),
        (Some("RESPONSE"), Some(SYNC), Some("SYNC")) => Incoming::Synced,
        (Some("NOTIFY"), _, _) => Incoming::Notify(changes(lines.next().unwrap_or_default())),
        _ => Incoming::Other,
    }
}

fn changes(line: &str) -> Vec<Change> {
    let items = match Value::from_json(line.as_bytes()) {
        Ok(Value::Array(items)) => items,
        Ok(_) => return skipped("a NOTIFY frame of the global node", &"its second line is no array"),
        Err(error) => return skipped("a NOTIFY frame of the global node", &error),
    };
    let mut changes = Vec::with_capacity(items.len());
    for item in items.iter() {
        let path = item.member("path").and_then(Value::as_str).unwrap_or_default();
        let Ok(path) = Path::parse_written(path) else {
            skipped("an item of the global node", &format!("{path:?} is no path"));
            continue;
        };
        match (item.member("ope").and_then(Value::as_str), item.member("instance")) {
            (Some("PUT"), Some(value)) => changes.push(Change::Put { path, value: value.clone() }),
            (Some("DELETE"), _) => changes.push(Change::Delete { path, parents: 0 }),
            (ope, _) => {
                skipped(
                    "an item of the global node",
                    &format!("{} at {path} is not understood", ope.unwrap_or("nothing")),
                );
            }
        }
    }
    changes
}

/// Logs what is skipped, and why.
fn skipped(what: &str, reason: &dyn std::fmt::Display) -> Vec<Change> {
    tracing::warn!(%reason, "{what} was skipped");
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> Path {
        Path::parse(text).unwrap()
    }

    #[test]
    fn frames_are_written_as_the_originals_nodes_write_them() {
        assert_eq!(session("edge1"), "SESSION edge1 global");
        assert_eq!(subscribe(&path("config-edge1")), "SUBSCRIBE config-edge1 global False");
        assert_eq!(subscribe(&path(r#""a b.c""#)), r#"SUBSCRIBE "a\u0020b.c" global False"#);
        assert_eq!(
            sync([path("a"), path(r#""b c""#)].iter()),
            "REQUEST 1 SYNC None None\n{\"args\": null, \"kwargs\": {\"a\": -1, \"\\\"b c\\\"\": -1}}"
        );
        let mut notify = Notify::new();
        notify.push(&Change::Put { path: path("a.b"), value: Value::from_json(b"[1.50]").unwrap() }, Some("bob"));
        notify.push(&Change::Delete { path: path("a.c"), parents: 0 }, None);
        assert_eq!(
            notify.finish().unwrap(),
            "NOTIFY\n[{\"ope\": \"PUT\", \"path\": \"a.b\", \"tega_id\": \"bob\", \"instance\": [1.50]}, \
             {\"ope\": \"DELETE\", \"path\": \"a.c\", \"tega_id\": null, \"instance\": null}]"
        );
        assert_eq!(Notify::new().finish(), None);
    }

    #[test]
    fn frames_are_read_and_what_is_not_understood_is_skipped() {
        let put = |at: &str, value: u64| Change::Put { path: path(at), value: value.into() };
        for (text, incoming) in [
            ("SESSIONACK global", Incoming::Acknowledged("global".into())),
            ("RESPONSE 1 SYNC None\nnull", Incoming::Synced),
            ("RESPONSE 2 SYNC None\nnull", Incoming::Other),
            ("SUBSCRIBE a global\nnull", Incoming::Other),
            ("", Incoming::Other),
            ("NOTIFY", Incoming::Notify(vec![])),
            ("NOTIFY\n{}", Incoming::Notify(vec![])),
            (
                r#"NOTIFY
[{"ope": "PUT", "path": "a.b", "tega_id": null, "instance": 1}]"#,
                Incoming::Notify(vec![put("a.b", 1)]),
            ),
            (
                r#"NOTIFY
[{"ope": "ROLLBACK", "path": "a"}, {"ope": "PUT", "path": "a"}, 5, {"ope": "PUT", "path": "_a", "instance": 1},
{"ope": "PUT", "path": "c", "instance": 3}]"#,
                Incoming::Notify(vec![]),
            ),
            (
                r#"NOTIFY
[{"ope": "ROLLBACK", "path": "a"}, {"ope": "DELETE", "path": "a"}, 5, {"ope": "PUT", "path": "c", "instance": 3}]"#,
                Incoming::Notify(vec![Change::Delete { path: path("a"), parents: 0 }, put("c", 3)]),
            ),
        ] {
            assert_eq!(read(text), incoming, "{text}");
        }
    }
}
