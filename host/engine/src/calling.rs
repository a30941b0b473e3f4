//! A call of a method: what it does is a transaction, committed when it returns well.

use std::sync::Arc;

use tega_tree::Path;

use crate::limits::{CALL_ATTEMPTS_MAX, CALL_DEPTH_MAX};
use crate::port::{Access, Arguments, Method, MethodCall, Scope};
use crate::{Author, CallError, CommitError, Engine};

impl Engine {
    /// Calls the method at a path, and commits what it did with its plugin as author. Gives its result as JSON text. A method that
    /// a session serves is answered by that session, with whatever it makes of it.
    ///
    /// The method sees one snapshot. Where what it read changed before the commit, it is called again, up to
    /// [`CALL_ATTEMPTS_MAX`] times, unless it did what can't be held back ([`Transaction::make_irrevocable`](crate::Transaction)).
    ///
    /// # Errors
    /// [`CallError`]; nothing that the call did stays.
    ///
    /// # Durability
    /// As [`Engine::commit`], before the result is given.
    ///
    /// # Cancel safety
    /// Dropped before the commit it leaves nothing; dropped later the commit is made.
    pub async fn call(&self, path: &Path, arguments: Arguments, caller: Author) -> Result<String, CallError> {
        let caller = Arc::new(caller);
        let Some(method) = self.directory().method(path) else {
            return self.ask_session(path, arguments, caller).await;
        };
        let author = method.author();
        let owner = author.name.as_deref().unwrap_or_default();
        let arguments = Arc::new(arguments);
        let mut attempt = 1;
        loop {
            let transaction = self.begin_as(Arc::clone(&author)).tracking_reads();
            let scope = Scope::new(transaction, Access::Full, owner);
            let call = MethodCall {
                path: path.clone(),
                arguments: Arc::clone(&arguments),
                caller: Arc::clone(&caller),
                scope: scope.clone(),
            };
            let result = self.ask(&method, owner, call).await?;
            let transaction = scope.into_transaction();
            if transaction.is_empty() {
                return Ok(result);
            }
            let may_repeat = attempt < CALL_ATTEMPTS_MAX && !transaction.is_irrevocable();
            match Box::pin(self.commit(transaction)).await {
                Ok(_) => return Ok(result),
                Err(CommitError::Stale { .. }) if may_repeat => attempt += 1,
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Calls the method at a path from within another call: it joins that call's transaction. Where it fails, what it wrote is
    /// taken back, and the caller may go on. What a session answers can't be held back, so the transaction is irrevocable from then
    /// on.
    ///
    /// # Errors
    /// [`CallError`].
    ///
    /// # Cancel safety
    /// Dropped, it leaves the transaction with what the method wrote so far: the caller must be dropped as well.
    pub async fn call_within(
        &self,
        scope: &Scope,
        caller: Arc<Author>,
        path: &Path,
        arguments: Arguments,
    ) -> Result<String, CallError> {
        let Some(method) = self.directory().method(path) else {
            self.served_by(path).ok_or_else(|| CallError::NotFound { path: path.clone() })?;
            scope.transaction().make_irrevocable();
            return self.ask_session(path, arguments, caller).await;
        };
        let author = method.author();
        let owner = author.name.as_deref().unwrap_or_default();
        if scope.chain.iter().any(|caller| caller == owner) {
            let (owner, chain) = (owner.to_owned(), scope.chain.to_vec());
            return Err(CallError::Cycle { path: path.clone(), owner, chain });
        }
        if scope.chain.len() >= CALL_DEPTH_MAX {
            return Err(CallError::TooDeep { chain: scope.chain.to_vec() });
        }
        let savepoint = scope.transaction().savepoint();
        let (arguments, scope_within) = (Arc::new(arguments), scope.within(owner));
        let call = MethodCall { path: path.clone(), arguments, caller, scope: scope_within };
        let result = self.ask(&method, owner, call).await;
        if result.is_err() {
            scope.transaction().restore(savepoint);
        }
        result
    }

    /// Calls a method, and counts that.
    async fn ask(&self, method: &Arc<dyn Method>, owner: &str, call: MethodCall) -> Result<String, CallError> {
        let counted = self.metrics().calls.begin(owner);
        counted.ended(method.call(call).await)
    }

    /// Calls the method that a session serves, and counts that.
    async fn ask_session(&self, path: &Path, arguments: Arguments, caller: Arc<Author>) -> Result<String, CallError> {
        let session = self.served_by(path).ok_or_else(|| CallError::NotFound { path: path.clone() })?;
        let counted = self.metrics().calls.begin("");
        counted.ended(self.call_session(&session, path, arguments, caller).await)
    }
}
