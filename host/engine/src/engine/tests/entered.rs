//! What plugins enter: methods, views, transforms and guards, each in the place of what they had.

use std::sync::Barrier;
use std::sync::atomic::AtomicBool;

use super::judged::Hook;
use super::*;
use crate::port::{View, ViewCall};
use crate::{DirectoryError, EntryKind, ErrorCode};

/// A method and a view of a plugin, told by its version.
#[derive(Debug)]
pub(super) struct Part {
    name: &'static str,
    version: String,
}

pub(super) fn part(name: &'static str, version: &str) -> Arc<Part> {
    Arc::new(Part { name, version: version.into() })
}

impl Method for Part {
    fn author(&self) -> Arc<Author> {
        Arc::new(Author::plugin(self.name.into(), self.version.clone(), "0".into()))
    }

    fn call(&self, _: MethodCall) -> Pending<'_, Result<String, CallError>> {
        Box::pin(async { Ok(self.version.clone()) })
    }
}

impl View for Part {
    fn author(&self) -> Arc<Author> {
        Method::author(self)
    }

    /// What is in `a`, seen by its reader; no value, an error or one too large, as the view is called.
    fn value(&self, call: ViewCall) -> Pending<'_, Result<Option<Value>, CallError>> {
        Box::pin(async move {
            assert_eq!(call.scope.access(), crate::port::Access::ReadOnly);
            let read = |at| call.scope.transaction().get(&ReadPath::parse(at).unwrap());
            Ok(match call.path.names().last().unwrap().as_str() {
                "none" => None,
                "large" => Some(Value::from("x".repeat(crate::limits::VIEW_BYTES_MAX).as_str())),
                "fails" => {
                    return Err(CallError::Answered { code: ErrorCode::Failed, message: "told to".into() });
                }
                _ => {
                    let reader = Value::from(call.reader.name.as_deref().unwrap_or_default());
                    let a = read("a").unwrap_or(Value::Null);
                    Some([("reader".into(), reader), ("a".into(), a)].into_iter().collect())
                }
            })
        })
    }
}

pub(super) fn entries(part: &Arc<Part>, methods: &[&str], views: &[&str]) -> Entries {
    Entries {
        methods: methods.iter().map(|at| (path(at), Arc::clone(part) as Arc<dyn Method>)).collect(),
        views: views.iter().map(|at| (path(at), Arc::clone(part) as Arc<dyn View>)).collect(),
    }
}

fn paths(texts: &[&str]) -> Vec<Path> {
    texts.iter().map(|text| path(text)).collect()
}

async fn answer(engine: &Engine, at: &str) -> Option<String> {
    let arguments = Arguments { positional: "[]".into(), named: "{}".into() };
    engine.call(&path(at), arguments, Author::client(None, false)).await.ok()
}

#[tokio::test]
async fn a_plugin_is_replaced_whole_or_not_at_all() {
    let engine = new();
    let directory = engine.directory();
    directory.replace_plugin("one", entries(&part("one", "1"), &["one.a", "one.b"], &["one.v", "views.one"])).unwrap();
    directory.replace_plugin("two", entries(&part("two", "1"), &["two.a"], &["two.v"])).unwrap();
    let second = part("one", "2");
    for (methods, views, said) in [
        (&["one.a", "two.a"][..], &[][..], "the method two.a can't be entered: a method of plugin two is there"),
        (&["two.v"], &[], "the method two.v can't be entered: a view of plugin two is there"),
        (&["one.c"], &["two.a"], "the view two.a can't be entered: a method of plugin two is there"),
        (&[], &["two.v"], "the view two.v can't be entered: a view of plugin two is there"),
        (&[], &["two"], "the view two can't be entered: it is above or below the view two.v of plugin two"),
        (&[], &["two.v.x.y"], "the view two.v.x.y can't be entered: it is above or below the view two.v of plugin two"),
    ] {
        let error = directory.replace_plugin("one", entries(&second, methods, views)).unwrap_err();
        assert_eq!(error.to_string(), said);
        assert_eq!(directory.check(&["one"], &paths(methods), &paths(views)), Err(error));
        assert_eq!(answer(&engine, "one.a").await.as_deref(), Some("1"));
        assert!(
            directory.view_at(&ReadPath::parse("views.one").unwrap()).is_some()
                && answer(&engine, "one.c").await.is_none()
        );
    }
    let twice = directory.replace_plugin("one", entries(&second, &["one.x"], &["one.x"])).unwrap_err();
    assert!(matches!(&twice, DirectoryError::Taken { held: EntryKind::Method, owner, .. } if owner == "plugin one"));
    // What was its own may be anything now; a method may be where a view of it is above.
    let (methods, views) = (["one.v", "one.a.run", "one.c"], ["one.a", "one.b"]);
    directory.check(&["one"], &paths(&methods), &paths(&views)).unwrap();
    assert_eq!(answer(&engine, "one.c").await, None);
    directory.replace_plugin("one", entries(&second, &methods, &views)).unwrap();
    for (at, expected) in [("one.a", None), ("one.b", None), ("one.v", Some("2")), ("one.c", Some("2"))] {
        assert_eq!(answer(&engine, at).await.as_deref(), expected, "{at}");
    }
    let within = directory.views_within(&path("one")).into_iter().map(|(path, _)| path).collect::<Vec<_>>();
    assert_eq!(within, paths(&views));
    assert_eq!(directory.methods_within(&path("one.a")).len(), 1);
    directory.remove_plugin("one");
    assert_eq!((answer(&engine, "one.v").await, answer(&engine, "two.a").await.as_deref()), (None, Some("1")));
}

#[tokio::test]
async fn nobody_sees_a_plugin_half_replaced() {
    let engine = new();
    let replaced = |version: &str| entries(&part("p", version), &["p.a", "p.b"], &[]);
    engine.directory().replace_plugin("p", replaced("1")).unwrap();
    let (start, is_over) = (Arc::new(Barrier::new(2)), Arc::new(AtomicBool::new(false)));
    let looking = std::thread::spawn({
        let (directory, start, is_over) = (engine.directory().clone(), Arc::clone(&start), Arc::clone(&is_over));
        move || {
            start.wait();
            let mut looks = 0;
            while !is_over.load(Ordering::Relaxed) {
                let there = directory.methods_within(&path("p"));
                let versions: Vec<_> = there.iter().map(|(_, method)| method.author().version.clone()).collect();
                assert!(versions.len() == 2 && versions[0] == versions[1], "{versions:?}");
                looks += 1;
            }
            looks
        }
    });
    start.wait();
    for version in 0..2000 {
        engine.directory().replace_plugin("p", replaced(&version.to_string())).unwrap();
    }
    is_over.store(true, Ordering::Relaxed);
    let looks: u64 = looking.join().unwrap();
    assert!(looks > 0);
}

#[tokio::test]
async fn transforms_and_guards_are_replaced_together() {
    type Judge = fn(&Judged) -> Result<Vec<Edit>, HookError>;
    type Check = fn(&Judged) -> Result<(), HookError>;
    fn to(text: &str) -> Vec<Edit> {
        vec![Edit { index: 0, value: Value::from(text) }]
    }
    let engine = new();
    let only = |allowed: &'static str| -> Check {
        match allowed {
            "old" => |judged| seen(judged, "old"),
            _ => |judged| seen(judged, "new"),
        }
    };
    let old: Judge = |_| Ok(to("old"));
    let new: Judge = |_| Ok(to("new"));
    engine.hooks().enter_guard(Hook::new("other", 0, "b", only("new")));
    engine.hooks().replace_plugin("p", vec![Hook::new("p", 5, "a", old)], vec![Hook::new("p", 5, "a", only("old"))]);
    put(&engine, "a", "\"x\"").await.unwrap();
    assert_eq!(read(&engine, "a").as_deref(), Some("\"old\""));
    engine.hooks().replace_plugin("p", vec![Hook::new("p", 5, "a", new)], vec![Hook::new("p", 5, "a", only("new"))]);
    put(&engine, "a", "\"x\"").await.unwrap();
    assert_eq!(read(&engine, "a").as_deref(), Some("\"new\""));
    engine.hooks().replace_plugin("p", Vec::new(), Vec::new());
    put(&engine, "a", "\"x\"").await.unwrap();
    assert_eq!(read(&engine, "a").as_deref(), Some("\"x\""));
    assert!(matches!(put(&engine, "b", "\"x\"").await, Err(CommitError::Rejected { by, .. }) if by == "other"));
}

fn seen(judged: &Judged, allowed: &str) -> Result<(), HookError> {
    let tega_tree::Change::Put { value, .. } = &judged.changes[0] else { panic!("{judged:?}") };
    match value.as_str() == Some(allowed) {
        true => Ok(()),
        false => Err(HookError::Rejected(Rejection { reason: format!("{allowed} alone"), place: None })),
    }
}

#[tokio::test]
async fn a_view_sees_the_state_that_its_reader_is_shown() {
    let engine = new();
    put(&engine, "a", "[1,{\"x\":2}]").await.unwrap();
    let before = engine.state();
    put(&engine, "a", "7").await.unwrap();
    let views = ["v.seen", "v.none", "v.large", "v.fails"];
    engine.directory().replace_plugin("p", entries(&part("p", "1"), &[], &views)).unwrap();
    let reader = Arc::new(Author::client(Some("bob".into()), false));
    let view = async |at: &str, state| {
        let asked = ReadPath::parse(at).unwrap();
        let (found, view) = engine.directory().view_at(&asked).unwrap();
        let value = engine.view(&found, &view, state, Arc::clone(&reader)).await?;
        Ok::<_, CallError>(value.and_then(|value| value.part(&asked.steps()[found.len()..]).map(Value::to_json)))
    };
    let now = engine.state();
    assert_eq!(view("v.seen", Arc::clone(&now)).await.unwrap().as_deref(), Some(r#"{"reader":"bob","a":7}"#));
    assert_eq!(view("v.seen.a", Arc::clone(&now)).await.unwrap().as_deref(), Some("7"));
    assert_eq!(view("v.seen.a.1.x", Arc::clone(&before)).await.unwrap().as_deref(), Some("2"));
    assert_eq!(view("v.seen.a.(x=2)", Arc::clone(&before)).await.unwrap().as_deref(), Some(r#"{"x":2}"#));
    assert_eq!(view("v.seen._version", Arc::clone(&now)).await.unwrap(), None);
    assert_eq!(view("v.none", Arc::clone(&now)).await.unwrap(), None);
    assert!(matches!(view("v.large", Arc::clone(&now)).await, Err(CallError::Crashed { .. })));
    assert!(matches!(view("v.fails", Arc::clone(&now)).await, Err(CallError::Answered { .. })));
    let elsewhere = ["v", "w.seen", "v.see"].map(|at| engine.directory().view_at(&ReadPath::parse(at).unwrap()));
    assert!(elsewhere.iter().all(Option::is_none));
    assert_eq!(engine.state().revision(), now.revision());
}
