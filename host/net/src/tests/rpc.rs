//! Calls of methods.

use std::sync::Arc;

use http::header::ACCEPT;
use tega_engine::port::{Method, MethodCall, Pending};
use tega_engine::{Author, CallError, CommitError, Entries, ErrorCode, Rejection};
use tega_tree::{Path, Value};

use super::{Answer, Server};

/// A plugin with one method, which does what its first argument says.
#[derive(Debug)]
struct Plugin;

impl Method for Plugin {
    fn author(&self) -> Arc<Author> {
        Arc::new(Author::plugin("tester".into(), "1.0.0".into(), "00".into()))
    }

    fn call(&self, call: MethodCall) -> Pending<'_, Result<String, CallError>> {
        Box::pin(async move {
            let Value::Array(arguments) = Value::from_json(call.arguments.positional.as_bytes()).unwrap() else {
                panic!()
            };
            let word = arguments.first().and_then(Value::as_str).unwrap_or("echo").to_owned();
            let (path, owner, reason) = (call.path.clone(), "tester".to_owned(), "for the test".to_owned());
            let answered = |code| Err(CallError::Answered { code, message: format!("{code:?}, it says") });
            match word.as_str() {
                "echo" => {
                    let caller = call.caller.name.as_deref().unwrap_or("nobody");
                    Ok(format!("[{},{},\"{caller}\"]", call.arguments.positional, call.arguments.named))
                }
                "write" => {
                    let author = self.author();
                    call.scope.transaction().put_by(
                        &author,
                        Path::parse("plugin.tester.n").unwrap(),
                        Value::from(1_u64),
                    )?;
                    Ok("0".to_owned())
                }
                "panic" => panic!("the secret cause"),
                "crash" => Err(CallError::Crashed { path, owner, reason }),
                "busy" => Err(CallError::Busy { owner, reason }),
                "deadline" => Err(CallError::Deadline { path, owner, limit_ms: 1000 }),
                "cycle" => Err(CallError::Cycle { path, owner, chain: vec!["tester".into()] }),
                "rejected" => Err(CommitError::Rejected {
                    by: "guard".into(),
                    rejection: Rejection { reason, place: Some(Path::parse("a.b").unwrap()) },
                }
                .into()),
                "denied" => answered(ErrorCode::Denied),
                "invalid" => answered(ErrorCode::Invalid),
                "not-found" => answered(ErrorCode::NotFound),
                "conflict" => answered(ErrorCode::Conflict),
                "limit" => answered(ErrorCode::Limit),
                "unavailable" => answered(ErrorCode::Unavailable),
                _ => answered(ErrorCode::Failed),
            }
        })
    }
}

async fn server() -> Server {
    let server = Server::start().await;
    let method: Arc<dyn Method> = Arc::new(Plugin);
    let methods = vec![(Path::parse("test.run").unwrap(), method)];
    server.engine.directory().replace_plugin("test", Entries { methods, views: vec![] }).unwrap();
    server
}

#[tokio::test]
async fn a_call_gives_its_result_and_what_it_wrote() {
    let server = server().await;
    for (body, result) in [
        ("", r#"{"result": [[],{},"bob"]}"#),
        (r#"{"args": ["echo", 1.50], "kwargs": {"k": null}}"#, r#"{"result": [["echo",1.50],{"k":null},"bob"]}"#),
        (r#"{"args": ["write"]}"#, r#"{"result": 0}"#),
    ] {
        let answer = server.send("POST", "/_rpc?path=test.run&tega_id=bob", body).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, result));
        assert_eq!(answer.content_type.as_deref(), Some("application/json"));
    }
    assert_eq!(server.send("GET", "/plugin/tester/n", "").await.body, "1");
}

#[tokio::test]
async fn a_method_is_called_at_a_path_of_its_own_with_named_arguments() {
    let server = server().await;
    for (path, body, status, told) in [
        ("/_rpc/test.run", "", 200, r#"{"result": [[],{},"nobody"]}"#),
        (
            "/_rpc/test.run?tega_id=bob",
            r#"{"k": 1.50, "args": [1]}"#,
            200,
            r#"{"result": [[],{"k":1.50,"args":[1]},"bob"]}"#,
        ),
        ("/_rpc/%74est.%22run%22", "{}", 200, r#"{"result": [[],{},"nobody"]}"#),
        ("/_rpc/test.none", "", 404, "no method at test.none"),
        ("/_rpc/test..run", "", 400, "empty name"),
        ("/_rpc/test.run", "[1]", 400, "not an object of named arguments"),
        ("/_rpc/test.run", "{", 400, "JSON"),
        ("/_rpc/test/run", "", 404, "there is no command"),
    ] {
        let answer = server.send("POST", path, body).await;
        assert_eq!(answer.status, status, "{path} {body}: {}", answer.body);
        let fits = if status == 200 { answer.body == told } else { answer.body.contains(told) };
        assert!(fits, "{path} {body}: {}", answer.body);
    }
    assert_eq!(server.send("GET", "/_rpc/test.run", "").await.status, 405);
}

#[tokio::test]
async fn each_way_a_call_fails_has_its_status() {
    let server = server().await;
    for (word, status, retry) in [
        ("denied", 403, false),
        ("invalid", 400, false),
        ("not-found", 404, false),
        ("conflict", 409, false),
        ("limit", 422, false),
        ("cycle", 422, false),
        ("rejected", 422, false),
        ("busy", 503, true),
        ("unavailable", 503, true),
        ("crash", 503, true),
        ("deadline", 504, false),
        ("failed", 500, false),
        ("panic", 500, false),
    ] {
        let answer = server.send("POST", "/_rpc?path=test.run", &format!(r#"{{"args": ["{word}"]}}"#)).await;
        assert_eq!((answer.status, answer.retry_after.is_some()), (status, retry), "{word}: {}", answer.body);
        assert!(!answer.body.contains("secret"), "{}", answer.body);
    }
    for (path, body, status) in [
        ("/_rpc", "", 400),
        ("/_rpc?path=test..run", "", 400),
        ("/_rpc?path=test.none", "", 404),
        ("/_rpc?path=test.run", "[1]", 400),
        ("/_rpc?path=test.run", "{", 400),
    ] {
        assert_eq!(server.send("POST", path, body).await.status, status, "{path} {body}");
    }
    let rejected = server.request("POST", "/_rpc?path=test.run").header(ACCEPT, "application/json");
    let rejected = Answer::of(rejected.body(r#"{"args": ["rejected"]}"#).send().await.unwrap()).await.json();
    assert_eq!((&rejected["by"], &rejected["place"]), (&"guard".into(), &"a.b".into()));
    assert_eq!(server.send("GET", "/_livez", "").await.body, "ok", "a panic does not end the server");
}
