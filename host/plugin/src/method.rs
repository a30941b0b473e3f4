//! The methods of a plugin, as the engine calls them.

use std::sync::Arc;
use std::time::Duration;

use tega_engine::port::{Method, MethodCall, Pending};
use tega_engine::{Author, CallError, ErrorCode};

use crate::convert::{self, error_code_in, words};
use crate::instance::Called;
use crate::journal::one_line;
use crate::plugin::{Ask, Plugin};
use crate::pool::Wait;

/// The methods of a plugin.
#[derive(Debug)]
pub(crate) struct Methods(pub(crate) Arc<Plugin>);

impl Method for Methods {
    fn author(&self) -> Arc<Author> {
        Arc::clone(&self.0.identity.author)
    }

    fn call(&self, call: MethodCall) -> Pending<'_, Result<String, CallError>> {
        Box::pin(self.answer(call))
    }
}

impl Methods {
    async fn answer(&self, call: MethodCall) -> Result<String, CallError> {
        let MethodCall { path, arguments, caller, scope } = call;
        let arguments = convert::arguments(arguments.positional, arguments.named)
            .map_err(|reason| CallError::Answered { code: ErrorCode::Invalid, message: format!("{path}: {reason}") })?;
        let limit_ms = self.0.limits.method_ms;
        let nested = scope.chain.len() > 1;
        let wait = if nested { Wait::Never } else { Wait::For(Duration::from_millis(limit_ms)) };
        let called = Called {
            path: path.clone(),
            positional: arguments.positional,
            named: arguments.named,
            caller: convert::author(&caller),
        };
        let ask = Ask { scope, shown: Arc::new([]), limit_ms, wait };
        let answer = self.0.ask(ask, |instance| Box::pin(async move { instance.method(&called).await })).await;
        let owner = || self.0.name().to_owned();
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
                let told = one_line(&failure.to_string());
                tracing::warn!(target: "tega::plugin", plugin = self.0.name(), method = %path, "{told}");
                Err(failure.of_method(path, owner()))
            }
        }
    }
}
