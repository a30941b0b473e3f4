//! The views of a plugin, as the engine reads them.

use std::sync::Arc;
use std::time::Duration;

use tega_engine::port::{Pending, View, ViewCall};
use tega_engine::{Author, CallError};
use tega_tree::{Path, Value};

use crate::convert::{self, error_code_in, words};
use crate::plugin::{Ask, Plugin};
use crate::pool::Wait;

/// The views of a plugin.
#[derive(Debug)]
pub(crate) struct PluginView(Arc<Plugin>);

impl PluginView {
    /// Those of a plugin, by path.
    pub(crate) fn all(plugin: &Arc<Plugin>) -> Vec<(Path, Arc<dyn View>)> {
        let view: Arc<dyn View> = Arc::new(Self(Arc::clone(plugin)));
        plugin.description.views.iter().map(|described| (described.path.clone(), Arc::clone(&view))).collect()
    }

    async fn compute(&self, call: ViewCall) -> Result<Option<Value>, CallError> {
        let ViewCall { path, reader, scope } = call;
        let plugin = &self.0;
        let limit_ms = plugin.limits.view_ms;
        let ask = Ask {
            scope,
            shown: Arc::new([]),
            limit_ms,
            own_ms: limit_ms,
            wait: Wait::For(Duration::from_millis(limit_ms)),
        };
        let (asked, reader) = (path.clone(), convert::author(&reader));
        let answer = plugin.ask(ask, |instance| Box::pin(async move { instance.value(&asked, &reader).await })).await;
        let owner = || plugin.name().to_owned();
        let json = match answer {
            Ok(Ok(json)) => json,
            Ok(Err(error)) => {
                return Err(CallError::Answered { code: error_code_in(error.code), message: words(error.message) });
            }
            Err(failure) => return Err(failure.of_method(path, owner())),
        };
        let value = json.map(|json| Value::from_json(json.as_bytes())).transpose();
        value.map_err(|error| CallError::Crashed {
            path,
            owner: owner(),
            reason: format!("it answered with what is no value: {error}"),
        })
    }
}

impl View for PluginView {
    fn author(&self) -> Arc<Author> {
        Arc::clone(&self.0.identity.author)
    }

    fn value(&self, call: ViewCall) -> Pending<'_, Result<Option<Value>, CallError>> {
        Box::pin(self.compute(call))
    }
}
