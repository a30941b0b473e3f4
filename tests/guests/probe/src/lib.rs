//! A well-behaved guest that does what a test asks of it.
//!
//! It keeps what it was told in its own subtree, where a test reads it with any client:
//! `plugin.probe.seen` lists the commits below `probe-in`, `plugin.probe.heard` the messages on `probe-channel`,
//! `plugin.probe.gaps` what it missed.

mod asks;
mod notes;

use asks::{
    call, call_and_swallow, echo, find, increment, merge, names, publish, put, put_then_fail, recurse, remove, repeat,
};
use notes::{heard, missed, recorded, saw};

tega_plugin::plugin! {
    wants: {
        read: ["probe-in", "probe"],
        write: ["probe"],
        methods: ["**"],
        channels: ["probe-out", "probe-channel"],
    },
    methods: {
        /// Answers its arguments and who calls.
        "probe.echo" => echo,
        /// Answers its argument `text`.
        "probe.repeat" => repeat,
        /// Puts `value` at `path`.
        "probe.put" => put,
        /// Merges `value` into `path`.
        "probe.merge" => merge,
        /// Removes the node at `path`.
        "probe.delete" => remove,
        /// Puts `value` at `path`, and fails.
        "probe.put-then-fail" => put_then_fail,
        /// Adds one to the number at `path`, 0 where there is none, and answers it.
        "probe.increment" => increment,
        /// Calls the method at `path` with the arguments `named`, and answers its result.
        "probe.call" => call,
        /// Calls the method at `path`, which may fail, then puts `value` at `then`; answers the method's error.
        "probe.call-and-swallow" => call_and_swallow,
        /// Calls itself until that is refused.
        "probe.recurse" => recurse,
        /// Publishes `body` on `channel`.
        "probe.publish" => publish,
        /// Answers the names of the container at `path`.
        "probe.names" => names,
        /// Answers the nodes that `pattern` matches.
        "probe.find" => find,
        /// Answers its own subtree.
        "probe.recorded" => recorded,
    },
    commits: ["probe-in"] => saw,
    messages: ["probe-channel"] => heard,
    gap: missed,
}
