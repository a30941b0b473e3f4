//! `tega watch`: changes and messages as they come.

use std::hash::{BuildHasher, RandomState};

use anyhow::{Context, Result};
use tega_client::{Change, Event, Item, Session, name_in_path};

use super::output;
use super::table::NOTHING;

/// A name for a session that nobody else has: it would not hear what is written in a name that it shares.
pub(super) fn random_name() -> String {
    // The keys of a `RandomState` are the random numbers that the standard library has; each process has its own.
    format!("cli-{:016x}", RandomState::new().hash_one(std::process::id()))
}

/// Prints what a session hears, until Ctrl-C.
pub(super) async fn run(mut session: Session) -> Result<()> {
    loop {
        let event = tokio::select! {
            event = session.next() => event.context("the watch is over")?,
            stopped = tokio::signal::ctrl_c() => {
                stopped.context("Ctrl-C can't be waited for")?;
                // The user is leaving, whether or not the server says goodbye.
                let _ = session.close().await;
                return Ok(());
            }
        };
        for line in lines(&event) {
            output::line(&line)?;
        }
    }
}

/// The lines of an event.
fn lines(event: &Event) -> Vec<String> {
    match event {
        Event::Notify(items) => items.iter().map(item).collect(),
        Event::Message(message) => {
            vec![line("MESSAGE", &message.channel, message.author.as_deref(), &message.body)]
        }
        // Of a newer client library; there is no word for it here.
        _ => Vec::new(),
    }
}

fn item(item: &Item) -> String {
    let author = item.author.as_deref();
    match &item.change {
        Change::Put { value } => line("PUT", &item.path, author, value),
        Change::Delete { value } => line("DELETE", &item.path, author, value),
        Change::Rollback { back_to } => line("ROLLBACK", &item.path, author, &back_to.to_string()),
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
    fn a_random_name_is_one_word_and_not_the_same_twice() {
        let (one, two) = (random_name(), random_name());
        assert_ne!(one, two);
        assert!(one.starts_with("cli-") && one.len() == 20, "{one}");
    }
}
