//! A stop: nothing new, what is under way finishes, sockets are closed with a reason.

use std::sync::Arc;

use tega_engine::port::{Method, MethodCall, Pending};
use tega_engine::{Author, CallError, Entries};
use tega_tree::Path;
use tokio::sync::Semaphore;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::Server;
use crate::{NetOptions, ServeError};

/// A method that answers once it is let.
#[derive(Debug)]
pub(super) struct Gate {
    pub(super) entered: Semaphore,
    pub(super) open: Semaphore,
}

#[derive(Debug)]
struct Gated(Arc<Gate>);

impl Method for Gated {
    fn author(&self) -> Arc<Author> {
        Arc::new(Author::plugin("gate".into(), "1.0.0".into(), "00".into()))
    }

    fn call(&self, _call: MethodCall) -> Pending<'_, Result<String, CallError>> {
        Box::pin(async {
            self.0.entered.add_permits(1);
            self.0.open.acquire().await.unwrap().forget();
            Ok("1".to_owned())
        })
    }
}

pub(super) fn enter(server: &Server) -> Arc<Gate> {
    let gate = Arc::new(Gate { entered: Semaphore::new(0), open: Semaphore::new(0) });
    let method: Arc<dyn Method> = Arc::new(Gated(Arc::clone(&gate)));
    let methods = vec![(Path::parse("gate.wait").unwrap(), method)];
    server.engine.directory().replace_plugin("gate", Entries { methods, views: vec![] }).unwrap();
    gate
}

#[tokio::test]
async fn a_call_under_way_finishes_and_sockets_are_closed_with_1001() {
    let mut server = Server::start().await;
    let gate = enter(&server);
    let mut socket = server.session("bob", &["SUBSCRIBE a local False"]).await;
    let idle = server.client.clone();
    assert_eq!(server.send("GET", "/_livez", "").await.status, 200);
    let call = tokio::spawn(server.request("POST", "/_rpc?path=gate.wait").send());
    gate.entered.acquire().await.unwrap().forget();
    server.stop();
    let closed = socket.closed().await;
    assert_eq!((closed.code, closed.reason.as_str()), (CloseCode::Away, "the server is being stopped"));
    let late = idle.get(format!("http://{}/_livez", server.address)).send().await;
    assert!(late.is_err(), "{late:?}");
    gate.open.add_permits(1);
    let answer = call.await.unwrap().unwrap();
    assert_eq!(answer.text().await.unwrap(), r#"{"result": 1}"#);
    drop(idle);
    assert!(server.served().await.is_ok());
}

#[tokio::test]
async fn what_does_not_finish_in_time_is_cut_off() {
    let mut server = Server::start_with(NetOptions { drain_ms: 50, ..NetOptions::default() }).await;
    let gate = enter(&server);
    let call = tokio::spawn(server.request("POST", "/_rpc?path=gate.wait").send());
    gate.entered.acquire().await.unwrap().forget();
    server.stop();
    assert!(call.await.unwrap().is_err());
    assert!(matches!(server.served().await, Err(ServeError::Unfinished { connections: 1, drain_ms: 50 })));
}

#[tokio::test]
async fn where_the_engine_is_stopped_reads_go_on_and_writes_are_told_so() {
    let server = Server::start().await;
    server.put("/a", "1").await;
    let mut socket = server.session("bob", &["SUBSCRIBE a local False"]).await;
    server.engine.stop().await.unwrap();
    assert_eq!(socket.closed().await.code, CloseCode::Away);
    assert_eq!(server.send("GET", "/a", "").await.body, "1");
    let answer = server.send("PUT", "/a", "2").await;
    assert_eq!((answer.status, answer.retry_after.as_deref()), (503, Some("1")));
    assert_eq!(answer.body, "the database is being stopped\n");
}

#[tokio::test]
async fn a_server_id_that_is_no_word_is_refused() {
    for id in ["", "two words", "line\n"] {
        let server = Server::start_with(NetOptions { server_id: id.into(), ..NetOptions::default() }).await;
        assert!(matches!(server.served().await, Err(ServeError::ServerId { .. })));
    }
}
