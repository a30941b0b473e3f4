//! What the guest says of itself: only what its settings ask for.

use serde_json::Value;

use crate::contract::exports::tega::plugin::lifecycle::{Description, Grants, Hook, Method, Subscription, Timer, View};
use crate::contract::tega::plugin::settings;
use crate::setting;

/// An export in which harm is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum At {
    Describe,
    Start,
    Stop,
    Method,
    Commit,
    Message,
    Gap,
    Transform,
    Guard,
    View,
    Tick,
}

impl At {
    /// Whether the settings say that it is done here.
    pub(crate) fn is_asked(self) -> bool {
        format!("{self:?}").eq_ignore_ascii_case(&setting("at"))
    }

    fn list<T>(self, item: T) -> Vec<T> {
        if self.is_asked() { vec![item] } else { Vec::new() }
    }
}

/// The operator's settings.
pub(crate) fn settings() -> Value {
    serde_json::from_str(&settings::get()).unwrap_or_default()
}

/// Its name is a root of its own, which is what it judges, computes or hears of.
pub(crate) fn description() -> Description {
    let name = setting("name");
    let hook = || Hook { pattern: name.clone(), order: 100 };
    let commits = || Subscription::Commits(name.clone());
    let timers = settings().get("timers").and_then(Value::as_u64).unwrap_or(u64::from(At::Tick.is_asked()));
    // Another method than its own, where that is asked for.
    let answers: Vec<String> =
        setting("answers").split('.').filter(|name| !name.is_empty()).map(str::to_owned).collect();
    let channel = At::Message.list(Subscription::Channel(name.clone()));
    let subscriptions = [At::Commit.list(commits()), At::Gap.list(commits()), channel].concat();
    Description {
        name: name.clone(),
        version: "0.1.0".to_owned(),
        summary: "Does harm.".to_owned(),
        methods: vec![Method {
            path: if answers.is_empty() { vec![name.clone(), "call".to_owned()] } else { answers },
            summary: "Does harm.".to_owned(),
            parameters: None,
            returns: None,
        }],
        subscriptions,
        transforms: At::Transform.list(hook()),
        guards: At::Guard.list(hook()),
        views: At::View.list(View { path: vec![name.clone(), "view".to_owned()], summary: "Harm.".to_owned() }),
        timers: (0..timers).map(|number| Timer { name: format!("t{number}"), interval_ms: 100 }).collect(),
        grants: Grants {
            read: Vec::new(),
            write: Vec::new(),
            methods: Vec::new(),
            channels: Vec::new(),
            hosts: Vec::new(),
            environment: Vec::new(),
            folders: Vec::new(),
        },
        extra: Vec::new(),
    }
}
