//! Calls over a socket, both ways: methods that the client serves, and methods that it calls.
//!
//! A client that serves one is sent `REQUEST <number> RPC <caller> <path>`, with `{"args": [..], "kwargs": {..}}` as second line, and
//! answers `RESPONSE <number> RPC <caller>` with JSON, which is passed on as it is. A client that calls one sends the same
//! `REQUEST` with a number of its own; the answer is the result, or `{"error": {..}}`, a problem as over HTTP.

use std::collections::HashMap;
use std::future::pending;
use std::sync::Arc;

use tega_engine::{Author, SessionCall, SessionCalls};
use tega_tree::{Path, Value};
use tokio::sync::mpsc;

use super::closing::Closing;
use crate::NetOptions;
use crate::answer::problem::{Kind, Problem};
use crate::rpc;
use crate::server::Server;

/// A call that a client makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Call {
    /// The client's number for it.
    pub(super) number: String,
    /// In whose name, as the answer repeats it.
    pub(super) caller: String,
    /// The method, as it was written.
    pub(super) path: String,
    /// The arguments, as JSON.
    pub(super) body: String,
}

/// The calls of one socket.
#[derive(Debug)]
pub(super) struct Calls {
    /// Those that the client is to answer, once it has a session.
    served: Option<SessionCalls>,
    /// Those that it was asked, by number.
    asked: HashMap<u64, SessionCall>,
    asked_max: usize,
    last_number: u64,
    /// The answers to those that it made.
    answers: mpsc::Receiver<String>,
    answer: mpsc::Sender<String>,
}

/// What comes of calls.
#[derive(Debug)]
pub(super) enum Called {
    /// The client is asked.
    Asked(SessionCall),
    /// The client is answered: a frame.
    Answered(String),
}

impl Calls {
    pub(super) fn new(options: &NetOptions) -> Self {
        let (answer, answers) = mpsc::channel(options.calls_under_way_max);
        Self {
            served: None,
            asked: HashMap::new(),
            asked_max: options.calls_asked_max,
            last_number: 0,
            answers,
            answer,
        }
    }

    /// From now on the calls for a session are this client's.
    pub(super) fn serve(&mut self, calls: Option<SessionCalls>) {
        self.served = calls;
    }

    /// What comes next.
    ///
    /// # Cancel safety
    /// Nothing is lost when it is dropped.
    pub(super) async fn next(&mut self) -> Called {
        let served = async {
            match &mut self.served {
                Some(calls) => match calls.recv().await {
                    Some(call) => call,
                    None => pending().await,
                },
                None => pending().await,
            }
        };
        tokio::select! {
            call = served => Called::Asked(call),
            // A sender is held here, so it never ends.
            Some(frame) = self.answers.recv() => Called::Answered(frame),
        }
    }

    /// The frame that asks the client; none where the caller gave up, or too many are unanswered.
    pub(super) fn ask(&mut self, call: SessionCall) -> Option<String> {
        self.asked.retain(|_, call| !call.is_given_up());
        if call.is_given_up() || self.asked.len() >= self.asked_max {
            return None;
        }
        self.last_number += 1;
        let caller = call.caller.name.as_deref().unwrap_or("None").replace(' ', "\\u0020");
        let path = call.path.to_string().replace(' ', "\\u0020");
        let (args, kwargs) = (&call.arguments.positional, &call.arguments.named);
        let frame =
            format!("REQUEST {} RPC {caller} {path}\n{{\"args\": {args}, \"kwargs\": {kwargs}}}", self.last_number);
        self.asked.insert(self.last_number, call);
        Some(frame)
    }

    /// The client answered a call. One that nobody waits for any more is let go.
    ///
    /// # Errors
    /// How the socket is to be closed, where the answer is no JSON.
    pub(super) fn answered(&mut self, number: &str, json: &str) -> Result<(), Closing> {
        let value = Value::from_json(json.as_bytes())
            .map_err(|error| Closing::content(format!("RESPONSE: the second line is {error}")))?;
        match number.parse().ok().and_then(|number: u64| self.asked.remove(&number)) {
            Some(call) => call.answer(value.to_json()),
            None => tracing::debug!(number, "an answer came that nobody waits for"),
        }
        Ok(())
    }

    /// Has a call of the client made.
    ///
    /// # Errors
    /// How the socket is to be closed, where too many are under way.
    pub(super) fn make(&self, server: &Arc<Server>, call: Call, author: Author) -> Result<(), Closing> {
        let Ok(place) = self.answer.clone().try_reserve_owned() else {
            let limit = self.answer.max_capacity();
            return Err(Closing::policy(format!("{limit} calls are under way, which is the limit")));
        };
        let server = Arc::clone(server);
        tokio::spawn(async move {
            let Call { number, caller, path, body } = call;
            let json = match made(&server, &path, &body, author).await {
                Ok(result) => result,
                Err(problem) => {
                    let json = serde_json::to_string(&problem).unwrap_or_default();
                    format!("{{\"error\": {json}}}")
                }
            };
            place.send(format!("RESPONSE {number} RPC {caller}\n{json}"));
        });
        Ok(())
    }
}

async fn made(server: &Server, path: &str, body: &str, author: Author) -> Result<String, Problem> {
    let path = Path::parse_written(path)?;
    let arguments = rpc::arguments(body.as_bytes())?;
    if body.len() > server.options.body_bytes_max {
        return Err(Problem::new(Kind::TooLarge, "the arguments are too large"));
    }
    Ok(server.engine.call(&path, arguments, author).await?)
}
