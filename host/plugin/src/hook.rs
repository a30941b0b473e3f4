//! The transforms and guards of a plugin, as the engine asks them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use tega_engine::Rejection;
use tega_engine::port::{Edit, Guard, HookError, HookPlace, Judged, Pending, Policy, Transform};
use tega_tree::{Pattern, Value};

use crate::bindings::types;
use crate::convert;
use crate::failure::Failure;
use crate::instance::Instance;
use crate::journal::Level;
use crate::limits::JUDGE_WAIT_MS;
use crate::plugin::{Ask, Plugin};
use crate::pool::Wait;

/// The transforms, or the guards, of a plugin that stand at one place.
#[derive(Debug)]
pub(crate) struct Hook {
    plugin: Arc<Plugin>,
    place: HookPlace,
    /// The patterns of the place: what they cover may be read.
    shown: Arc<[Pattern]>,
}

impl Hook {
    /// Those of a plugin, by their order.
    pub(crate) fn all(plugin: &Arc<Plugin>, hooks: &BTreeMap<i32, Vec<Pattern>>) -> Vec<Arc<Self>> {
        let hook = |(&order, patterns): (&i32, &Vec<Pattern>)| {
            let place = HookPlace { owner: plugin.name().to_owned(), order, patterns: patterns.clone() };
            Arc::new(Self { plugin: Arc::clone(plugin), place, shown: patterns.clone().into() })
        };
        hooks.iter().map(hook).collect()
    }

    /// Asks an instance about a commit, within what those before it left of the time.
    async fn ask<T, C>(&self, judged: Judged, call: C) -> Result<T, HookError>
    where
        T: Default + Send + 'static,
        C: for<'a> FnOnce(&'a mut Instance, &'a [types::Change], &'a types::Author) -> BoxFuture<'a, Judgement<T>>
            + Send
            + 'static,
    {
        let Judged { changes, author, spent, scope } = judged;
        let changes: Vec<_> = changes.iter().map(convert::change).collect();
        let author = convert::author(&author);
        let judge_ms = self.plugin.limits.judge_ms;
        let ran_ms = u64::try_from(spent.total().as_millis()).unwrap_or(u64::MAX);
        let limit_ms = judge_ms.saturating_sub(ran_ms);
        if limit_ms == 0 {
            let reason =
                format!("those that judge this commit ran for {ran_ms} ms; it has {judge_ms} ms with all of them");
            return Err(HookError::Unavailable { reason });
        }
        let wait = Wait::Beyond(Duration::from_millis(JUDGE_WAIT_MS));
        let ask = Ask { scope, shown: Arc::clone(&self.shown), limit_ms, own_ms: judge_ms, wait };
        let asked = self.plugin.ask(ask, |instance| {
            Box::pin(async move {
                let begun = Instant::now();
                let judgement = call(instance, &changes, &author).await;
                spent.add(begun.elapsed());
                judgement
            })
        });
        self.judgement(asked.await)
    }

    /// The judgement; where there is none, what the policy says: it passes as it is, or it does not.
    fn judgement<T: Default>(&self, answer: Result<Result<T, types::Rejection>, Failure>) -> Result<T, HookError> {
        let failure = match answer {
            Ok(judged) => return judged.map_err(|rejection| HookError::Rejected(rejected(rejection))),
            Err(failure) => failure,
        };
        let is_known = matches!(failure, Failure::HeldBack { .. });
        let vitals = &self.plugin.vitals;
        if !is_known {
            vitals.lines.write(Level::Warn, &format!("can't judge a commit: {failure}"));
        }
        match self.plugin.conduct.policy {
            // Only what stays so for a while is left out; who ran too long once may do better the next time.
            Policy::Pass if is_known || failure.is_fault() => {
                vitals.unjudged.increment();
                Ok(T::default())
            }
            Policy::Pass | Policy::Reject => Err(failure.of_hook()),
        }
    }
}

impl Transform for Hook {
    fn place(&self) -> &HookPlace {
        &self.place
    }

    fn transform(&self, judged: Judged) -> Pending<'_, Result<Vec<Edit>, HookError>> {
        Box::pin(async move {
            let edits =
                self.ask(judged, |instance, changes, author| Box::pin(instance.transform(changes, author))).await?;
            let edit = |(index, json): (u32, String)| match (usize::try_from(index), Value::from_json(json.as_bytes()))
            {
                (Ok(index), Ok(value)) => Ok(Edit { index, value }),
                (_, Err(error)) => Err(unfit(&error.to_string())),
                (Err(_), _) => Err(unfit("there is no such change")),
            };
            edits.into_iter().map(|told| edit((told.index, told.value))).collect()
        })
    }
}

impl Guard for Hook {
    fn place(&self) -> &HookPlace {
        &self.place
    }

    fn check(&self, judged: Judged) -> Pending<'_, Result<(), HookError>> {
        Box::pin(self.ask(judged, |instance, changes, author| Box::pin(instance.check(changes, author))))
    }
}

/// What an instance makes of a commit.
type Judgement<T> = Result<Result<T, types::Rejection>, Failure>;

/// A rejection as the engine has it; a place that can't be one is left out.
fn rejected(told: types::Rejection) -> Rejection {
    Rejection { reason: convert::words(told.reason), place: told.place.and_then(|names| convert::path(names).ok()) }
}

fn unfit(reason: &str) -> HookError {
    HookError::Unavailable { reason: format!("it made an edit that can't be taken: {reason}") }
}
