//! The commands that exist: what begins with `/_`.
//!
//! ```text
//! mod.rs           the table of commands
//! transactions.rs  what is said of each use of a command, by noun;  past.rs, reading.rs, pending.rs, sessions.rs, plugins.rs,
//!                  about.rs
//! ```

mod about;
mod past;
mod pending;
mod plugins;
mod reading;
mod sessions;
mod transactions;

use http::Method;

pub(crate) use past::BACKTO;

use crate::described::Use;

/// A command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Rpc,
    Call,
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
    Plugin,
    PluginReload,
    PluginEnable,
    PluginDisable,
    PluginRollback,
    PluginLog,
    Reload,
    Ids,
    Channels,
    Subscribers,
    Global,
    Forwarders,
    OpenApi,
    Livez,
    Readyz,
    Metrics,
}

/// What is known of a command.
struct Facts {
    command: Command,
    /// Without the `/_`; `{name}` and the like stand for a segment of any text.
    name: &'static str,
    /// The HTTP methods it takes, as in the header `Allow`.
    verbs: &'static str,
    /// Each way to use it.
    uses: &'static [Use],
}

const fn reads(command: Command, name: &'static str, uses: &'static [Use]) -> Facts {
    Facts { command, name, verbs: "GET, HEAD", uses }
}

const fn posts(command: Command, name: &'static str, uses: &'static [Use]) -> Facts {
    Facts { command, name, verbs: "POST", uses }
}

const fn all(command: Command, name: &'static str, uses: &'static [Use]) -> Facts {
    Facts { command, name, verbs: "GET, HEAD, POST, DELETE", uses }
}

/// In the order in which they are shown. A further command is a row here, a case of [`Command`] at the same place, and what is said
/// of its uses in the file of its noun.
static FACTS: &[Facts] = {
    use Command as C;
    &[
        posts(C::Rpc, "rpc", sessions::RPC),
        posts(C::Call, "rpc/{method}", sessions::CALL),
        Facts { command: C::Pubsub, name: "pubsub", verbs: "GET", uses: sessions::PUBSUB },
        reads(C::Watch, "watch", reading::WATCH),
        posts(C::Transaction, "transaction", transactions::TRANSACTION),
        posts(C::Check, "check", transactions::CHECK),
        reads(C::Find, "find", reading::FIND),
        reads(C::Roots, "roots", reading::ROOTS),
        reads(C::History, "history", past::HISTORY),
        reads(C::Log, "log", past::LOG),
        reads(C::Diff, "diff", past::DIFF),
        posts(C::Rollback, "rollback", past::ROLLBACK),
        all(C::Tag, "tag", past::TAG),
        reads(C::Pending, "pending", pending::PENDING),
        posts(C::Confirm, "confirm", pending::CONFIRM),
        posts(C::Cancel, "cancel", transactions::CANCEL),
        all(C::Lock, "lock", pending::LOCK),
        posts(C::Begin, "begin", transactions::BEGIN),
        posts(C::Cand, "cand", transactions::CAND),
        posts(C::Commit, "commit", transactions::COMMIT_OPEN),
        reads(C::Old, "old", past::OLD),
        reads(C::Edges, "edges", reading::EDGES),
        reads(C::Backup, "backup", about::BACKUP),
        posts(C::Snapshot, "ss", about::SNAPSHOT),
        posts(C::Clear, "clear", about::CLEAR),
        posts(C::Sync, "sync", about::SYNC),
        reads(C::Plugins, "plugins", plugins::PLUGINS),
        reads(C::Plugin, "plugins/{name}", plugins::PLUGIN),
        posts(C::PluginReload, "plugins/{name}/reload", plugins::PLUGIN_RELOAD),
        posts(C::PluginEnable, "plugins/{name}/enable", plugins::ENABLE),
        posts(C::PluginDisable, "plugins/{name}/disable", plugins::DISABLE),
        posts(C::PluginRollback, "plugins/{name}/rollback", plugins::ROLLBACK),
        reads(C::PluginLog, "plugins/{name}/log", plugins::LOG),
        posts(C::Reload, "reload", plugins::RELOAD),
        reads(C::Ids, "ids", sessions::IDS),
        reads(C::Channels, "channels", sessions::CHANNELS),
        reads(C::Subscribers, "subscribers", sessions::SUBSCRIBERS),
        reads(C::Global, "global", sessions::GLOBAL),
        reads(C::Forwarders, "forwarders", sessions::FORWARDERS),
        reads(C::OpenApi, "openapi.json", about::OPENAPI),
        reads(C::Livez, "livez", about::LIVEZ),
        reads(C::Readyz, "readyz", about::READYZ),
        reads(C::Metrics, "metrics", about::METRICS),
    ]
};

impl Command {
    /// All of them, in the order in which they are shown.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        FACTS.iter().map(|facts| facts.command)
    }

    /// The command of a name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        FACTS.iter().find(|facts| is_called(facts.name, name)).map(|facts| facts.command)
    }

    /// What stands in a name where the command's own has `{name}` or the like: as it came, not decoded.
    pub(crate) fn segment_of(self, name: &str) -> Option<&str> {
        let segments = self.name().split('/').zip(name.split('/'));
        segments.filter(|(known, _)| is_any(known)).map(|(_, found)| found).next()
    }

    /// The name of what a segment of its name stands for, if one does.
    pub(crate) fn segment(self) -> Option<&'static str> {
        let segment = self.name().split('/').find(|known| is_any(known))?;
        segment.strip_prefix('{')?.strip_suffix('}')
    }

    /// Its name, without the `/_`; `{name}` and the like stand for a segment of any text.
    pub(crate) fn name(self) -> &'static str {
        self.facts().name
    }

    /// The HTTP methods it takes, as in the header `Allow`.
    pub(crate) fn verbs(self) -> &'static str {
        self.facts().verbs
    }

    /// Each way to use it.
    pub(crate) fn uses(self) -> &'static [Use] {
        self.facts().uses
    }

    /// The way to use it with a method, if it takes that.
    pub(crate) fn used_by(self, method: &Method) -> Option<&'static Use> {
        self.uses().iter().find(|known| known.is_by(method))
    }

    fn facts(self) -> &'static Facts {
        // They stand in the order in which they are declared, which a test holds.
        &FACTS[self as usize]
    }
}

/// Whether a name is that of a command.
fn is_called(known: &str, name: &str) -> bool {
    let fits = |(known, found): (&str, &str)| known == found || (is_any(known) && !found.is_empty());
    known.split('/').count() == name.split('/').count() && known.split('/').zip(name.split('/')).all(fits)
}

/// Whether a segment of a command's name stands for any text.
fn is_any(segment: &str) -> bool {
    segment.starts_with('{')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_command_stands_at_its_place_with_the_methods_it_is_used_with() {
        for (index, facts) in FACTS.iter().enumerate() {
            assert_eq!(facts.command as usize, index, "{}", facts.name);
            assert_eq!(Command::named(facts.name), Some(facts.command));
            let verbs: Vec<&str> = facts.uses.iter().map(|known| known.verb).collect();
            let allowed: Vec<&str> = facts.verbs.split(", ").filter(|verb| *verb != "HEAD").collect();
            assert_eq!(verbs, allowed, "{}", facts.name);
        }
        for name in ["none", "", "plugins/", "plugins//log", "plugins/a/none", "plugins/a/log/b", "roots/a"] {
            assert_eq!(Command::named(name), None, "{name}");
        }
    }

    #[test]
    fn a_segment_of_any_text_is_taken_as_it_came() {
        for (name, command, segment) in [
            ("plugins/a%2Fb", Command::Plugin, Some("a%2Fb")),
            ("plugins/log/log", Command::PluginLog, Some("log")),
            ("plugins", Command::Plugins, None),
        ] {
            assert_eq!(Command::named(name), Some(command));
            assert_eq!(command.segment_of(name), segment, "{name}");
        }
        assert_eq!((Command::Plugin.segment(), Command::Plugins.segment()), (Some("name"), None));
    }
}
