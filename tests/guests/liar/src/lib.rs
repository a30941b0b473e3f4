//! A guest that describes a method and a guard, and exports the interface of neither.

use tega_plugin::raw::lifecycle::exports::tega::plugin::lifecycle::{
    Description, Grants, Guest, Hook, Method, StartReason,
};
use tega_plugin::raw::types::Error;

#[derive(Debug)]
struct Liar;

impl Guest for Liar {
    fn describe() -> Description {
        let method = Method {
            path: vec!["liar".into(), "call".into()],
            summary: "Is not there.".into(),
            parameters: None,
            returns: None,
        };
        let grants = Grants {
            read: vec![],
            write: vec![],
            methods: vec![],
            channels: vec![],
            hosts: vec![],
            environment: vec![],
            folders: vec![],
        };
        Description {
            name: "liar".into(),
            version: "0.1.0".into(),
            summary: "Describes what it doesn't export.".into(),
            methods: vec![method],
            subscriptions: vec![],
            transforms: vec![],
            guards: vec![Hook { pattern: "*".into(), order: 100 }],
            views: vec![],
            timers: vec![],
            grants,
            extra: vec![],
        }
    }

    fn start(_: StartReason) -> Result<(), Error> {
        Ok(())
    }

    fn stop() {}
}

tega_plugin::raw::lifecycle::export!(Liar with_types_in tega_plugin::raw::lifecycle);
