//! Commits that transforms and guards judge.

use super::*;

/// A transform or guard made of a function.
#[derive(Debug)]
pub(super) struct Hook<F> {
    place: HookPlace,
    judge: F,
}

impl<F> Hook<F> {
    pub(super) fn new(owner: &str, order: i32, pattern: &str, judge: F) -> Arc<Self> {
        let patterns = vec![Pattern::parse(pattern).unwrap()];
        Arc::new(Self { place: HookPlace { owner: owner.into(), order, patterns }, judge })
    }
}

impl Transform for Hook<fn(&Judged) -> Result<Vec<Edit>, HookError>> {
    fn place(&self) -> &HookPlace {
        &self.place
    }

    fn transform(&self, judged: Judged) -> Pending<'_, Result<Vec<Edit>, HookError>> {
        Box::pin(async move { (self.judge)(&judged) })
    }
}

impl Guard for Hook<fn(&Judged) -> Result<(), HookError>> {
    fn place(&self) -> &HookPlace {
        &self.place
    }

    fn check(&self, judged: Judged) -> Pending<'_, Result<(), HookError>> {
        Box::pin(async move { (self.judge)(&judged) })
    }
}

fn add(letter: &'static str) -> impl Fn(&Judged) -> Result<Vec<Edit>, HookError> {
    move |judged| {
        let tega_tree::Change::Put { value, .. } = &judged.changes[0] else { return Ok(vec![]) };
        let edited = format!("{}{letter}", value.as_str().unwrap_or_default());
        Ok(vec![Edit { index: 0, value: Value::from(edited.as_str()) }])
    }
}

#[tokio::test]
async fn transforms_change_in_order_and_guards_see_the_whole_result() {
    type Judge = fn(&Judged) -> Result<Vec<Edit>, HookError>;
    type Check = fn(&Judged) -> Result<(), HookError>;
    let engine = new();
    engine.hooks().enter_transform(Hook::new("late", 200, "a.name", (|judged| add("3")(judged)) as Judge));
    engine.hooks().enter_transform(Hook::new("b", 100, "a", (|judged| add("2")(judged)) as Judge));
    engine.hooks().enter_transform(Hook::new("a", 100, "a.*", (|judged| add("1")(judged)) as Judge));
    let guard: Check = |judged| {
        let seen = judged.scope.transaction().get(&ReadPath::parse("a.name").unwrap());
        match seen.as_ref().and_then(Value::as_str) {
            Some("bad123") => {
                Err(HookError::Rejected(Rejection { reason: "no bad names".into(), place: Some(path("a.name")) }))
            }
            _ => Ok(()),
        }
    };
    engine.hooks().enter_guard(Hook::new("guard", 100, "a", guard));
    put(&engine, "a.name", "\"x\"").await.unwrap();
    assert_eq!(read(&engine, "a.name").as_deref(), Some("\"x123\""));
    let Err(CommitError::Rejected { by, rejection }) = put(&engine, "a.name", "\"bad\"").await else { panic!() };
    assert_eq!((by.as_str(), rejection.reason.as_str()), ("guard", "no bad names"));
    put(&engine, "b.name", "\"y\"").await.unwrap();
    assert_eq!(read(&engine, "b.name").as_deref(), Some("\"y\""));
    engine.hooks().remove_plugin("guard");
    put(&engine, "a.name", "\"bad\"").await.unwrap();
    assert_eq!(engine.state().revision(), Revision(3));
}

/// A guard that lets `total` be written only as the sum it reads, and that lets another write slip in once.
#[derive(Debug)]
struct Sum {
    place: HookPlace,
    engine: Engine,
    calls: AtomicU32,
}

impl Guard for Sum {
    fn place(&self) -> &HookPlace {
        &self.place
    }

    fn check(&self, judged: Judged) -> Pending<'_, Result<(), HookError>> {
        Box::pin(async move {
            let seen = judged.scope.transaction().get(&ReadPath::parse("limit").unwrap());
            if self.calls.fetch_add(1, Ordering::Relaxed) == 0 {
                put(&self.engine, "limit", "2").await.unwrap();
            }
            match seen {
                Some(limit) if limit == value("1") => Ok(()),
                _ => Err(HookError::Rejected(Rejection { reason: "over the limit".into(), place: None })),
            }
        })
    }
}

#[tokio::test]
async fn a_commit_never_passes_on_a_judgement_that_went_stale() {
    let engine = new();
    put(&engine, "limit", "1").await.unwrap();
    let patterns = vec![Pattern::parse("total").unwrap()];
    let place = HookPlace { owner: "sum".into(), order: 100, patterns };
    let guard = Arc::new(Sum { place, engine: engine.clone(), calls: AtomicU32::new(0) });
    engine.hooks().enter_guard(Arc::clone(&guard) as Arc<dyn Guard>);
    assert!(matches!(put(&engine, "total", "5").await, Err(CommitError::Rejected { .. })));
    assert_eq!((guard.calls.load(Ordering::Relaxed), read(&engine, "total")), (2, None));
}

/// A guard that says it ran for ten milliseconds, notes what was told before, and now and then lets what it read change.
#[derive(Debug)]
struct Costly {
    place: HookPlace,
    engine: Engine,
    told_ms: std::sync::Mutex<Vec<u128>>,
}

impl Guard for Costly {
    fn place(&self) -> &HookPlace {
        &self.place
    }

    fn check(&self, judged: Judged) -> Pending<'_, Result<(), HookError>> {
        Box::pin(async move {
            judged.scope.transaction().get(&ReadPath::parse("seen").unwrap());
            let attempt = {
                let mut told = self.told_ms.lock().unwrap();
                told.push(judged.spent.total().as_millis());
                told.len()
            };
            judged.spent.add(std::time::Duration::from_millis(10));
            if attempt <= 2 {
                put(&self.engine, "seen", "1").await.unwrap();
            }
            Ok(())
        })
    }
}

#[tokio::test]
async fn what_all_judges_of_a_commit_ran_is_told_to_each_over_all_its_judgings() {
    let engine = new();
    let costly = |owner: &str| {
        let place = HookPlace { owner: owner.into(), order: 100, patterns: vec![Pattern::parse("a").unwrap()] };
        Arc::new(Costly { place, engine: engine.clone(), told_ms: Default::default() })
    };
    let (first, second) = (costly("first"), costly("second"));
    engine.hooks().enter_guard(Arc::clone(&first) as Arc<dyn Guard>);
    engine.hooks().enter_guard(Arc::clone(&second) as Arc<dyn Guard>);
    put(&engine, "a", "1").await.unwrap();
    assert_eq!(*first.told_ms.lock().unwrap(), [0, 20, 40]);
    assert_eq!(*second.told_ms.lock().unwrap(), [10, 30, 50]);
    put(&engine, "a", "2").await.unwrap();
    assert_eq!(first.told_ms.lock().unwrap()[3..], [0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_commits_at_once_to_a_root_that_a_guard_reads_whole_all_pass() {
    type Check = fn(&Judged) -> Result<(), HookError>;
    let engine = new();
    let guard: Check = |judged| {
        judged.scope.transaction().get(&ReadPath::parse("r").unwrap());
        Ok(())
    };
    engine.hooks().enter_guard(Hook::new("whole", 100, "*", guard));
    let writer = |n: usize| {
        let engine = engine.clone();
        async move {
            for round in 0..20 {
                put(&engine, &format!("r.n{n}"), &round.to_string()).await.unwrap();
            }
        }
    };
    let writers: Vec<_> = (0..16).map(|n| tokio::spawn(writer(n))).collect();
    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!(engine.state().revision(), Revision(320));
}

#[tokio::test]
async fn an_edit_that_leaves_a_later_change_without_a_place_is_the_plugins_fault() {
    type Judge = fn(&Judged) -> Result<Vec<Edit>, HookError>;
    let engine = new();
    let edit: Judge = |_| Ok(vec![Edit { index: 0, value: value("{\"c\":2}") }]);
    engine.hooks().enter_transform(Hook::new("editor", 100, "a", edit));
    let mut transaction = begin(&engine);
    transaction.put(path("a"), value("{\"b\":1,\"c\":2}")).unwrap();
    transaction.delete(path("a.b")).unwrap();
    let error = engine.commit(transaction).await.unwrap_err();
    assert!(matches!(&error, CommitError::JudgeUnavailable { by, .. } if by == "editor"), "{error}");
}

/// A guard that lets another's commit slip in while it judges for the first time.
#[derive(Debug)]
struct Slip {
    place: HookPlace,
    engine: Engine,
    calls: AtomicU32,
}

impl Guard for Slip {
    fn place(&self) -> &HookPlace {
        &self.place
    }

    fn check(&self, _: Judged) -> Pending<'_, Result<(), HookError>> {
        Box::pin(async move {
            if self.calls.fetch_add(1, Ordering::Relaxed) == 0 {
                put(&self.engine, "r.a.c", "\"acknowledged\"").await.unwrap();
            }
            Ok(())
        })
    }
}

#[tokio::test]
async fn a_rollback_that_is_judged_takes_no_parent_along_that_others_put_something_into() {
    let engine = new();
    put(&engine, "r.x", "1").await.unwrap();
    put(&engine, "r.a.b", "1").await.unwrap();
    let place = HookPlace { owner: "g".into(), order: 100, patterns: vec![Pattern::parse("r.a.b").unwrap()] };
    engine.hooks().enter_guard(Arc::new(Slip { place, engine: engine.clone(), calls: AtomicU32::new(0) }));
    let mut back = begin(&engine);
    back.rollback(path("r.a.b"), &crate::Which::Version(Version(0))).unwrap();
    engine.commit(back).await.unwrap();
    assert_eq!(read(&engine, "r").as_deref(), Some(r#"{"a":{"c":"acknowledged"},"x":1}"#));
}
