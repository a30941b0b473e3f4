//! The frames of a session: a line of words, and in some a line of JSON.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::event::{Change, Commit, Event, Item, Message, Standing, State};
use crate::session::{From, Scope};

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
}

/// How the text of a channel is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChannelForm {
    /// As a path.
    Plain,
    /// As regular expressions for the names, joined by `\.`.
    Regex,
    /// As a pattern: `a.*.c`.
    Pattern,
}

/// A frame from a server.
#[derive(Debug, PartialEq)]
pub(crate) enum Incoming {
    /// The session is open.
    Acknowledged { server: String, position: String },
    /// A channel is subscribed to, from a position on.
    Subscribed { channel: String, position: String },
    /// Something to tell.
    Event(Event),
    /// Something that is for others: a node, a session with methods.
    Other,
}

/// Opens a session that is told positions, and resumes.
pub(crate) fn session(name: &str, scope: Scope) -> String {
    format!("SESSION {name} {} resume", scope.word())
}

/// Asks to be told of changes and messages.
pub(crate) fn subscribe(channel: &str, scope: Scope, form: ChannelForm, from: &From) -> String {
    let form = match form {
        ChannelForm::Plain => "False",
        ChannelForm::Regex => "True",
        ChannelForm::Pattern => "Pattern",
    };
    let from = match from {
        From::Now => String::new(),
        From::Present => " present".to_owned(),
        From::Position(position) => format!(" {position}"),
    };
    format!("SUBSCRIBE {channel} {} {form}{from}", scope.word())
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
        "SESSIONACK" => {
            let server = word()?.to_owned();
            let Stands { position } = serde_json::from_str(body).map_err(bad_body)?;
            Ok(Incoming::Acknowledged { server, position })
        }
        "SUBSCRIBED" | "BOOKMARK" | "RESET" => {
            let channel = word()?.to_owned();
            let Stands { position } = serde_json::from_str(body).map_err(bad_body)?;
            Ok(match command {
                "SUBSCRIBED" => Incoming::Subscribed { channel, position },
                "BOOKMARK" => Incoming::Event(Event::Bookmark(Standing { channel, position })),
                _ => Incoming::Event(Event::Reset(Standing { channel, position })),
            })
        }
        "STATE" => {
            let channel = word()?.to_owned();
            let RawState { position, nodes } = serde_json::from_str(body).map_err(bad_body)?;
            let nodes = nodes.into_iter().map(RawNode::read).collect();
            Ok(Incoming::Event(Event::State(State { channel, position, nodes })))
        }
        "COMMIT" => {
            let channel = word()?.to_owned();
            let RawCommit { position, time, author, message, items } = serde_json::from_str(body).map_err(bad_body)?;
            let items = items.into_iter().map(RawItem::read).collect();
            Ok(Incoming::Event(Event::Commit(Commit { channel, position, time, author: author.name, message, items })))
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

#[derive(Deserialize)]
struct Stands {
    position: String,
}

#[derive(Deserialize)]
struct RawState<'a> {
    position: String,
    #[serde(borrow)]
    nodes: Vec<RawNode<'a>>,
}

#[derive(Deserialize)]
struct RawCommit<'a> {
    position: String,
    time: String,
    author: RawAuthor,
    message: Option<String>,
    #[serde(borrow)]
    items: Vec<RawItem<'a>>,
}

#[derive(Deserialize)]
struct RawAuthor {
    name: Option<String>,
}

/// An item as it comes.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum RawItem<'a> {
    #[serde(borrow)]
    Put(RawNode<'a>),
    #[serde(borrow)]
    Delete(RawNode<'a>),
}

#[derive(Deserialize)]
struct RawNode<'a> {
    path: String,
    // An `Option` takes the JSON null for nothing, and nothing is written as null again.
    #[serde(borrow)]
    value: Option<&'a RawValue>,
}

impl RawNode<'_> {
    fn read(self) -> (String, String) {
        (self.path, self.value.map_or("null", RawValue::get).to_owned())
    }
}

impl RawItem<'_> {
    fn read(self) -> Item {
        match self {
            Self::Put(node) => {
                let (path, value) = node.read();
                Item { path, change: Change::Put { value } }
            }
            Self::Delete(node) => {
                let (path, value) = node.read();
                Item { path, change: Change::Delete { value } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: &str = r#"{"position": "3f.0:7"}"#;

    #[test]
    fn frames_to_the_server_are_words_and_at_most_one_line_of_json() {
        assert_eq!(session("bob", Scope::Local), "SESSION bob local resume");
        assert_eq!(subscribe("a.b", Scope::Global, ChannelForm::Plain, &From::Now), "SUBSCRIBE a.b global False");
        let regex = subscribe(r"a\.b+", Scope::Local, ChannelForm::Regex, &From::Present);
        assert_eq!(regex, r"SUBSCRIBE a\.b+ local True present");
        let pattern = subscribe("a.*", Scope::Local, ChannelForm::Pattern, &From::Position("3f.0:7".into()));
        assert_eq!(pattern, "SUBSCRIBE a.* local Pattern 3f.0:7");
        assert_eq!(publish("a.b", "{\r\n \"x\": \"\\n\"\n}"), "PUBLISH a.b\n{\"message\": {   \"x\": \"\\n\" }}");
    }

    #[test]
    fn items_keep_their_order_and_the_text_of_their_values() {
        let frame = concat!(
            "COMMIT a\n",
            r#"{"position": "3f.0:7", "time": "2026-03-01T12:00:00Z", "author": {"kind": "client", "name": "bob", "proven": true}, "#,
            r#""items": [{"put": {"path": "a.b", "value": {"n": 1.50, "m": 12345678901234567890123}}}, "#,
            r#"{"delete": {"path": "a.c", "value": null}}], "later": 1}"#
        );
        let Incoming::Event(Event::Commit(commit)) = decode(frame).unwrap() else { panic!("no commit") };
        assert_eq!((commit.channel.as_str(), commit.position.as_str()), ("a", "3f.0:7"));
        assert_eq!((commit.author.as_deref(), commit.message.as_deref()), (Some("bob"), None));
        let value = r#"{"n": 1.50, "m": 12345678901234567890123}"#.to_owned();
        assert_eq!(commit.items[0], Item { path: "a.b".into(), change: Change::Put { value } });
        let value = "null".to_owned();
        assert_eq!(commit.items[1], Item { path: "a.c".into(), change: Change::Delete { value } });
        assert_eq!(commit.items.len(), 2);
    }

    #[test]
    fn a_channel_is_told_where_the_database_stands_and_what_is_there() {
        let standing = || Standing { channel: "a".into(), position: "3f.0:7".into() };
        let subscribed = Incoming::Subscribed { channel: "a".into(), position: "3f.0:7".into() };
        assert_eq!(decode(&format!("SUBSCRIBED a\n{AT}")).unwrap(), subscribed);
        let event = |frame: &str| match decode(frame).unwrap() {
            Incoming::Event(event) => event,
            other => panic!("{other:?}"),
        };
        assert_eq!(event(&format!("BOOKMARK a\n{AT}")), Event::Bookmark(standing()));
        assert_eq!(event(&format!("RESET a\n{AT}")), Event::Reset(standing()));
        let state = event("STATE a\n{\"position\": \"3f.0:7\", \"nodes\": [{\"path\": \"a\", \"value\": 1.0}]}");
        let nodes = vec![("a".to_owned(), "1.0".to_owned())];
        assert_eq!(state, Event::State(State { channel: "a".into(), position: "3f.0:7".into(), nodes }));
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
        let acknowledged = Incoming::Acknowledged { server: "tega".into(), position: "3f.0:7".into() };
        assert_eq!(decode(&format!("SESSIONACK tega\n{AT}")).unwrap(), acknowledged);
        for frame in ["", "UNSUBSCRIBE\nnull", "REQUEST 1 RPC a b.c\n{}", "SUBSCRIBE a global\nnull", "later"] {
            assert_eq!(decode(frame).unwrap(), Incoming::Other, "{frame}");
        }
        for frame in [
            "SESSIONACK",
            "SESSIONACK tega",
            "SUBSCRIBED\n{}",
            "BOOKMARK a",
            "RESET a\n{}",
            "STATE a\n{\"position\": \"x\"}",
            "COMMIT a\n[]",
            "COMMIT a\n{\"position\": \"x\", \"time\": \"x\", \"author\": {}, \"items\": [{\"move\": {}}]}",
            "MESSAGE a\n{}",
            "MESSAGE a b\n{}",
            "MESSAGE a b",
        ] {
            assert!(decode(frame).is_err(), "{frame}");
        }
    }
}
