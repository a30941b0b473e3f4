//! NAME: a plugin of tega that counts how often each device was changed.

use serde::{Deserialize, Serialize};
use tega_plugin::schemars::{self, JsonSchema};
use tega_plugin::{Commit, Error, Result, own, tree};

/// The arguments of `NAME.changes`. A call without `device` is refused before our code runs, with a message that says so.
///
/// Its JSON Schema is derived from it, comments included, and shown to whoever asks what the method takes.
#[derive(Deserialize, JsonSchema)]
struct Asked {
    /// The device's name in the inventory.
    device: String,
}

/// Its result.
#[derive(JsonSchema, Serialize)]
struct Changes {
    device: String,
    /// How often it was changed.
    changes: u64,
}

/// **A method** takes its arguments, does its work and returns its result. `?` hands an error to whoever called.
fn changes(asked: Asked) -> Result<Changes> {
    match tree::get(&own(&["changes", &asked.device]))? {
        Some(changes) => Ok(Changes { device: asked.device, changes }),
        None => Err(Error::not_found(format!("{} was not changed yet", asked.device))),
    }
}

/// **A subscription** is told of a commit after it was made. What it writes becomes a commit of its own.
///
/// A plugin may always write below its own node, `plugin.NAME`; `own` makes paths in there. What is kept there survives a
/// restart, and a new version of the plugin finds it again.
fn count(commit: Commit) -> Result<()> {
    for change in &commit.changes {
        // A change of `inventory` itself is of no one device.
        if let [_, device, ..] = change.path() {
            let count = own(&["changes", device]);
            let before: u64 = tree::get(&count)?.unwrap_or(0);
            tree::put(&count, &(before + 1))?;
        }
    }
    Ok(())
}

// Which function does what. What is named under `wants` is only a wish: the operator grants it, in NAME.toml.
tega_plugin::plugin! {
    wants: { read: ["inventory"] },
    methods: {
        /// Tells how often a device was changed.
        "NAME.changes" => changes,
    },
    commits: ["inventory"] => count,
}
