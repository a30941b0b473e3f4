//! What a client's frame says: a first line of words with one blank between, and for some a second line of JSON.
//!
//! Invariant: parsing never panics, whatever comes, and a frame that it refuses gets a reason.

use tega_engine::SessionScope;
use tega_engine::limits::{CHANNEL_BYTES_MAX, MESSAGE_BODY_BYTES_MAX};
use tega_tree::{Path, Value};

use super::calls::Call;
use super::closing::Closing;
use super::node::{self, Asked, Told};
use super::subscriptions::{Channel, Form, Telling};
use crate::request::args::is_true;

/// What a client asks for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Command {
    /// Opens a session of a name.
    Session { name: String, scope: SessionScope, telling: Telling },
    /// Listens to a channel, here or on all nodes. `from` is the fifth word: where a session that resumes wants to begin.
    Subscribe { channel: Channel, scope: SessionScope, from: Option<String> },
    /// No longer listens to a channel; `reply` is the frame that says so.
    Unsubscribe { channel: Channel, reply: String },
    /// No longer listens to any.
    UnsubscribeAll,
    /// Sends a message, in the name of the session or of another sender.
    Publish { channel: String, body: String, sender: Option<String> },
    /// A node changed something.
    Notify(Vec<Told>),
    /// A node asks for whole roots, with a number that the answer has too.
    Sync { number: String, roots: Vec<Asked> },
    /// A node asks to be listened to: it has roots of which it tells.
    Refer { number: String, roots: Vec<Path> },
    /// Calls a method.
    Call(Call),
    /// Answers a call of a method that the client serves.
    Answer { number: String, json: String },
    /// Something unknown, which the original ignored too.
    Unknown,
}

/// Reads a frame from a session of a scope, where one is open. Lines after the second do not count, nor do words too many.
///
/// # Errors
/// How the socket is to be closed, where a known command is not of its form.
pub(super) fn parse(text: &str, scope: Option<SessionScope>) -> Result<Command, Closing> {
    let mut lines = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    let mut words = lines.next().unwrap_or_default().split(' ');
    let name = words.next().unwrap_or_default();
    let mut words = Words { command: name, words };
    match name {
        "SESSION" => {
            let name = words.named("an id")?.to_owned();
            Ok(Command::Session { name, scope: words.scope()?, telling: words.telling() })
        }
        "SUBSCRIBE" => {
            let channel = words.named("a channel")?;
            let scope = words.scope()?;
            let channel = Channel::new(channel, words.form()?);
            Ok(Command::Subscribe { channel, scope, from: words.words.next().map(str::to_owned) })
        }
        "UNSUBSCRIBE" => {
            if words.words.clone().next().is_none() {
                return Ok(Command::UnsubscribeAll);
            }
            let channel = words.named("a channel")?;
            let form = words.words.clone().next().unwrap_or_default();
            let reply = format!("UNSUBSCRIBE ['{channel}', '{form}']\nnull");
            Ok(Command::Unsubscribe { channel: Channel::new(channel, words.form()?), reply })
        }
        "PUBLISH" => {
            let channel = Channel::new(words.named("a channel")?, Form::Plain).key;
            Ok(Command::Publish { channel, body: message(name, lines.next())?, sender: None })
        }
        "MESSAGE" => {
            let channel = Channel::new(words.named("a channel")?, Form::Plain).key;
            let sender = Some(words.named("an id")?.to_owned());
            Ok(Command::Publish { channel, body: message(name, lines.next())?, sender })
        }
        "NOTIFY" if scope == Some(SessionScope::Global) => {
            node::told(lines.next().unwrap_or_default()).map(Command::Notify)
        }
        "REQUEST" => {
            let number = words.named("a number")?.to_owned();
            let mut body = || lines.next().unwrap_or_default();
            match words.named("a type")? {
                "SYNC" if scope == Some(SessionScope::Global) => {
                    Ok(Command::Sync { number, roots: node::asked(body())? })
                }
                "REFER" if scope == Some(SessionScope::Global) => {
                    Ok(Command::Refer { number, roots: node::referred(body())? })
                }
                "RPC" => {
                    let caller = words.named("an id")?.to_owned();
                    let path = words.named("a path")?.replace("\\u0020", " ");
                    Ok(Command::Call(Call { number, caller, path, body: body().to_owned() }))
                }
                known @ ("SYNC" | "REFER") => Err(not_taken(&format!("REQUEST {known}"))),
                other => Err(Closing::policy(format!("REQUEST {other} is not known; there are RPC, SYNC and REFER"))),
            }
        }
        "RESPONSE" => {
            let number = words.named("a number")?.to_owned();
            Ok(Command::Answer { number, json: lines.next().unwrap_or_default().to_owned() })
        }
        "NOTIFY" => Err(not_taken(name)),
        _ => Ok(Command::Unknown),
    }
}

fn not_taken(frames: &str) -> Closing {
    Closing::policy(format!("{frames} frames are not taken: nodes send them, in a session of global scope"))
}

/// The words after the command.
struct Words<'a> {
    command: &'a str,
    words: std::str::Split<'a, char>,
}

impl<'a> Words<'a> {
    /// The next word, as a name.
    fn named(&mut self, what: &str) -> Result<&'a str, Closing> {
        let command = self.command;
        let word = self.words.next().filter(|word| !word.is_empty());
        let word = word.ok_or_else(|| Closing::policy(format!("{command} lacks {what}")))?;
        if word.len() > CHANNEL_BYTES_MAX {
            let found = word.len();
            return Err(Closing::policy(format!(
                "{command} has {what} of {found} bytes, over the limit of {CHANNEL_BYTES_MAX}"
            )));
        }
        Ok(word)
    }

    /// The next word, as a scope.
    fn scope(&mut self) -> Result<SessionScope, Closing> {
        match self.words.next() {
            Some("local") => Ok(SessionScope::Local),
            Some("global") => Ok(SessionScope::Global),
            _ => Err(Closing::policy(format!("{} lacks a scope, which is local or global", self.command))),
        }
    }

    /// The next word, which may ask for more than the original told. Others are passed over, as the original did.
    fn telling(&mut self) -> Telling {
        match self.words.next() {
            Some("resume") => Telling::Resumable,
            _ => Telling::Original,
        }
    }

    /// The next word, which says how the channel is written.
    fn form(&mut self) -> Result<Form, Closing> {
        match self.words.next() {
            Some("False" | "false" | "0") => Ok(Form::Plain),
            Some("Pattern" | "pattern") => Ok(Form::Pattern),
            Some(word) if is_true(word) => Ok(Form::Regex),
            _ => Err(Closing::policy(format!(
                "{} must say whether the channel is a regular expression: True or False",
                self.command
            ))),
        }
    }
}

/// What is sent with `{"message": ..}`, as JSON of one line.
fn message(command: &str, line: Option<&str>) -> Result<String, Closing> {
    let value = Value::from_json(line.unwrap_or_default().as_bytes())
        .map_err(|error| Closing::content(format!("{command}: the second line is {error}")))?;
    let message = value.member("message").ok_or_else(|| {
        Closing::content(format!(r#"{command}: the second line is not of the form {{"message": ..}}"#))
    })?;
    let body = message.to_json();
    if body.len() > MESSAGE_BODY_BYTES_MAX {
        let found = body.len();
        return Err(Closing::size(format!(
            "{command}: a message of {found} bytes is over the limit of {MESSAGE_BODY_BYTES_MAX}"
        )));
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

    use super::*;

    fn publish(channel: &str, body: &str, sender: Option<&str>) -> Command {
        Command::Publish { channel: channel.into(), body: body.into(), sender: sender.map(str::to_owned) }
    }

    #[test]
    fn frames_are_read_as_the_original_sends_them() {
        let session = |scope| Command::Session { name: "bob".into(), scope, telling: Telling::Original };
        let subscribe =
            |channel: &str, scope, form| Command::Subscribe { channel: Channel::new(channel, form), scope, from: None };
        for (frame, command) in [
            ("SESSION bob local", session(SessionScope::Local)),
            ("SESSION bob global more words\r\n", session(SessionScope::Global)),
            ("SUBSCRIBE a.b local False", subscribe("a.b", SessionScope::Local, Form::Plain)),
            ("SUBSCRIBE a\\.b global True", subscribe("a\\.b", SessionScope::Global, Form::Regex)),
            ("SUBSCRIBE a.* local Pattern", subscribe("a.*", SessionScope::Local, Form::Pattern)),
            (
                "SUBSCRIBE a local False 3f.0:12 more",
                Command::Subscribe {
                    channel: Channel::new("a", Form::Plain),
                    scope: SessionScope::Local,
                    from: Some("3f.0:12".into()),
                },
            ),
            (
                "SESSION bob local resume",
                Command::Session { name: "bob".into(), scope: SessionScope::Local, telling: Telling::Resumable },
            ),
            ("UNSUBSCRIBE", Command::UnsubscribeAll),
            ("PUBLISH a\\.b\n{\"message\": {\"message\": \"x\"}}", publish("a.b", r#"{"message":"x"}"#, None)),
            ("PUBLISH a\r\n {\"other\": 1, \"message\": null}\r\nand more", publish("a", "null", None)),
            ("MESSAGE a carol\n{\"message\": 1.50}", publish("a", "1.50", Some("carol"))),
            (
                "REQUEST 7 RPC bob a.\"x\\u0020y\".f\n{\"args\": [1]}",
                Command::Call(Call {
                    number: "7".into(),
                    caller: "bob".into(),
                    path: "a.\"x y\".f".into(),
                    body: "{\"args\": [1]}".into(),
                }),
            ),
            ("RESPONSE 3 RPC bob\n[1]", Command::Answer { number: "3".into(), json: "[1]".into() }),
            ("", Command::Unknown),
            ("session bob local", Command::Unknown),
            ("HELLO\nworld", Command::Unknown),
        ] {
            assert_eq!(parse(frame, None), Ok(command), "{frame:?}");
        }
        let Ok(Command::Unsubscribe { channel, reply }) = parse("UNSUBSCRIBE a\\.b False", None) else { panic!() };
        assert_eq!((channel.key.as_str(), reply.as_str()), ("a.b", "UNSUBSCRIBE ['a\\.b', 'False']\nnull"));
    }

    #[test]
    fn a_frame_that_is_not_understood_gets_a_code_and_a_reason() {
        let long = format!("SUBSCRIBE {} local False", "a".repeat(CHANNEL_BYTES_MAX + 1));
        let large = format!("PUBLISH a\n{{\"message\": \"{}\"}}", "m".repeat(MESSAGE_BODY_BYTES_MAX));
        for (frame, code, reason) in [
            ("SESSION", CloseCode::Policy, "lacks an id"),
            ("SESSION  local", CloseCode::Policy, "lacks an id"),
            ("SESSION bob", CloseCode::Policy, "local or global"),
            ("SESSION bob Local", CloseCode::Policy, "local or global"),
            ("SUBSCRIBE a local", CloseCode::Policy, "True or False"),
            ("SUBSCRIBE a False local", CloseCode::Policy, "local or global"),
            ("UNSUBSCRIBE a", CloseCode::Policy, "True or False"),
            ("PUBLISH\n{\"message\": 1}", CloseCode::Policy, "lacks a channel"),
            ("PUBLISH a", CloseCode::Invalid, "not a JSON value"),
            ("PUBLISH a\n{\"message\":\n1}", CloseCode::Invalid, "not a JSON value"),
            ("PUBLISH a\n[1]", CloseCode::Invalid, "\"message\""),
            ("NOTIFY\n[]", CloseCode::Policy, "NOTIFY frames are not taken"),
            (&long, CloseCode::Policy, "1025 bytes"),
            (&large, CloseCode::Size, "over the limit of 1048576"),
        ] {
            let Err(Closing::Ours(found, text)) = parse(frame, Some(SessionScope::Local)) else {
                panic!("{frame:.40}")
            };
            assert!(found == code && text.contains(reason), "{frame:.40}: {found} {text}");
        }
    }

    #[test]
    fn what_nodes_tell_each_other_is_taken_from_a_session_of_global_scope_only() {
        let sync = "REQUEST 1 SYNC None None\n{\"args\": null, \"kwargs\": {\"a\": -1}}";
        for frame in [sync, "NOTIFY\n[]", "REQUEST 2 REFER None None\n{}"] {
            for scope in [None, Some(SessionScope::Local)] {
                let Err(Closing::Ours(CloseCode::Policy, text)) = parse(frame, scope) else { panic!("{frame}") };
                assert!(text.contains("frames are not taken"), "{text}");
            }
        }
        let global = Some(SessionScope::Global);
        let roots = vec![(Path::parse("a").unwrap(), -1)];
        assert_eq!(parse(sync, global), Ok(Command::Sync { number: "1".into(), roots }));
        assert_eq!(parse("NOTIFY\n[]", global), Ok(Command::Notify(vec![])));
        let roots = vec![Path::parse("state").unwrap()];
        let refer = "REQUEST 2 REFER None None\n{\"args\": [\"state\"], \"kwargs\": null}";
        assert_eq!(parse(refer, global), Ok(Command::Refer { number: "2".into(), roots }));
        for (frame, reason) in [
            ("REQUEST 2 HELLO None None\n{}", "REQUEST HELLO is not known"),
            ("REQUEST 3 RPC a", "REQUEST lacks a path"),
        ] {
            let Err(Closing::Ours(CloseCode::Policy, text)) = parse(frame, global) else { panic!("{frame}") };
            assert!(text.contains(reason), "{text}");
        }
    }
}
