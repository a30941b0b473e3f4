//! The calls of methods and views, counted by plugin.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use super::{Counter, Counters, Histogram};
use crate::limits::PLUGINS_COUNTED_MAX;
use crate::{CallError, ErrorCode};

/// The calls of methods, by plugin.
#[derive(Debug, Default)]
pub struct Calls(RwLock<BTreeMap<String, Arc<CallsOf>>>);

/// The calls of the methods of one plugin.
#[derive(Debug)]
pub struct CallsOf {
    /// Those that began.
    pub calls: Counter,
    /// Those that failed, by [`ErrorCode::name`].
    pub errors: Counters,
    /// How long those took that ended.
    pub duration: Histogram,
}

/// A call under way.
#[derive(Debug)]
pub(crate) struct Counted {
    of: Arc<CallsOf>,
    begun: Instant,
}

impl Calls {
    /// Counts a call that begins.
    pub(crate) fn begin(&self, plugin: &str) -> Counted {
        let of = self.of(plugin);
        of.calls.increment();
        Counted { of, begun: Instant::now() }
    }

    /// Those of a plugin. Past the limit of plugins that are counted each, of all the others, under the name `other`.
    fn of(&self, plugin: &str) -> Arc<CallsOf> {
        if let Some(known) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(plugin) {
            return Arc::clone(known);
        }
        let mut table = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let name = if table.len() < PLUGINS_COUNTED_MAX { plugin } else { "other" };
        Arc::clone(table.entry(name.to_owned()).or_default())
    }

    /// Each plugin that was called, with its calls, by name. Methods that sessions serve stand under the empty name: sessions
    /// call themselves what they like.
    pub fn by_plugin(&self) -> Vec<(String, Arc<CallsOf>)> {
        let table = self.0.read().unwrap_or_else(PoisonError::into_inner);
        table.iter().map(|(name, calls)| (name.clone(), Arc::clone(calls))).collect()
    }
}

impl Default for CallsOf {
    fn default() -> Self {
        Self { calls: Counter::default(), errors: Counters::new(&ErrorCode::NAMES), duration: Histogram::of_calls() }
    }
}

impl Counted {
    /// Notes how it ended, and how long it took.
    pub(crate) fn ended<T>(self, result: Result<T, CallError>) -> Result<T, CallError> {
        self.of.duration.observe_duration(self.begun.elapsed());
        if let Err(error) = &result {
            self.of.errors.increment(error.code().name());
        }
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plugins_past_the_limit_are_counted_together() {
        let calls = Calls::default();
        for number in 0..PLUGINS_COUNTED_MAX + 10 {
            calls.of(&format!("p{number}")).calls.increment();
        }
        calls.of("p0").calls.increment();
        let table = calls.by_plugin();
        assert_eq!(table.len(), PLUGINS_COUNTED_MAX + 1);
        let count = |name: &str| table.iter().find(|(known, _)| known == name).map(|(_, calls)| calls.calls.get());
        assert_eq!((count("p0"), count("p1"), count("other")), (Some(2), Some(1), Some(10)));
    }
}
