//! The methods of a plugin, as the engine calls them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tega_engine::port::{Method, MethodCall, Pending};
use tega_engine::{Author, CallError, ErrorCode};
use tega_tree::Path;

use crate::convert::{self, error_code_in, words};
use crate::failure::Failure;
use crate::instance::Called;
use crate::journal::Level;
use crate::plugin::{Ask, Plugin};
use crate::pool::Wait;
use crate::service::{Outcome, Tally};

/// One method of a plugin.
#[derive(Debug)]
pub(crate) struct PluginMethod {
    plugin: Arc<Plugin>,
    tally: Arc<Tally>,
}

impl PluginMethod {
    /// Those of a plugin, by path.
    pub(crate) fn all(plugin: &Arc<Plugin>) -> Vec<(Path, Arc<dyn Method>)> {
        let method = |path: &Path| -> (Path, Arc<dyn Method>) {
            (path.clone(), Arc::new(Self { plugin: Arc::clone(plugin), tally: plugin.vitals.of_method(path) }))
        };
        plugin.description.methods.iter().map(|described| method(&described.path)).collect()
    }
}

impl Method for PluginMethod {
    fn author(&self) -> Arc<Author> {
        Arc::clone(&self.plugin.identity.author)
    }

    fn call(&self, call: MethodCall) -> Pending<'_, Result<String, CallError>> {
        Box::pin(self.answer(call))
    }
}

impl PluginMethod {
    async fn answer(&self, call: MethodCall) -> Result<String, CallError> {
        let MethodCall { path, arguments, caller, scope } = call;
        // Whoever calls has read them: a client's come out of its JSON, a guest's were checked at its import.
        convert::check_form(&arguments)
            .map_err(|reason| CallError::Answered { code: ErrorCode::Invalid, message: format!("{path}: {reason}") })?;
        let limit_ms = self.plugin.limits.method_ms;
        let nested = scope.chain.len() > 1;
        let wait = if nested { Wait::Never } else { Wait::For(Duration::from_millis(limit_ms)) };
        let called = Called { path: path.clone(), arguments, caller };
        let ask = Ask { scope, shown: Arc::new([]), limit_ms, own_ms: limit_ms, wait };
        let begun = Instant::now();
        let answer = self.plugin.ask(ask, |instance| Box::pin(async move { instance.method(&called).await })).await;
        self.tally.note(begun.elapsed(), Outcome::of(&answer));
        let owner = || self.plugin.name().to_owned();
        match answer {
            Ok(Ok(json)) if convert::is_json(&json) => Ok(json),
            Ok(Ok(_)) => Err(CallError::Crashed {
                path,
                owner: owner(),
                reason: "it answered with text that is no JSON".to_owned(),
            }),
            Ok(Err(error)) => {
                Err(CallError::Answered { code: error_code_in(error.code), message: words(error.message) })
            }
            Err(failure) => {
                if !matches!(failure, Failure::HeldBack { .. }) {
                    self.plugin.vitals.lines.write(Level::Warn, &format!("{path}: {failure}"));
                }
                Err(failure.of_method(path, owner()))
            }
        }
    }
}
