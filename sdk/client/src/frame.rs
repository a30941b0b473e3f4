//! The frames of a session: a line of words, and in some a line of JSON.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{Change, Event, Item, Message, Scope};

/// What a server writes for somebody without a name.
const NOBODY: &str = "None";

/// A frame that tega does not send.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// Words are missing in its first line.
    #[error("the server sent a frame that lacks words: {line:?}")]
    Words {
        /// The first line.
        line: String,
    },
    /// Its second line is missing, or not the JSON that belongs there.
    #[error("the server sent a frame {line:?} with something else than its JSON")]
    Body {
        /// The first line.
        line: String,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// An item is of a kind that this client does not know.
    #[error("the server tells of a change {operation:?} at {path}, which this client does not know")]
    Operation {
        /// The kind.
        operation: String,
        /// The node.
        path: String,
    },
}

/// How the text of a channel is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChannelForm {
    /// As a path.
    Plain,
    /// As regular expressions for the names, joined by `\.`.
    Regex,
}

/// A frame from a server.
#[derive(Debug, PartialEq)]
pub(crate) enum Incoming {
    /// The session is open.
    Acknowledged { server: String },
    /// Something to tell.
    Event(Event),
    /// Something that is for others: a node, a session with methods.
    Other,
}

/// Opens a session.
pub(crate) fn session(name: &str, scope: Scope) -> String {
    format!("SESSION {name} {}", scope.word())
}

/// Asks to be told of changes and messages.
pub(crate) fn subscribe(channel: &str, scope: Scope, form: ChannelForm) -> String {
    let regex = match form {
        ChannelForm::Plain => "False",
        ChannelForm::Regex => "True",
    };
    format!("SUBSCRIBE {channel} {} {regex}", scope.word())
}

/// Sends a message, which is JSON text.
pub(crate) fn publish(channel: &str, body: &str) -> String {
    // Line ends in JSON text are nothing but space between its tokens; the frame's own end of line must be the only one.
    let body = body.replace(['\n', '\r'], " ");
    format!("PUBLISH {channel}\n{{\"message\": {body}}}")
}

/// Reads a frame.
pub(crate) fn decode(frame: &str) -> Result<Incoming, FrameError> {
    let mut lines = frame.split('\n');
    let line = lines.next().unwrap_or_default();
    let body = lines.next().unwrap_or_default();
    let mut words = line.split(' ');
    let command = words.next().unwrap_or_default();
    let mut word = || words.next().ok_or_else(|| FrameError::Words { line: line.to_owned() });
    let bad_body = |source| FrameError::Body { line: line.to_owned(), source };
    match command {
        "SESSIONACK" => Ok(Incoming::Acknowledged { server: word()?.to_owned() }),
        "NOTIFY" => {
            let items: Vec<RawItem<'_>> = serde_json::from_str(body).map_err(bad_body)?;
            let items = items.into_iter().map(RawItem::read).collect::<Result<Vec<_>, _>>()?;
            Ok(if items.is_empty() { Incoming::Other } else { Incoming::Event(Event::Notify(items)) })
        }
        "MESSAGE" => {
            let (channel, author) = (word()?.to_owned(), word()?);
            let envelope: Envelope<'_> = serde_json::from_str(body).map_err(bad_body)?;
            let author = Some(author).filter(|&name| name != NOBODY).map(str::to_owned);
            Ok(Incoming::Event(Event::Message(Message { channel, author, body: envelope.message.get().to_owned() })))
        }
        _ => Ok(Incoming::Other),
    }
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    message: &'a RawValue,
}

/// An item as it comes.
#[derive(Deserialize)]
struct RawItem<'a> {
    ope: String,
    path: String,
    tega_id: Option<String>,
    // An `Option` takes the JSON null for nothing, and nothing is written as null again.
    #[serde(borrow)]
    instance: Option<&'a RawValue>,
    backto: Option<i64>,
}

impl RawItem<'_> {
    fn read(self) -> Result<Item, FrameError> {
        let value = self.instance.map_or("null", RawValue::get).to_owned();
        let change = match (self.ope.as_str(), self.backto) {
            ("PUT", _) => Change::Put { value },
            ("DELETE", _) => Change::Delete { value },
            ("ROLLBACK", Some(back_to)) => Change::Rollback { back_to },
            _ => return Err(FrameError::Operation { operation: self.ope, path: self.path }),
        };
        Ok(Item { path: self.path, author: self.tega_id, change })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_to_the_server_are_words_and_at_most_one_line_of_json() {
        assert_eq!(session("bob", Scope::Local), "SESSION bob local");
        assert_eq!(subscribe("a.b", Scope::Global, ChannelForm::Plain), "SUBSCRIBE a.b global False");
        assert_eq!(subscribe(r"a\.b+", Scope::Local, ChannelForm::Regex), r"SUBSCRIBE a\.b+ local True");
        assert_eq!(publish("a.b", "{\r\n \"x\": \"\\n\"\n}"), "PUBLISH a.b\n{\"message\": {   \"x\": \"\\n\" }}");
    }

    #[test]
    fn items_keep_their_order_and_the_text_of_their_values() {
        let frame = concat!(
            "NOTIFY\n",
            r#"[{"ope": "PUT", "path": "a.b", "tega_id": "bob", "instance": {"n": 1.50, "m": 12345678901234567890123}}, "#,
            r#"{"ope": "DELETE", "path": "a.c", "tega_id": null, "instance": null}, "#,
            r#"{"ope": "ROLLBACK", "path": "a", "tega_id": "bob", "instance": null, "backto": -1}]"#
        );
        let Incoming::Event(Event::Notify(items)) = decode(frame).unwrap() else { panic!("no items") };
        let bob = Some("bob".to_owned());
        let value = r#"{"n": 1.50, "m": 12345678901234567890123}"#.to_owned();
        assert_eq!(items[0], Item { path: "a.b".into(), author: bob.clone(), change: Change::Put { value } });
        let value = "null".to_owned();
        assert_eq!(items[1], Item { path: "a.c".into(), author: None, change: Change::Delete { value } });
        assert_eq!(items[2], Item { path: "a".into(), author: bob, change: Change::Rollback { back_to: -1 } });
        assert_eq!(items.len(), 3);
    }

    #[test]
    fn a_message_tells_its_channel_its_author_and_its_body() {
        let message = |frame| match decode(frame).unwrap() {
            Incoming::Event(Event::Message(message)) => message,
            other => panic!("{other:?}"),
        };
        let expected = Message { channel: "a.b".into(), author: Some("bob".into()), body: r#"{"x": 1.0}"#.into() };
        assert_eq!(message("MESSAGE a.b bob\n{\"message\": {\"x\": 1.0}}"), expected);
        assert_eq!(message("MESSAGE a.b None\n{\"message\": null}").author, None);
    }

    #[test]
    fn what_is_for_others_is_passed_over_and_what_is_broken_is_an_error() {
        assert_eq!(decode("SESSIONACK tega").unwrap(), Incoming::Acknowledged { server: "tega".into() });
        for frame in
            ["", "UNSUBSCRIBE\nnull", "REQUEST 1 RPC a b.c\n{}", "SUBSCRIBE a global\nnull", "NOTIFY\n[]", "later"]
        {
            assert_eq!(decode(frame).unwrap(), Incoming::Other, "{frame}");
        }
        let broken =
            ["SESSIONACK", "NOTIFY", "NOTIFY\n{}", "NOTIFY\n[{}]", "MESSAGE a\n{}", "MESSAGE a b\n{}", "MESSAGE a b"];
        for frame in broken {
            assert!(decode(frame).is_err(), "{frame}");
        }
        assert!(decode("NOTIFY\n[{\"ope\": \"MOVE\", \"path\": \"a\"}]").is_err());
    }
}
