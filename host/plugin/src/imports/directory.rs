//! The import `directory`.

use std::sync::Arc;

use tega_engine::ErrorCode;

use crate::bindings::host::directory;
use crate::bindings::types;
use crate::convert::{self, error};
use crate::state::State;

impl directory::Host for State {
    async fn call(&mut self, path: Vec<String>, positional: String, named: String) -> Result<String, types::Error> {
        let path = convert::path(path)?;
        self.work()?.check_full()?;
        if !self.identity.grants.may_call(&path) {
            return Err(self.denied("methods", &path));
        }
        self.work_mut()?.spend(positional.len().saturating_add(named.len()))?;
        let arguments = convert::arguments(positional, named).map_err(|reason| error(ErrorCode::Invalid, reason))?;
        let work = self.work()?;
        // Looks at the clock.
        drop(work.transaction()?);
        let scope = work.scope().clone();
        let identity = Arc::clone(&self.identity);
        self.calls_another = true;
        let answer = identity.engine.call_within(&scope, Arc::clone(&identity.author), &path, arguments).await;
        self.calls_another = false;
        answer.map_err(|cause| error(cause.code(), cause.to_string()))
    }
}
