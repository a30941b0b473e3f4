//! A first plugin: a method, a subscription and a transform.
//!
//! It is made of ordinary functions; [`plugin!`](tega_plugin::plugin!) at the end says which of them does what.

mod mac;

use serde::{Deserialize, Serialize};
use tega_plugin::schemars::{self, JsonSchema};
use tega_plugin::{Changes, Commit, Rejection, Result, own, settings, tree};

/// The table `[settings]` of hello-plugin.toml. A setting that the operator may leave out wants a default.
#[derive(Deserialize)]
struct Settings {
    #[serde(default = "hello")]
    greeting: String,
}

fn hello() -> String {
    "Hello".into()
}

/// The arguments of `hello.greet`. A call without `name` is refused before our code runs, with a message that says so.
///
/// Its JSON Schema is derived from it, and shown to whoever asks what the method takes.
#[derive(Deserialize, JsonSchema)]
struct Greet {
    /// Whom to greet.
    name: String,
}

/// Its result.
#[derive(JsonSchema, Serialize)]
struct Greeting {
    text: String,
}

/// **A method** takes its arguments, does its work and returns its result. `?` hands an error to whoever called.
fn greet(greet: Greet) -> Result<Greeting> {
    let settings: Settings = settings::get()?;
    Ok(Greeting { text: format!("{}, {}!", settings.greeting, greet.name) })
}

/// Who changed a device last.
#[derive(Serialize)]
struct LastChange {
    revision: u64,
    by: String,
}

/// **A subscription** is told of a commit after it was made. What it writes becomes a commit of its own, all of it or
/// nothing.
///
/// A plugin may always write below its own node, `plugin.hello-plugin`; `own` makes paths in there. What is kept there
/// survives a restart, and a new version of the plugin finds it again.
fn note_last_change(commit: Commit) -> Result<()> {
    for change in &commit.changes {
        // The change may be of `inventory` itself, which is of no one device.
        if let [_, device, ..] = change.path() {
            let last = LastChange { revision: commit.revision, by: commit.author.to_string() };
            tree::put(&own(&["last-change", device]), &last)?;
        }
    }
    Ok(())
}

/// **A transform** sees a commit before it is made, and may change the values in it or refuse the whole with a reason
/// that the client gets to see.
///
/// `each` finds the values at `inventory.*.mac`, no matter whether a client puts one address, a device or all of
/// `inventory`.
fn normalise_mac_addresses(changes: &mut Changes) -> Result<(), Rejection> {
    changes.each(&["inventory", "*", "mac"], |_, value| {
        let text = value.as_str().ok_or("a MAC address is text")?;
        *value = mac::normalised(text)?.into();
        Ok(())
    })
}

// The summary of a method is the comment above it. What is named under `wants` is only a wish: the operator grants it,
// in hello-plugin.toml.
tega_plugin::plugin! {
    wants: { read: ["inventory"] },
    methods: {
        /// Greets somebody by name.
        "hello.greet" => greet,
    },
    commits: ["inventory"] => note_last_change,
    transforms: ["inventory.*.mac"] => normalise_mac_addresses,
}

/// What needs no daemon is tested as any other Rust, with `cargo test`. Functions of the SDK that ask the daemon for
/// something can't be called here.
#[cfg(test)]
mod tests {
    use tega_plugin::{Author, AuthorKind, Change, Put, path};

    use super::*;

    #[test]
    fn an_address_is_lower_cased_wherever_it_is_put() {
        let put = Put { path: path!["inventory", "ne1"], value: r#"{"mac":"00:1A:2B:3C:4D:5E","name":"NE1"}"#.into() };
        let author = Author { kind: AuthorKind::Client, name: None, proven: false };
        let mut changes = Changes::new(vec![Change::Put(put)], author);
        normalise_mac_addresses(&mut changes).unwrap();
        assert_eq!(changes.into_edits()[0].value, r#"{"mac":"00:1a:2b:3c:4d:5e","name":"NE1"}"#);
    }
}
