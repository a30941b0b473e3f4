//! `tega watch`: changes and messages as they come, over connections that break.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use anyhow::{Context, Result};
use tega_client::{Change, Client, Event, From, Item, Scope, Session, SessionError, name_in_path};
use tokio::time::sleep;

use super::output;
use super::table::NOTHING;

/// The pause before the first attempt to connect again, and the longest, in milliseconds: each doubles.
const PAUSE_MS: (u64, u64) = (500, 15_000);

/// The codes of a server that is stopping, restarting or busy (RFC 6455, 7.4.1, and its registry): with others it refused what it
/// was asked for, and would again.
const PASSING_CODES: [u16; 6] = [1000, 1001, 1005, 1011, 1012, 1013];

/// How a channel is written.
#[derive(Clone, Copy, Debug)]
pub(super) enum Form {
    Path,
    Regex,
    Pattern,
}

/// What is watched, and where.
#[derive(Debug)]
pub(super) struct Watched {
    pub(super) client: Client,
    /// The name of the session.
    pub(super) name: String,
    pub(super) channel: String,
    pub(super) form: Form,
}

/// A name for a session that nobody else has.
pub(super) fn random_name() -> String {
    // The keys of a `RandomState` are the random numbers that the standard library has; each process has its own.
    format!("cli-{:016x}", RandomState::new().hash_one(std::process::id()))
}

/// Prints what a channel has to tell, until Ctrl-C.
pub(super) async fn run(watched: Watched, from: From) -> Result<()> {
    let (mut session, mut position) = watched.open(&from).await?;
    // Until the nodes were told as they are, that is what is asked for.
    let mut owed = (from == From::Present).then_some(From::Present);
    let Watched { client, name, channel, .. } = &watched;
    output::note(&format!("watching {channel} at {} as {name}; Ctrl-C ends it", client.address()));
    loop {
        tokio::select! {
            event = session.next() => match event {
                Ok(event) => {
                    owed = owed.filter(|_| !matches!(event, Event::State(_)));
                    tell(&event, &mut position)?;
                }
                Err(error) if passes(&error) => {
                    let from = owed.clone().unwrap_or(From::Position(position));
                    (session, position) = again(&watched, error, from).await?;
                }
                Err(error) => return Err(error).context("the watch is over"),
            },
            stopped = tokio::signal::ctrl_c() => {
                stopped.context("Ctrl-C can't be waited for")?;
                output::note(&format!("watched up to {position}"));
                // The user is leaving, whether or not the server says goodbye.
                let _ = session.close().await;
                return Ok(());
            }
        }
    }
}

impl Watched {
    /// Opens a session that listens, and gives the position that it goes on from.
    async fn open(&self, from: &From) -> Result<(Session, String), SessionError> {
        let mut session = self.client.session(&self.name, Scope::Local).await?;
        let position = match self.form {
            Form::Path => session.subscribe(&self.channel, from).await,
            Form::Regex => session.subscribe_regex(&self.channel, from).await,
            Form::Pattern => session.subscribe_pattern(&self.channel, from).await,
        }?;
        Ok((session, position))
    }
}

/// Connects again, as often as it takes, and goes on from where it was.
async fn again(watched: &Watched, mut error: SessionError, from: From) -> Result<(Session, String)> {
    let mut pause_ms = PAUSE_MS.0;
    loop {
        output::note(&format!("{}; trying again in {pause_ms} ms", with_causes(&error)));
        tokio::select! {
            () = sleep(Duration::from_millis(pause_ms)) => {}
            stopped = tokio::signal::ctrl_c() => {
                stopped.context("Ctrl-C can't be waited for")?;
                return Err(error).context("the watch is over");
            }
        }
        match watched.open(&from).await {
            Ok(opened) => {
                output::note(&format!("watching again, from {}", opened.1));
                return Ok(opened);
            }
            Err(new) if passes(&new) => error = new,
            Err(error) => return Err(error).context("the watch is over"),
        }
        pause_ms = (pause_ms * 2).min(PAUSE_MS.1);
    }
}

/// Whether what ended a session may be over soon.
fn passes(error: &SessionError) -> bool {
    match error {
        SessionError::Closed { code, .. } => PASSING_CODES.contains(code),
        SessionError::Refused(problem) => problem.status >= 500,
        SessionError::Connect(_) | SessionError::Broken(_) | SessionError::Silent | SessionError::NotAcknowledged => {
            true
        }
        _ => false,
    }
}

fn with_causes(error: &SessionError) -> String {
    let causes = std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// Prints an event, and takes note of its position.
fn tell(event: &Event, position: &mut String) -> Result<()> {
    let reached = match event {
        Event::Commit(commit) => Some(&commit.position),
        Event::State(state) => Some(&state.position),
        Event::Bookmark(standing) | Event::Reset(standing) => Some(&standing.position),
        // Of a newer client library: there is no word for it here.
        _ => None,
    };
    if let Some(reached) = reached {
        position.clone_from(reached);
    }
    for line in lines(event) {
        output::line(&line)?;
    }
    Ok(())
}

/// The lines of an event.
fn lines(event: &Event) -> Vec<String> {
    match event {
        Event::Commit(commit) => commit.items.iter().map(|one| item(one, commit.author.as_deref())).collect(),
        Event::State(state) => state.nodes.iter().map(|(path, value)| line("STATE", path, None, value)).collect(),
        Event::Reset(standing) => {
            let position = serde_json::Value::from(standing.position.as_str());
            vec![line("RESET", &standing.channel, None, &position.to_string())]
        }
        Event::Message(message) => {
            vec![line("MESSAGE", &message.channel, message.author.as_deref(), &message.body)]
        }
        _ => Vec::new(),
    }
}

fn item(item: &Item, author: Option<&str>) -> String {
    match &item.change {
        Change::Put { value } => line("PUT", &item.path, author, value),
        Change::Delete { value } => line("DELETE", &item.path, author, value),
        _ => line("OTHER", &item.path, author, "null"),
    }
}

/// Three words and JSON.
fn line(what: &str, place: &str, author: Option<&str>, json: &str) -> String {
    // In a path a blank stands only within quotes, where this is the same.
    let place = place.replace(' ', "\\u0020");
    let author = author.map_or(NOTHING.into(), name_in_path);
    format!("{what} {place} {author} {json}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_three_words_and_json() {
        assert_eq!(line("PUT", "a.b", Some("bob"), "{\"n\": 1}"), "PUT a.b bob {\"n\": 1}");
        assert_eq!(line("PUT", "a.\"b c\"", None, "1"), "PUT a.\"b\\u0020c\" - 1");
        assert_eq!(line("PUT", "a", Some("b\u{1b}"), "1"), "PUT a \"b\\u001b\" 1");
    }

    #[test]
    fn what_the_server_refuses_is_not_asked_for_again() {
        let closed = |code| SessionError::Closed { code, reason: String::new() };
        assert!(passes(&closed(1001)) && passes(&closed(1013)) && passes(&SessionError::Silent));
        assert!(!passes(&closed(1008)) && !passes(&SessionError::TooManyWaiting));
    }

    #[test]
    fn a_random_name_is_one_word_and_not_the_same_twice() {
        let (one, two) = (random_name(), random_name());
        assert_ne!(one, two);
        assert!(one.starts_with("cli-") && one.len() == 20, "{one}");
    }
}
