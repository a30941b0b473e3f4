//! The commands that exist: what begins with `/_`.

/// A command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Pubsub,
    Rpc,
    Backup,
    Roots,
    Plugins,
    Ids,
    Livez,
    Readyz,
}

impl Command {
    pub(crate) const ALL: [Self; 8] =
        [Self::Rpc, Self::Pubsub, Self::Backup, Self::Roots, Self::Plugins, Self::Ids, Self::Livez, Self::Readyz];

    /// The command of a name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|command| command.name() == name)
    }

    /// Its name, without the `/_`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Pubsub => "pubsub",
            Self::Rpc => "rpc",
            Self::Backup => "backup",
            Self::Roots => "roots",
            Self::Plugins => "plugins",
            Self::Ids => "ids",
            Self::Livez => "livez",
            Self::Readyz => "readyz",
        }
    }

    /// The HTTP methods it takes, as in the header `Allow`.
    pub(crate) fn verbs(self) -> &'static str {
        match self {
            Self::Pubsub => "GET",
            Self::Rpc => "POST",
            Self::Backup | Self::Roots | Self::Plugins | Self::Ids | Self::Livez | Self::Readyz => "GET, HEAD",
        }
    }

    /// What it is for.
    pub(crate) fn summary(self) -> &'static str {
        match self {
            Self::Pubsub => "a WebSocket: subscriptions, notifications and messages",
            Self::Rpc => r#"call a method: ?path=hello.greet, body {"args": [..], "kwargs": {..}}"#,
            Self::Backup => "a consistent copy of the database, as `tega backup` takes it",
            Self::Roots => "the roots with their versions",
            Self::Plugins => "the plugins, running and refused",
            Self::Ids => "the names of the open sessions",
            Self::Livez => "whether the server answers",
            Self::Readyz => "whether it takes writes",
        }
    }
}
