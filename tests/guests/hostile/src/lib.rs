//! A guest that does harm: its settings say where (`at`), which (`fault`), and as whom (`name`).
//!
//! It stands on the contract itself, without the SDK, and exports every part whether it describes something for it or not.

mod description;
mod faults;

#[allow(missing_docs, unsafe_code, reason = "generated")]
mod contract {
    wit_bindgen::generate!({
        path: ["../../../wit/tega-plugin@0.1.0", "wit"],
        world: "guests:hostile/hostile",
        generate_all,
    });

    export!(Hostile);

    use super::Hostile;
}

use contract::exports::tega::plugin::{guard, lifecycle, methods, subscriber, timer, transform, view};
use contract::tega::plugin::types::{Author, Change, Error, Path, Rejection};
use description::{At, description, settings};
use faults::{called, commit, huge};

#[derive(Debug)]
struct Hostile;

impl lifecycle::Guest for Hostile {
    fn describe() -> lifecycle::Description {
        commit(At::Describe);
        description()
    }

    fn start(_: lifecycle::StartReason) -> Result<(), Error> {
        commit(At::Start);
        Ok(())
    }

    fn stop() {
        commit(At::Stop);
    }
}

impl methods::Guest for Hostile {
    fn call(_: Path, _: String, _: String, _: Author) -> Result<String, Error> {
        commit(At::Method);
        called().unwrap_or_else(|| Ok(huge(At::Method).map_or_else(|| "null".to_owned(), |text| format!("{text:?}"))))
    }
}

impl subscriber::Guest for Hostile {
    fn on_commit(_: subscriber::Commit) -> Result<(), Error> {
        commit(At::Commit);
        Ok(())
    }

    fn on_message(_: subscriber::Message) -> Result<(), Error> {
        commit(At::Message);
        Ok(())
    }

    fn on_gap(_: u64, _: u64) -> Result<(), Error> {
        commit(At::Gap);
        Ok(())
    }
}

impl transform::Guest for Hostile {
    fn transform(_: Vec<Change>, _: Author) -> Result<Vec<transform::Edit>, Rejection> {
        commit(At::Transform);
        Ok(huge(At::Transform)
            .map(|text| transform::Edit { index: 0, value: format!("{text:?}") })
            .into_iter()
            .collect())
    }
}

impl guard::Guest for Hostile {
    fn check(_: Vec<Change>, _: Author) -> Result<(), Rejection> {
        commit(At::Guard);
        huge(At::Guard).map_or(Ok(()), |reason| Err(Rejection { reason, place: None }))
    }
}

impl view::Guest for Hostile {
    fn value(_: Path, _: Author) -> Result<Option<String>, Error> {
        commit(At::View);
        Ok(huge(At::View).map(|text| format!("{text:?}")))
    }
}

impl timer::Guest for Hostile {
    fn tick(_: String, _: u64) -> Result<(), Error> {
        commit(At::Tick);
        Ok(())
    }
}

/// A word of the settings, empty where there is none.
fn setting(name: &str) -> String {
    settings().get(name).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
}
