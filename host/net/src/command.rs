//! The commands that exist: what begins with `/_`.

/// A command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Rpc,
    Pubsub,
    Watch,
    Transaction,
    Check,
    Find,
    Roots,
    History,
    Log,
    Diff,
    Rollback,
    Tag,
    Pending,
    Confirm,
    Cancel,
    Lock,
    Begin,
    Cand,
    Commit,
    Old,
    Edges,
    Backup,
    Snapshot,
    Clear,
    Sync,
    Plugins,
    Ids,
    Channels,
    Subscribers,
    Global,
    Forwarders,
    Livez,
    Readyz,
    Metrics,
}

/// What is known of a command.
struct Facts {
    command: Command,
    /// Without the `/_`.
    name: &'static str,
    /// The HTTP methods it takes, as in the header `Allow`.
    verbs: &'static str,
    /// Each way to use it: the method, and what it is for.
    uses: &'static [(&'static str, &'static str)],
}

const fn reads(command: Command, name: &'static str, uses: &'static [(&'static str, &'static str)]) -> Facts {
    Facts { command, name, verbs: "GET, HEAD", uses }
}

const fn posts(command: Command, name: &'static str, uses: &'static [(&'static str, &'static str)]) -> Facts {
    Facts { command, name, verbs: "POST", uses }
}

const fn all(command: Command, name: &'static str, uses: &'static [(&'static str, &'static str)]) -> Facts {
    Facts { command, name, verbs: "GET, HEAD, POST, DELETE", uses }
}

/// In the order in which they are shown.
static FACTS: [Facts; 34] = {
    use Command as C;
    [
        posts(C::Rpc, "rpc", &[("POST", r#"call a method: ?path=hello.greet, body {"args": [..], "kwargs": {..}}"#)]),
        Facts {
            command: C::Pubsub,
            name: "pubsub",
            verbs: "GET",
            uses: &[("GET", "a WebSocket: subscriptions, notifications and messages")],
        },
        reads(
            C::Watch,
            "watch",
            &[("GET", "changes as server-sent events: ?pattern=inventory.*.mtu; a path takes them too")],
        ),
        posts(
            C::Transaction,
            "transaction",
            &[("POST", r#"all or nothing: body {"operations": [{"put": "a.b", "value": 1}, ..], "conditions": [..]}"#)],
        ),
        posts(C::Check, "check", &[("POST", "what such a transaction would change, without committing it")]),
        reads(C::Find, "find", &[("GET", "the nodes of a pattern: ?pattern=inventory.*.mtu&after=&limit=")]),
        reads(C::Roots, "roots", &[("GET", "the roots with their versions")]),
        reads(C::History, "history", &[("GET", "the versions of a root that are kept: ?path=")]),
        reads(C::Log, "log", &[("GET", "the commits: ?path= or ?pattern=, &from=&to=&newest_first=&limit=")]),
        reads(C::Diff, "diff", &[("GET", "between two versions, as JSON Patch: ?path=&from=-1&to=; or ?txid=")]),
        posts(C::Rollback, "rollback", &[("POST", "give a node the content it had: ?path=&version=N, -N or a tag")]),
        all(
            C::Tag,
            "tag",
            &[
                ("GET", "the names of versions: ?root="),
                ("POST", "name a version, and keep it: ?root=&name=&version="),
                ("DELETE", "take a name away: ?root=&name="),
            ],
        ),
        reads(C::Pending, "pending", &[("GET", "the confirmed commits that wait for their confirmation")]),
        posts(C::Confirm, "confirm", &[("POST", "confirm one: ?id=")]),
        posts(C::Cancel, "cancel", &[("POST", "take one back: ?id=; or drop an open transaction: ?txid=")]),
        all(
            C::Lock,
            "lock",
            &[
                ("GET", "the locks"),
                ("POST", "lock a path for an open session: ?path=&tega_id=&reason="),
                ("DELETE", "give a lock up: ?path=&tega_id=; break it: ?path="),
            ],
        ),
        posts(C::Begin, "begin", &[("POST", "open a transaction, whose txid PUT and DELETE take")]),
        posts(C::Cand, "cand", &[("POST", "what it would change: ?txid=")]),
        posts(C::Commit, "commit", &[("POST", "commit it: ?txid=")]),
        reads(C::Old, "old", &[("GET", "the versions that are kept of all roots")]),
        reads(C::Edges, "edges", &[("GET", "the tree as a list of links: ?root_oid=&old_roots=")]),
        reads(C::Backup, "backup", &[("GET", "a consistent copy of the database, as `tega backup` takes it")]),
        posts(C::Snapshot, "ss", &[("POST", "write a snapshot into the database's folder")]),
        posts(C::Clear, "clear", &[("POST", "take everything away, the past and the log too")]),
        posts(C::Sync, "sync", &[("POST", "ask a local node to catch up")]),
        reads(C::Plugins, "plugins", &[("GET", "the plugins, running and refused")]),
        reads(C::Ids, "ids", &[("GET", "the names of the open sessions")]),
        reads(C::Channels, "channels", &[("GET", "the channels, with who listens to them")]),
        reads(C::Subscribers, "subscribers", &[("GET", "the sessions, with the channels they listen to")]),
        reads(C::Global, "global", &[("GET", "the channels that are listened to on all nodes")]),
        reads(C::Forwarders, "forwarders", &[("GET", "the names of the sessions of global scope")]),
        reads(C::Livez, "livez", &[("GET", "whether the server answers: ?verbose")]),
        reads(C::Readyz, "readyz", &[("GET", "whether it takes writes: ?verbose says why")]),
        reads(C::Metrics, "metrics", &[("GET", "what it counts and how it is, for Prometheus")]),
    ]
};

impl Command {
    /// All of them, in the order in which they are shown.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        FACTS.iter().map(|facts| facts.command)
    }

    /// The command of a name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        FACTS.iter().find(|facts| facts.name == name).map(|facts| facts.command)
    }

    /// Its name, without the `/_`.
    pub(crate) fn name(self) -> &'static str {
        self.facts().name
    }

    /// The HTTP methods it takes, as in the header `Allow`.
    pub(crate) fn verbs(self) -> &'static str {
        self.facts().verbs
    }

    /// Each way to use it: the method, and what it is for.
    pub(crate) fn uses(self) -> &'static [(&'static str, &'static str)] {
        self.facts().uses
    }

    fn facts(self) -> &'static Facts {
        // They stand in the order in which they are declared, which a test holds.
        &FACTS[self as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_command_stands_at_its_place_with_the_methods_it_is_used_with() {
        for (index, facts) in FACTS.iter().enumerate() {
            assert_eq!(facts.command as usize, index, "{}", facts.name);
            assert_eq!(Command::named(facts.name), Some(facts.command));
            let verbs: Vec<&str> = facts.uses.iter().map(|(verb, _)| *verb).collect();
            let allowed: Vec<&str> = facts.verbs.split(", ").filter(|verb| *verb != "HEAD").collect();
            assert_eq!(verbs, allowed, "{}", facts.name);
        }
        assert_eq!(Command::named("none"), None);
    }
}
