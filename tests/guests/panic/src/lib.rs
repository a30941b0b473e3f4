//! A guest that panics: in a method, and when it is told of a commit.

use tega_plugin::{Commit, Result};

fn now() -> Result<()> {
    panic!("the flux is out of range")
}

fn on_commit(commit: Commit) -> Result<()> {
    panic!("the flux is out of range in revision {}", commit.revision)
}

tega_plugin::plugin! {
    wants: { read: ["panic-commits"] },
    methods: {
        /// Panics.
        "panic.now" => now,
    },
    commits: ["panic-commits"] => on_commit,
}
