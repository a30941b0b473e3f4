//! Writers of random transactions: puts, merges, deletes, rollbacks, nodes that belong to sessions.

use std::sync::Arc;

use tega_engine::{Author, CommitError, Engine, Session, SessionScope, Transaction, Which};
use tega_tree::{Path, Value};

use super::random::Random;
use super::truth::Witness;

const ROOTS: [&str; 3] = ["a", "b", "c"];
const NAMES: [&str; 4] = ["x", "y", "z", "\"p.q\""];

/// A writer. What it does depends on its seed, and on what is there when it does it.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) engine: Engine,
    pub(super) witness: Witness,
    pub(super) random: Random,
    /// Whose name it writes in, where a session proves it.
    pub(super) name: String,
    pub(super) is_proven: bool,
}

impl Writer {
    /// Makes so many commits; gives how many transactions were refused or changed nothing.
    pub(super) async fn write(mut self, commits: usize) -> usize {
        let (mut made, mut refused, mut session) = (0, 0, None);
        while made < commits {
            if self.random.percent(2) {
                session = match session {
                    Some(_) => None,
                    None => Some(self.engine.sessions().open(&self.name, SessionScope::Local)),
                };
            }
            let author = Author::client(Some(self.name.clone()), self.is_proven);
            let mut transaction = self.engine.begin(author);
            for _ in 0..=self.random.below(3) {
                // What does not fit is left out.
                let _ = self.operate(&mut transaction, session.as_ref());
            }
            let committed = self.engine.commit(transaction).await;
            match committed.ok().and_then(|committed| committed.commit) {
                Some(commit) => {
                    made += 1;
                    self.witness.sees(commit.revision.0).await;
                }
                // What it met changed meanwhile, or nothing fitted.
                None => refused += 1,
            }
        }
        refused
    }

    fn operate(&mut self, transaction: &mut Transaction, session: Option<&Session>) -> Result<(), CommitError> {
        let path = self.path();
        match self.random.below(100) {
            0..45 => transaction.put(path, self.value(3)),
            45..60 => transaction.merge(path, self.value(2)),
            60..85 => transaction.delete(path),
            85..92 => {
                let which = Which::Before(1 + u64::try_from(self.random.below(4)).unwrap());
                transaction.rollback(path, &which).map(drop)
            }
            _ => match session {
                Some(session) => {
                    let at = Path::parse(&format!("up.{}.{}", self.random.pick(&["v", "w"]), self.name)).unwrap();
                    let value = Value::from_json(self.random.below(100).to_string().as_bytes()).unwrap();
                    transaction.put_ephemeral(session.owner(), at, value)
                }
                None => transaction.delete(path),
            },
        }
    }

    fn path(&mut self) -> Path {
        let mut text = (*self.random.pick(&ROOTS)).to_owned();
        for _ in 0..self.random.below(4) {
            text = format!("{text}.{}", self.random.pick(&NAMES));
        }
        Path::parse(&text).unwrap()
    }

    fn value(&mut self, depth: usize) -> Value {
        Value::from_json(self.json(depth).as_bytes()).unwrap()
    }

    fn json(&mut self, depth: usize) -> String {
        match self.random.below(if depth == 0 { 5 } else { 10 }) {
            0 => "null".to_owned(),
            1 => format!("\"{}\"", "é".repeat(self.random.below(4))),
            // Some are longer than the log keeps of what was removed.
            2 if self.random.percent(30) => format!("\"{}\"", "long ".repeat(1000)),
            2 => "[1,{\"x\":2}]".to_owned(),
            3 | 4 => self.random.below(1000).to_string(),
            _ => {
                let mut members = Vec::new();
                for name in ["x", "y", "z", "p.q"] {
                    if self.random.percent(40) {
                        members.push(format!("\"{name}\":{}", self.json(depth - 1)));
                    }
                }
                format!("{{{}}}", members.join(","))
            }
        }
    }
}

/// The last commit: it touches whatever anyone watches. Gives its revision.
pub(super) async fn end(engine: &Engine, witness: &Witness) -> u64 {
    let mut transaction = engine.begin_as(Arc::new(Author::daemon()));
    let whole = r#"{"x":{"x":"the","y":{"z":"end"}},"y":{"x":{"y":1}},"z":3,"p.q":{"x":4}}"#;
    for root in ["a", "b", "c", "up"] {
        transaction.put(Path::parse(root).unwrap(), Value::from_json(whole.as_bytes()).unwrap()).unwrap();
    }
    let committed = engine.commit(transaction).await.unwrap();
    let revision = committed.commit.unwrap().revision.0;
    witness.sees(revision).await;
    revision
}
