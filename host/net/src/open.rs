//! The open transactions: what clients queue between `/_begin` and `/_commit`.
//!
//! Invariant: how many there are, what they hold and how long they live is bounded, whoever forgets them.
//! Not here: what the operations come to; they are made anew on the tree as it is at the commit.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tega_engine::limits::OPERATIONS_MAX;
use tega_engine::{Author, CommitError, Condition, Engine, Owner, Transaction};
use tega_tree::{Draft, Path, Tree, Value};
use tokio::time::{Instant, sleep};

use crate::NetOptions;
use crate::answer::problem::{Kind, Problem};
use crate::limits::{OPEN_TRANSACTIONS_SWEEP_MS, QUEUED_OPERATION_BYTES};

/// What is to be done to a node once the transaction is committed.
#[derive(Clone, Debug)]
pub(crate) enum Operation {
    Put {
        path: Path,
        value: Value,
        /// The session that the node is to belong to, where it is to go with one.
        owner: Option<Owner>,
    },
    Delete {
        path: Path,
    },
}

impl Operation {
    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Put { path, .. } | Self::Delete { path } => path,
        }
    }
}

/// An operation that waits, with who asked for it and what must hold then.
#[derive(Clone, Debug)]
pub(crate) struct Queued {
    /// Who asked for it, where a name was given.
    pub(crate) name: Option<String>,
    pub(crate) operation: Operation,
    /// On the tree right before the commit.
    pub(crate) condition: Option<Condition>,
}

/// A transaction that is open.
#[derive(Clone, Debug)]
pub(crate) struct Open {
    name: Option<String>,
    message: Option<String>,
    begun: Instant,
    queued: Vec<Queued>,
    bytes: usize,
}

/// The transactions that are open.
#[derive(Debug)]
pub(crate) struct OpenTransactions {
    table: Mutex<Table>,
    life: Duration,
    count_max: usize,
    count_per_name_max: usize,
    bytes_max: usize,
}

#[derive(Debug, Default)]
struct Table {
    open: HashMap<String, Open>,
    bytes: usize,
}

impl OpenTransactions {
    /// None yet.
    pub(crate) fn new(options: &NetOptions) -> Self {
        Self {
            table: Mutex::default(),
            life: Duration::from_millis(options.transaction_life_ms),
            count_max: options.open_transactions_max,
            count_per_name_max: options.open_transactions_per_name_max,
            bytes_max: options.open_transactions_bytes_max,
        }
    }

    /// Opens one, and gives its id.
    ///
    /// # Errors
    /// Where there are too many, or no id can be made.
    pub(crate) fn begin(&self, name: Option<&str>, message: Option<String>) -> Result<String, Problem> {
        let id = new_id()?;
        let mut table = self.table();
        self.drop_old(&mut table);
        if table.open.len() >= self.count_max {
            let detail = format!("there are {} open transactions, which is the limit", self.count_max);
            return Err(Problem::new(Kind::Busy, detail).with_fact("limit", self.count_max));
        }
        let own = |name: &str| table.open.values().filter(|open| open.name.as_deref() == Some(name)).count();
        if let Some(name) = name.filter(|name| own(name) >= self.count_per_name_max) {
            let limit = self.count_per_name_max;
            let detail = format!("{name} has {limit} open transactions, which is the limit of one name");
            return Err(Problem::new(Kind::OverShare, detail).with_fact("limit", limit));
        }
        let name = name.map(str::to_owned);
        let open = Open { name, message, begun: Instant::now(), queued: Vec::new(), bytes: 0 };
        table.open.insert(id.clone(), open);
        Ok(id)
    }

    /// Adds an operation to one.
    ///
    /// # Errors
    /// Where there is no such transaction, the operation can never be made, or a limit is reached. What was queued before stays.
    pub(crate) fn queue(&self, id: &str, queued: Queued) -> Result<(), Problem> {
        queued.check()?;
        let bytes = queued.held_bytes();
        let mut table = self.table();
        self.drop_old(&mut table);
        let all_bytes = table.bytes + bytes;
        let open = table.open.get_mut(id).ok_or_else(|| no_such(Some(id)))?;
        if open.queued.len() >= OPERATIONS_MAX {
            let detail = format!("the transaction has {OPERATIONS_MAX} operations, which is the limit");
            return Err(Problem::new(Kind::TooLarge, detail).with_fact("limit", OPERATIONS_MAX));
        }
        if all_bytes > self.bytes_max {
            return Err(Problem::too_large("what the open transactions hold together", self.bytes_max));
        }
        open.queued.push(queued);
        open.bytes += bytes;
        table.bytes = all_bytes;
        Ok(())
    }

    /// How many are open.
    pub(crate) fn count(&self) -> usize {
        let mut table = self.table();
        self.drop_old(&mut table);
        table.open.len()
    }

    /// A copy of one, which stays open.
    ///
    /// # Errors
    /// Where there is no such transaction.
    pub(crate) fn copy(&self, id: Option<&str>) -> Result<Open, Problem> {
        let mut table = self.table();
        self.drop_old(&mut table);
        id.and_then(|id| table.open.get(id).cloned()).ok_or_else(|| no_such(id))
    }

    /// Takes one out: it is open no more.
    ///
    /// # Errors
    /// Where there is no such transaction.
    pub(crate) fn take(&self, id: Option<&str>) -> Result<Open, Problem> {
        let mut table = self.table();
        self.drop_old(&mut table);
        let open = id.and_then(|id| table.open.remove(id)).ok_or_else(|| no_such(id))?;
        table.bytes -= open.bytes;
        Ok(open)
    }

    /// Drops those whose time is over, for ever.
    ///
    /// # Cancel safety
    /// Nothing is lost when it is dropped.
    pub(crate) async fn sweep(&self) -> Infallible {
        loop {
            sleep(Duration::from_millis(OPEN_TRANSACTIONS_SWEEP_MS)).await;
            self.drop_old(&mut self.table());
        }
    }

    fn drop_old(&self, table: &mut Table) {
        let Table { open, bytes } = table;
        open.retain(|_, open| {
            let lives = open.begun.elapsed() < self.life;
            *bytes -= if lives { 0 } else { open.bytes };
            lives
        });
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        // Each change of the table is whole before anything can panic.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    /// The transaction of all that was queued, on the database as it is now.
    ///
    /// # Errors
    /// Where an operation does not fit it.
    ///
    /// # Cancel safety
    /// It leaves nothing.
    pub(crate) async fn begin(self, engine: &Engine, message: Option<String>) -> Result<Transaction, CommitError> {
        let mut transaction = engine.begin(engine.sessions().author(self.name.as_deref()));
        if let Some(message) = message.or(self.message) {
            transaction.set_message(message)?;
        }
        let conditions: Vec<Condition> = self.queued.iter().filter_map(|queued| queued.condition.clone()).collect();
        for condition in &conditions {
            transaction.expect(condition.clone())?;
        }
        let own = Arc::clone(transaction.author());
        for Queued { name, operation, .. } in self.queued {
            let author = match &name {
                Some(name) if own.name.as_ref() != Some(name) => Arc::new(engine.sessions().author(Some(name))),
                _ => Arc::clone(&own),
            };
            let done = match operation {
                Operation::Put { path, value, owner: None } => transaction.put_by(&author, path, value),
                Operation::Put { path, value, owner: Some(owner) } => {
                    transaction.put_ephemeral_by(&author, owner, path, value)
                }
                Operation::Delete { path } => transaction.delete_by(&author, path),
            };
            if let Err(error) = done {
                return Err(refusal(engine, conditions, error).await);
            }
        }
        Ok(transaction)
    }
}

/// Why a transaction is refused that has an operation which does not fit: where conditions of it do not hold, that is why.
///
/// # Cancel safety
/// It leaves nothing.
pub(crate) async fn refusal(engine: &Engine, conditions: Vec<Condition>, error: CommitError) -> CommitError {
    let mut transaction = engine.begin(Author::client(None, false));
    let expected = conditions.into_iter().try_for_each(|condition| transaction.expect(condition));
    match engine.check(&transaction).await {
        Err(failed @ CommitError::Conditions { .. }) if expected.is_ok() => failed,
        _ => error,
    }
}

impl Queued {
    /// Looks whether it could be made at all, on whatever tree.
    fn check(&self) -> Result<(), Problem> {
        let mut empty = Draft::new(Tree::default());
        let made = match self.operation.clone() {
            Operation::Put { path, value, .. } => empty.put(path, value.without_internal_members()).map(drop),
            Operation::Delete { .. } => Ok(()),
        };
        made.map_err(|error| CommitError::Change(error).into())
    }

    fn held_bytes(&self) -> usize {
        let value = match &self.operation {
            Operation::Put { value, .. } => value.held_bytes(),
            Operation::Delete { .. } => 0,
        };
        let names: usize = self.operation.path().names().iter().map(|name| name.len()).sum();
        QUEUED_OPERATION_BYTES + names + value
    }
}

fn no_such(id: Option<&str>) -> Problem {
    let detail = match id {
        Some(id) => {
            format!("no transaction {id} is open: it was committed or cancelled, its time was over, or it never was")
        }
        None => "no transaction is named: the argument txid is missing".to_owned(),
    };
    Problem::new(Kind::NoTransaction, detail).with_fact("txid", id)
}

/// A random id in the form that the original's have, a UUID of version 4 (RFC 9562): it can't be guessed.
fn new_id() -> Result<String, Problem> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|error| Problem::internal(format!("no random bytes: {error}")))?;
    let random = u128::from_be_bytes(random);
    let marked = random & !(0xf << 76) & !(0x3 << 62) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{marked:032x}");
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    Ok([part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(path: &str, value: &str) -> Queued {
        let (path, value) = (Path::parse(path).unwrap(), Value::from_json(value.as_bytes()).unwrap());
        Queued { name: None, operation: Operation::Put { path, value, owner: None }, condition: None }
    }

    #[test]
    fn a_transaction_lives_for_its_time_and_no_longer() {
        let transactions = OpenTransactions::new(&NetOptions::default());
        let id = transactions.begin(None, None).unwrap();
        transactions.queue(&id, put("a", "1")).unwrap();
        assert!(transactions.copy(Some(&id)).is_ok());
        let transactions = OpenTransactions { life: Duration::ZERO, ..transactions };
        assert!(transactions.queue(&id, put("a", "2")).is_err());
        let forgotten = transactions.begin(None, None).unwrap();
        transactions.drop_old(&mut transactions.table());
        assert!(!transactions.table().open.contains_key(&forgotten));
        assert_eq!(transactions.table().bytes, 0);
    }

    #[test]
    fn what_transactions_hold_is_bounded_in_number_and_bytes() {
        let options =
            NetOptions { open_transactions_max: 6, open_transactions_per_name_max: 2, ..NetOptions::default() };
        let transactions = OpenTransactions::new(&options);
        let mut ids: Vec<String> = (0..2).map(|_| transactions.begin(Some("bob"), None).unwrap()).collect();
        let over = transactions.begin(Some("bob"), None).unwrap_err();
        assert_eq!((over.status().as_u16(), over.to_string().contains("bob has 2")), (429, true));
        ids.extend((0..4).map(|_| transactions.begin(None, None).unwrap()));
        assert!(transactions.begin(None, None).unwrap_err().to_string().contains("there are 6"));
        let large = put("a", &format!("\"{}\"", "x".repeat(options.open_transactions_bytes_max / 4)));
        for id in &ids[..3] {
            transactions.queue(id, large.clone()).unwrap();
        }
        assert_eq!(transactions.queue(&ids[4], large.clone()).unwrap_err().status(), 413);
        transactions.take(Some(&ids[0])).unwrap();
        transactions.queue(&ids[4], large).unwrap();
    }

    #[test]
    fn an_operation_that_can_never_be_made_is_refused_at_once() {
        let transactions = OpenTransactions::new(&NetOptions::default());
        let id = transactions.begin(None, None).unwrap();
        let deep = vec!["n"; 99].join(".");
        assert_eq!(transactions.queue(&id, put(&deep, r#"{"a": {"b": 1}}"#)).unwrap_err().status(), 400);
        assert!(transactions.queue(&id, put(&deep, r#"{"a": 1}"#)).is_ok());
        assert_eq!(transactions.take(None).unwrap_err().status(), 404);
    }

    #[test]
    fn an_id_is_a_uuid_of_version_4() {
        let id = new_id().unwrap();
        let lengths: Vec<usize> = id.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
        assert!(id.as_bytes()[14] == b'4' && b"89ab".contains(&id.as_bytes()[19]), "{id}");
    }
}
