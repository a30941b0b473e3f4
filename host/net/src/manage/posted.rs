//! A transaction as the body of a request says it.
//!
//! Invariant: what it does not know it refuses, by its name and its place, rather than doing half of what was meant.

use std::time::Duration;

use tega_engine::{Author, CommitError, Condition, ConfirmId, Engine, Transaction, Which};
use tega_tree::{Name, Path, Value, Version};

use crate::answer::problem::{Kind, Problem};
use crate::open::refusal;
use crate::request::which::which;

/// What the body may hold.
const MEMBERS: [&str; 5] = ["operations", "conditions", "message", "confirm_within_ms", "confirm"];

/// A transaction as a request says it.
#[derive(Debug)]
pub(super) struct Posted {
    operations: Vec<Operation>,
    conditions: Vec<Condition>,
    message: Option<String>,
    within: Option<Duration>,
    confirm: Option<ConfirmId>,
}

/// An operation.
#[derive(Debug)]
enum Operation {
    Put(Path, Value),
    Merge(Path, Value),
    Delete(Path),
    Rollback(Path, Which),
}

impl Posted {
    /// Reads a body.
    ///
    /// # Errors
    /// Where it is not of the form of a transaction; the place is named.
    pub(super) fn parse(body: &[u8]) -> Result<Self, Problem> {
        let body = Value::from_json(body)?;
        let whole = Members::of(&body, "the body")?;
        whole.only(&MEMBERS)?;
        let mut operations = Vec::new();
        let mut conditions = Vec::new();
        for (index, item) in whole.array("operations")?.iter().enumerate() {
            let (operation, condition) = operation(&Members::of(item, format!("operations[{index}]"))?)?;
            operations.push(operation);
            conditions.extend(condition);
        }
        for (index, item) in whole.array("conditions")?.iter().enumerate() {
            conditions.push(condition(&Members::of(item, format!("conditions[{index}]"))?)?);
        }
        let within = whole.number("confirm_within_ms")?.map(Duration::from_millis);
        let confirm = whole.text("confirm")?.map(|id| ConfirmId(id.to_owned()));
        let message = whole.text("message")?.map(str::to_owned);
        Ok(Self { operations, conditions, message, within, confirm })
    }

    /// Begins the transaction on the database as it is now. `message` is why, where the body does not say so.
    ///
    /// # Errors
    /// Where an operation does not fit it; its place is named.
    ///
    /// # Cancel safety
    /// It leaves nothing.
    pub(super) async fn begin(
        self,
        engine: &Engine,
        author: Author,
        message: Option<String>,
    ) -> Result<Transaction, Problem> {
        let mut transaction = engine.begin(author);
        if let Some(message) = self.message.or(message) {
            transaction.set_message(message)?;
        }
        for condition in &self.conditions {
            transaction.expect(condition.clone())?;
        }
        for (index, operation) in self.operations.into_iter().enumerate() {
            if let Err(error) = operation.add_to(&mut transaction) {
                let error = refusal(engine, self.conditions, error).await;
                let is_of_operation = !matches!(error, CommitError::Conditions { .. });
                let problem = Problem::from(error);
                return Err(if is_of_operation { problem.with_fact("operation", index) } else { problem });
            }
        }
        match (self.confirm, self.within) {
            (Some(id), within) => transaction.extend_pending(id, within)?,
            (None, Some(within)) => drop(transaction.confirm_within(within)?),
            (None, None) => {}
        }
        Ok(transaction)
    }
}

impl Operation {
    fn add_to(self, transaction: &mut Transaction) -> Result<(), CommitError> {
        match self {
            Self::Put(path, value) => transaction.put(path, value),
            Self::Merge(path, patch) => transaction.merge(path, patch),
            Self::Delete(path) => transaction.delete(path),
            Self::Rollback(path, which) => transaction.rollback(path, &which).map(drop),
        }
    }
}

/// Reads an operation, and the condition that it carries.
fn operation(members: &Members<'_>) -> Result<(Operation, Option<Condition>), Problem> {
    let verb = members.one_of(&["put", "merge", "delete", "rollback"])?;
    let path = members.path(verb)?;
    match verb {
        "put" | "merge" => {
            members.only(&[verb, "value", "version"])?;
            let value = members.required("value")?.clone();
            let condition = members.number("version")?.map(|version| expected(&path, version));
            let operation = if verb == "put" { Operation::Put(path, value) } else { Operation::Merge(path, value) };
            Ok((operation, condition))
        }
        "delete" => {
            members.only(&[verb, "version"])?;
            let condition = members.number("version")?.map(|version| expected(&path, version));
            Ok((Operation::Delete(path), condition))
        }
        _ => {
            members.only(&[verb, "version"])?;
            Ok((Operation::Rollback(path, members.which("version")?), None))
        }
    }
}

fn expected(path: &Path, version: u64) -> Condition {
    Condition::Version { path: path.clone(), expected: Version(version) }
}

fn condition(members: &Members<'_>) -> Result<Condition, Problem> {
    let path = members.path("path")?;
    let kind = members.one_of(&["version", "present", "absent", "equal"])?;
    members.only(&["path", kind])?;
    match kind {
        "version" => {
            let number = members.number(kind)?;
            Ok(expected(&path, number.ok_or_else(|| members.wrong("version is missing"))?))
        }
        "equal" => Ok(Condition::Equal { path, expected: members.required(kind)?.clone() }),
        "present" => members.is_true(kind, "absent").map(|()| Condition::Present { path }),
        _ => members.is_true(kind, "present").map(|()| Condition::Absent { path }),
    }
}

/// The members of an object in the body, with the place where it stands.
struct Members<'a> {
    place: String,
    members: &'a [(Name, Value)],
}

impl<'a> Members<'a> {
    fn of(value: &'a Value, place: impl Into<String>) -> Result<Self, Problem> {
        let place = place.into();
        match value {
            Value::Object(members) => Ok(Self { place, members }),
            _ => Err(Problem::new(Kind::BadBody, format!("{place} is not an object")).with_fact("place", place)),
        }
    }

    fn wrong(&self, what: impl std::fmt::Display) -> Problem {
        Problem::new(Kind::BadBody, format!("{}: {what}", self.place)).with_fact("place", self.place.as_str())
    }

    fn get(&self, name: &str) -> Option<&'a Value> {
        self.members.iter().find(|(other, _)| other.as_str() == name).map(|(_, value)| value)
    }

    /// Refuses members of other names.
    fn only(&self, known: &[&str]) -> Result<(), Problem> {
        let unknown = self.members.iter().find(|(name, _)| !known.contains(&name.as_str()));
        unknown.map_or(Ok(()), |(name, _)| {
            Err(self.wrong(format!("there is no {:?} here; there are {}", name.as_str(), known.join(", "))))
        })
    }

    /// Which one of some members is there.
    fn one_of(&self, names: &[&'static str]) -> Result<&'static str, Problem> {
        let there: Vec<&'static str> = names.iter().copied().filter(|name| self.get(name).is_some()).collect();
        match there[..] {
            [name] => Ok(name),
            [] => Err(self.wrong(format!("it has none of {}", names.join(", ")))),
            _ => Err(self.wrong(format!("it has {}, of which only one can be", there.join(" and ")))),
        }
    }

    fn required(&self, name: &str) -> Result<&'a Value, Problem> {
        self.get(name).ok_or_else(|| self.wrong(format!("{name} is missing")))
    }

    fn array(&self, name: &str) -> Result<&'a [Value], Problem> {
        match self.get(name) {
            None => Ok(&[]),
            Some(Value::Array(items)) => Ok(items),
            Some(_) => Err(self.wrong(format!("{name} is not an array"))),
        }
    }

    fn text(&self, name: &str) -> Result<Option<&'a str>, Problem> {
        let Some(value) = self.get(name) else { return Ok(None) };
        value.as_str().map(Some).ok_or_else(|| self.wrong(format!("{name} is not a string")))
    }

    fn path(&self, name: &str) -> Result<Path, Problem> {
        let text = self.text(name)?.ok_or_else(|| self.wrong(format!("{name} is missing")))?;
        Path::parse(text).map_err(|error| self.wrong(format!("{name}: {error}")))
    }

    fn number(&self, name: &str) -> Result<Option<u64>, Problem> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Number(number)) if number.as_str().parse::<u64>().is_ok() => Ok(number.as_str().parse().ok()),
            Some(_) => Err(self.wrong(format!("{name} is not a whole number from 0 on"))),
        }
    }

    /// A state of a root: a number, or a tag or a time as text.
    fn which(&self, name: &str) -> Result<Which, Problem> {
        let meant = match self.required(name)? {
            Value::Number(number) => which(number.as_str()),
            Value::String(text) => which(text),
            _ => None,
        };
        meant.ok_or_else(|| self.wrong(format!("{name} is neither a version such as 3 or -1, nor a tag or a time")))
    }

    fn is_true(&self, name: &str, opposite: &str) -> Result<(), Problem> {
        match self.get(name) {
            Some(Value::Bool(true)) => Ok(()),
            _ => Err(self.wrong(format!("{name} takes true; its opposite is {opposite}"))),
        }
    }
}
