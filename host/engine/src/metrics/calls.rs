//! The calls of methods and views, counted by plugin and each by itself.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use tega_tree::Path;

use super::number::CALL_BOUNDS_NS;
use super::{Counter, Counters, Histogram};
use crate::limits::{METHODS_COUNTED_MAX, PLUGINS_COUNTED_MAX};
use crate::port::CallsReport;
use crate::{CallError, ErrorCode};

/// The calls of methods and views, by plugin.
#[derive(Debug, Default)]
pub struct Calls(RwLock<Table>);

#[derive(Debug, Default)]
struct Table {
    plugins: BTreeMap<String, OfPlugin>,
    /// The methods and views of all of them that are counted each.
    methods: usize,
}

#[derive(Debug, Default)]
struct OfPlugin {
    all: Arc<CallsOf>,
    by_path: BTreeMap<Path, Arc<CallsOf>>,
}

/// The calls of one plugin, or of one of its methods or views.
#[derive(Debug)]
pub struct CallsOf {
    /// Those that began.
    pub calls: Counter,
    /// Those that failed, by [`ErrorCode::name`].
    pub errors: Counters,
    /// Those of them in which the plugin trapped, or ran over a limit.
    pub failures: Counter,
    /// How long those took that ended.
    pub duration: Histogram,
}

/// A call under way.
#[derive(Debug)]
pub(crate) struct Counted {
    of: [Option<Arc<CallsOf>>; 2],
    begun: Instant,
}

impl Calls {
    /// Counts a call that begins.
    pub(crate) fn begin(&self, plugin: &str, path: Option<&Path>) -> Counted {
        let of = self.known(plugin, path).unwrap_or_else(|| self.enter(plugin, path));
        of.iter().flatten().for_each(|of| of.calls.increment());
        Counted { of, begun: Instant::now() }
    }

    /// Where to count, where that is there already.
    fn known(&self, plugin: &str, path: Option<&Path>) -> Option<[Option<Arc<CallsOf>>; 2]> {
        let table = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let known = table.plugins.get(plugin)?;
        let one = match path {
            Some(path) => known.by_path.get(path).cloned(),
            None => None,
        };
        let is_new = path.is_some() && one.is_none() && table.methods < METHODS_COUNTED_MAX;
        (!is_new).then(|| [Some(Arc::clone(&known.all)), one])
    }

    /// Past the limit of plugins that are counted each, all the others are, under the name `other`; past that of methods, one counts
    /// among those of its plugin alone.
    fn enter(&self, plugin: &str, path: Option<&Path>) -> [Option<Arc<CallsOf>>; 2] {
        let mut table = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let has_place = table.plugins.contains_key(plugin) || table.plugins.len() < PLUGINS_COUNTED_MAX;
        let (name, path) = if has_place { (plugin, path) } else { ("other", None) };
        let may_grow = table.methods < METHODS_COUNTED_MAX;
        let known = table.plugins.entry(name.to_owned()).or_default();
        let is_new = path.is_some_and(|path| !known.by_path.contains_key(path));
        let one = match path {
            Some(path) if may_grow || !is_new => Some(Arc::clone(known.by_path.entry(path.clone()).or_default())),
            _ => None,
        };
        let of = [Some(Arc::clone(&known.all)), one];
        table.methods += usize::from(is_new && may_grow);
        of
    }

    /// Each plugin that was called, with its calls, by name. Methods that sessions serve stand under the empty name: sessions
    /// call themselves what they like.
    pub fn by_plugin(&self) -> Vec<(String, Arc<CallsOf>)> {
        let table = self.0.read().unwrap_or_else(PoisonError::into_inner);
        table.plugins.iter().map(|(name, known)| (name.clone(), Arc::clone(&known.all))).collect()
    }

    /// The calls of the method or view of a plugin at a path; none where there were none, or it is not counted by itself.
    pub fn of(&self, plugin: &str, path: &Path) -> Option<Arc<CallsOf>> {
        let table = self.0.read().unwrap_or_else(PoisonError::into_inner);
        table.plugins.get(plugin)?.by_path.get(path).cloned()
    }
}

impl Default for CallsOf {
    fn default() -> Self {
        Self {
            calls: Counter::default(),
            errors: Counters::new(&ErrorCode::NAMES),
            failures: Counter::default(),
            duration: Histogram::new(&CALL_BOUNDS_NS),
        }
    }
}

impl CallsOf {
    /// The same as an operator is shown it.
    pub fn report(&self) -> CallsReport {
        let seen = self.duration.seen();
        let quantile_us = |per_mille| seen.quantile(per_mille).map(|took_ns| took_ns.div_ceil(1000));
        CallsReport {
            calls: self.calls.get(),
            errors: self.errors.counts().map(|(_, count)| count).sum(),
            failures: self.failures.get(),
            p50_us: quantile_us(500),
            p99_us: quantile_us(990),
        }
    }
}

impl Counted {
    /// Notes how it ended, and how long it took.
    pub(crate) fn ended<T>(self, result: Result<T, CallError>) -> Result<T, CallError> {
        let took = self.begun.elapsed();
        for of in self.of.iter().flatten() {
            of.duration.observe_duration(took);
            if let Err(error) = &result {
                of.errors.increment(error.code().name());
                if matches!(error, CallError::Crashed { .. } | CallError::Deadline { .. }) {
                    of.failures.increment();
                }
            }
        }
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> Path {
        Path::parse(text).unwrap()
    }

    fn called(calls: &Calls, plugin: &str, at: &str) {
        calls.begin(plugin, Some(&path(at))).ended(Ok(())).unwrap();
    }

    #[test]
    fn plugins_past_the_limit_are_counted_together() {
        let calls = Calls::default();
        for number in 0..PLUGINS_COUNTED_MAX + 10 {
            called(&calls, &format!("p{number}"), "m");
        }
        called(&calls, "p0", "m");
        let table = calls.by_plugin();
        assert_eq!(table.len(), PLUGINS_COUNTED_MAX + 1);
        let count = |name: &str| table.iter().find(|(known, _)| known == name).map(|(_, calls)| calls.calls.get());
        assert_eq!((count("p0"), count("p1"), count("other")), (Some(2), Some(1), Some(10)));
        let of = |name| calls.of(name, &path("m")).map(|calls| calls.calls.get());
        assert_eq!((of("p0"), of("p1"), of("other"), of("p9999")), (Some(2), Some(1), None, None));
    }

    #[test]
    fn methods_past_the_limit_count_among_those_of_their_plugin() {
        let calls = Calls::default();
        for number in 0..METHODS_COUNTED_MAX + 10 {
            called(&calls, if number % 2 == 0 { "p" } else { "q" }, &format!("m{number}"));
        }
        called(&calls, "p", "m0");
        let (p, q) = (&calls.by_plugin()[0].1, &calls.by_plugin()[1].1);
        let half = METHODS_COUNTED_MAX as u64 / 2 + 5;
        assert_eq!((p.calls.get(), q.calls.get()), (half + 1, half));
        assert_eq!(calls.of("p", &path("m0")).unwrap().calls.get(), 2);
        assert!(calls.of("p", &path(&format!("m{METHODS_COUNTED_MAX}"))).is_none());
        assert_eq!(calls.0.read().unwrap().methods, METHODS_COUNTED_MAX);
    }

    #[test]
    fn how_calls_ended_is_told_in_a_report() {
        let calls = Calls::default();
        assert_eq!(CallsOf::default().report(), CallsReport::default());
        called(&calls, "p", "m");
        let (at, owner) = (path("m"), "p".to_owned());
        let crashed = CallError::Crashed { path: at.clone(), owner, reason: "trap".into() };
        let answered = CallError::Answered { code: ErrorCode::Failed, message: "told to".into() };
        for error in [crashed, answered] {
            let _ = calls.begin("p", Some(&at)).ended(Err::<(), _>(error));
        }
        let report = calls.of("p", &at).unwrap().report();
        assert_eq!((report.calls, report.errors, report.failures), (3, 2, 1));
        assert!(report.p50_us <= report.p99_us && report.p50_us.is_some());
    }
}
