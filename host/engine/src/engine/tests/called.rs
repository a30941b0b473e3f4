//! Calls of methods.

use super::judged::Hook;
use super::*;

/// A plugin's method made of words: `put PATH`, `read PATH`, `call PATH`, `try PATH`, `say`, `send`, `fail`.
#[derive(Debug)]
struct Script {
    name: &'static str,
    engine: Engine,
    calls: AtomicU32,
}

impl Method for Script {
    fn author(&self) -> Arc<Author> {
        Arc::new(Author::plugin(self.name.into(), "1.0.0".into(), "0".into()))
    }

    fn call(&self, call: MethodCall) -> Pending<'_, Result<String, CallError>> {
        Box::pin(async move {
            let attempt = self.calls.fetch_add(1, Ordering::Relaxed);
            let words: Vec<String> = serde_json::from_str(&call.arguments.positional).unwrap();
            for word in words {
                let (verb, rest) = word.split_once(' ').unwrap_or((&word, ""));
                match verb {
                    "put" => {
                        let count = value(&format!("{}", attempt + 1));
                        call.scope.transaction().put_by(&self.author(), path(rest), count)?;
                    }
                    "read" => drop(call.scope.transaction().get(&ReadPath::parse(rest).unwrap())),
                    "disturb-always" => drop(put(&self.engine, rest, "0").await.unwrap()),
                    "disturb" if attempt < 2 => drop(put(&self.engine, rest, "0").await.unwrap()),
                    "call" | "try" => {
                        let (callee, inner) = rest.split_once(' ').unwrap();
                        let arguments = Arguments { positional: inner.to_owned(), named: "{}".into() };
                        let result =
                            self.engine.call_within(&call.scope, self.author(), &path(callee), arguments).await;
                        if verb == "call" {
                            result?;
                        }
                    }
                    "say" => call.scope.transaction().publish(Message {
                        channel: "talk".into(),
                        author: self.author(),
                        body: "1".into(),
                        sender: None,
                        hops: 0,
                    })?,
                    "send" => call.scope.transaction().make_irrevocable(),
                    "fail" => {
                        return Err(CallError::Answered { code: crate::ErrorCode::Failed, message: "told to".into() });
                    }
                    _ => {}
                }
            }
            Ok("null".into())
        })
    }
}

fn with_scripts() -> (Engine, Arc<Script>) {
    let engine = new();
    let script = |name| Arc::new(Script { name, engine: engine.clone(), calls: AtomicU32::new(0) });
    let first = script("one");
    let methods = |at, script: Arc<Script>| Entries { methods: vec![(path(at), script)], views: vec![] };
    engine.directory().replace_plugin("one", methods("one.run", Arc::clone(&first))).unwrap();
    engine.directory().replace_plugin("two", methods("two.run", script("two"))).unwrap();
    (engine, first)
}

async fn call(engine: &Engine, words: &[&str]) -> Result<String, CallError> {
    let arguments = Arguments { positional: serde_json::to_string(words).unwrap(), named: "{}".into() };
    engine.call(&path("one.run"), arguments, Author::client(None, false)).await
}

#[tokio::test]
async fn a_call_is_a_transaction_by_its_plugin() {
    let (engine, _) = with_scripts();
    let mut mailbox = engine.channels().mailbox();
    mailbox.subscribe("talk");
    assert!(matches!(call(&engine, &["put x", "say", "fail"]).await, Err(CallError::Answered { .. })));
    assert_eq!((read(&engine, "x"), engine.state().revision()), (None, Revision(0)));
    let mut feed = engine.feed(Revision(0));
    call(&engine, &["put x", "put y", "say"]).await.unwrap();
    let commit = feed.next().await.unwrap();
    assert_eq!((commit.changes.len(), commit.author.is_plugin("one")), (2, true));
    assert_eq!(mailbox.next().await.author.name.as_deref(), Some("one"));
}

#[tokio::test]
async fn a_call_whose_reads_changed_runs_again_and_gives_up_after_three_times() {
    let (engine, first) = with_scripts();
    call(&engine, &["read a", "disturb a", "put x"]).await.unwrap();
    assert_eq!((first.calls.load(Ordering::Relaxed), read(&engine, "x").as_deref()), (3, Some("3")));
    let (engine, first) = with_scripts();
    let error = call(&engine, &["read a", "disturb-always a", "put x"]).await.unwrap_err();
    assert!(matches!(error, CallError::Commit(CommitError::Stale { .. })), "{error}");
    assert_eq!((first.calls.load(Ordering::Relaxed), read(&engine, "x")), (3, None));
}

#[tokio::test]
async fn a_method_called_within_joins_the_transaction_and_is_taken_back_alone() {
    let (engine, _) = with_scripts();
    call(&engine, &["put x", r#"call two.run ["put y"]"#]).await.unwrap();
    let commit = engine.feed(Revision(0)).next().await.unwrap();
    let by: Vec<_> = commit.changes.iter().map(|change| change.author.name.as_deref().unwrap()).collect();
    assert_eq!(by, ["one", "two"]);
    call(&engine, &["put v", r#"try two.run ["put w","fail"]"#, "put u"]).await.unwrap();
    assert_eq!((read(&engine, "v").is_some(), read(&engine, "w"), read(&engine, "u").is_some()), (true, None, true));
    let circle = call(&engine, &[r#"call two.run ["call one.run []"]"#]).await.unwrap_err();
    assert!(matches!(&circle, CallError::Cycle { .. }), "{circle}");
    let (nowhere, none) = (path("no.such"), Arguments { positional: "[]".into(), named: "{}".into() });
    let nothing = engine.call(&nowhere, none, Author::daemon());
    assert!(matches!(nothing.await, Err(CallError::NotFound { .. })));
}

#[tokio::test]
async fn a_call_that_did_what_cant_be_held_back_is_not_made_again() {
    let (engine, first) = with_scripts();
    for words in [
        &["read a", "send", "disturb-always a", "put x"][..],
        &[r#"try two.run ["send","fail"]"#, "read a", "disturb-always a", "put x"],
    ] {
        let calls = first.calls.load(Ordering::Relaxed);
        let error = call(&engine, words).await.unwrap_err();
        assert!(matches!(error, CallError::Commit(CommitError::Stale { .. })), "{error}");
        assert_eq!((first.calls.load(Ordering::Relaxed) - calls, read(&engine, "x")), (1, None));
    }
    call(&engine, &["read b", "send", "put x"]).await.unwrap();
    assert!(read(&engine, "x").is_some());
}

#[tokio::test]
async fn a_method_of_a_session_is_reached_from_within_and_ends_the_calling_again() {
    let (engine, first) = with_scripts();
    let mut session = engine.sessions().open("ann", crate::SessionScope::Local);
    let mut calls = session.take_calls().unwrap();
    let mut serving = begin(&engine);
    serving.put_ephemeral(session.owner(), path("ann.run"), value("\"%ann.run\"")).unwrap();
    engine.commit(serving).await.unwrap();
    let answers = tokio::spawn(async move {
        let mut answered = 0;
        while let Some(asked) = calls.recv().await {
            assert_eq!(asked.caller.name.as_deref(), Some("one"));
            asked.answer("7".into());
            answered += 1;
        }
        answered
    });
    call(&engine, &[r#"call ann.run []"#, "put x"]).await.unwrap();
    assert!(read(&engine, "x").is_some());
    let calls = first.calls.load(Ordering::Relaxed);
    let error = call(&engine, &["read a", "call ann.run []", "disturb-always a", "put y"]).await.unwrap_err();
    assert!(matches!(error, CallError::Commit(CommitError::Stale { .. })), "{error}");
    assert_eq!((first.calls.load(Ordering::Relaxed) - calls, read(&engine, "y")), (1, None));
    let nothing = call(&engine, &["call no.such []"]).await;
    assert!(matches!(nothing, Err(CallError::NotFound { .. })), "{nothing:?}");
    drop(session);
    assert_eq!(answers.await.unwrap(), 2);
}

#[tokio::test]
async fn a_stale_call_under_a_guard_is_called_again_rather_than_judged() {
    type Check = fn(&Judged) -> Result<(), HookError>;
    let (engine, first) = with_scripts();
    engine.hooks().enter_guard(Hook::new("guard", 100, "x", (|_| Ok(())) as Check));
    call(&engine, &["read a", "disturb a", "put x"]).await.unwrap();
    assert_eq!((first.calls.load(Ordering::Relaxed), read(&engine, "x").as_deref()), (3, Some("3")));
}

#[tokio::test]
async fn calls_are_counted_by_plugin_those_within_another_too() {
    let (engine, _) = with_scripts();
    let call = async |at: &str, words: &str| {
        let arguments = Arguments { positional: words.to_owned(), named: "{}".into() };
        engine.call(&path(at), arguments, Author::client(None, false)).await
    };
    call("one.run", r#"["try two.run [\"fail\"]"]"#).await.unwrap();
    call("nothing.there", "[]").await.unwrap_err();
    let by_plugin = engine.metrics().calls.by_plugin();
    let counts = |name: &str| {
        let (_, calls) = by_plugin.iter().find(|(known, _)| known == name).expect("a plugin that was called");
        let failed = calls.errors.counts().find(|(code, _)| *code == "failed").expect("a code").1;
        (calls.calls.get(), failed, calls.duration.seen().count)
    };
    assert_eq!((by_plugin.len(), counts("one"), counts("two")), (2, (1, 0, 1), (1, 1, 1)));
}
