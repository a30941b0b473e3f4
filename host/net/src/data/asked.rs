//! What the arguments and headers of a write ask for.

use http::request::Parts;
use tega_engine::{CommitError, Committed, Condition, FailedCondition, IdempotencyKey, Keyed, Owner, Transaction};
use tega_tree::{Node, Path, Tree, Value, Version};

use super::preconditions::Preconditions;
use crate::answer::problem::{Kind, Problem};
use crate::answer::response::{self, Response};
use crate::open::{Operation, Queued};
use crate::request::args::Args;
use crate::request::idempotency;
use crate::rpc;
use crate::server::Server;

/// What a write asks for beside what it writes.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    /// The version that the node must have.
    expected: Option<Version>,
    /// Who says to write it.
    name: Option<&'a str>,
    /// Why.
    message: Option<String>,
    preconditions: Preconditions,
    /// Whether what it puts is to go with the session of that name.
    is_ephemeral: bool,
    key: Option<IdempotencyKey>,
}

/// What became of a write.
#[derive(Debug)]
pub(super) enum Outcome {
    Committed(Committed),
    /// It was committed before: the same request came again.
    Before(Box<Keyed>),
}

impl<'a> Asked<'a> {
    pub(super) fn read(head: &Parts, args: &'a Args) -> Result<Self, Problem> {
        Ok(Self {
            expected: args.number("version")?.filter(|version| *version > 0).map(Version),
            name: rpc::name(args)?,
            message: args.message(&head.headers)?,
            preconditions: Preconditions::read(&head.headers)?,
            is_ephemeral: args.flag("ephemeral"),
            key: None,
        })
    }

    /// Takes note of the idempotency key, now that the body is there; gives what became of the request, where it came before.
    ///
    /// # Errors
    /// Where the key is none, or that of another request.
    pub(super) fn key(&mut self, server: &Server, head: &Parts, body: &[u8]) -> Result<Option<Box<Keyed>>, Problem> {
        self.key = idempotency::key_of(head, body)?;
        idempotency::earlier(&server.engine.state(), self.key.as_ref())
    }

    /// Puts the value that was sent.
    ///
    /// # Errors
    /// Where it does not fit, or is to belong to a session that is not there.
    pub(super) fn put(
        &self,
        server: &Server,
        transaction: &mut Transaction,
        path: Path,
        value: Value,
    ) -> Result<(), Problem> {
        match self.owner(server)? {
            None => transaction.put(path, value)?,
            Some(owner) => transaction.put_ephemeral(owner, path, value)?,
        }
        Ok(())
    }

    /// The session that what it puts is to go with, where it is to go with one.
    ///
    /// # Errors
    /// Where no session is named, or none of the name is open.
    pub(super) fn owner(&self, server: &Server) -> Result<Option<Owner>, Problem> {
        if !self.is_ephemeral {
            return Ok(None);
        }
        let name = self.name.ok_or_else(|| {
            let detail = "an ephemeral node belongs to a session: tega_id= names it";
            Problem::new(Kind::BadArgument, detail).with_fact("argument", "tega_id")
        })?;
        let owner = server.engine.sessions().owner(name);
        Ok(Some(owner.ok_or_else(|| CommitError::NoSession { name: name.to_owned() })?))
    }

    /// Adds the write to an open transaction.
    ///
    /// # Errors
    /// Where there is no such transaction, or it can't hold the write.
    pub(super) fn queue(self, server: &Server, id: &str, operation: Operation) -> Result<Response, Problem> {
        if self.message.is_some() {
            let detail = "a write into an open transaction takes no message: /_begin and /_commit do";
            return Err(Problem::new(Kind::BadArgument, detail).with_fact("argument", "message"));
        }
        if self.key.is_some() {
            let detail = "a write into an open transaction takes no Idempotency-Key";
            return Err(Problem::new(Kind::BadArgument, detail).with_fact("argument", "txid"));
        }
        if self.preconditions.are_there() {
            let detail = "a write into an open transaction takes no If-Match and no If-None-Match, but version=";
            return Err(Problem::new(Kind::BadArgument, detail).with_fact("argument", "txid"));
        }
        let condition = self.expected.map(|expected| Condition::Version { path: operation.path().clone(), expected });
        server.open.queue(id, Queued { name: self.name.map(str::to_owned), operation, condition })?;
        Ok(response::empty())
    }

    /// Begins the transaction of the write.
    ///
    /// # Errors
    /// Where a condition of the headers does not hold already.
    pub(super) fn begin(&self, server: &Server, path: &Path) -> Result<Transaction, Problem> {
        let mut transaction = server.engine.begin(server.engine.sessions().author(self.name));
        if self.preconditions.are_there() {
            let state = server.engine.state();
            for condition in self.preconditions.judge(&state.position, path, transaction.candidate())? {
                transaction.expect(condition)?;
            }
        }
        if let Some(version) = self.expected {
            transaction.expect(Condition::Version { path: path.clone(), expected: version })?;
        }
        if let Some(message) = &self.message {
            transaction.set_message(message.clone())?;
        }
        if let Some(key) = &self.key {
            transaction.set_key(key.clone());
        }
        Ok(transaction)
    }

    /// Commits it.
    ///
    /// # Errors
    /// [`Problem`]; nothing was changed then, unless it says otherwise.
    pub(super) async fn commit(&self, server: &Server, transaction: Transaction) -> Result<Outcome, Problem> {
        match server.engine.commit(transaction).await {
            Ok(committed) => Ok(Outcome::Committed(committed)),
            Err(CommitError::Repeated { earlier }) => Ok(Outcome::Before(earlier)),
            Err(CommitError::Conditions { failed }) if self.preconditions.are_there() => {
                Err(Problem::preconditions(&failed))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Looks whether the node has the version that the argument asks for.
    ///
    /// # Errors
    /// Where it has another.
    pub(super) fn check_version(&self, path: &Path, tree: &Tree) -> Result<(), Problem> {
        let found = tree.node(path).map(Node::version);
        match self.expected.filter(|expected| found != Some(*expected)) {
            None => Ok(()),
            Some(expected) => {
                let failed = FailedCondition::Version { path: path.clone(), expected, found };
                Err(CommitError::Conditions { failed: vec![failed] }.into())
            }
        }
    }
}
