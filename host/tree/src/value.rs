//! A JSON value.

use std::sync::Arc;

use smol_str::SmolStr;

use crate::{Name, Number, Step};

/// A JSON value. It is cheap to clone: what is large is shared.
#[derive(Clone, Debug)]
pub enum Value {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number with its text.
    Number(Number),
    /// A string.
    String(SmolStr),
    /// An array.
    Array(Arc<[Value]>),
    /// An object: members in the order they were written, no name twice.
    Object(Arc<[(Name, Value)]>),
}

impl Value {
    /// The member of an object by its name.
    pub fn member(&self, name: &str) -> Option<&Value> {
        match self {
            Self::Object(members) => members.iter().find(|(key, _)| key.as_str() == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// What the steps of a path lead to within it: into objects by name, into arrays by index or by a member of their objects.
    pub fn part(&self, steps: &[Step]) -> Option<&Value> {
        steps.iter().try_fold(self, crate::tree::part)
    }

    /// The value as text, where it is a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The memory that the value takes, in bytes, about; what it shares with others is counted as if it did not.
    pub fn held_bytes(&self) -> usize {
        let beyond = match self {
            Self::Null | Self::Bool(_) => 0,
            Self::Number(number) => number.as_str().len(),
            Self::String(text) => text.len(),
            Self::Array(items) => items.iter().map(Self::held_bytes).sum(),
            Self::Object(members) => {
                members.iter().map(|(name, value)| size_of::<Name>() + name.len() + value.held_bytes()).sum()
            }
        };
        size_of::<Self>() + beyond
    }

    /// Whether both are equal as JSON: numbers by value, so that `1.0` is `1`; objects whatever the order of their members.
    /// This is what `==` compares too.
    pub fn same(&self, other: &Self) -> bool {
        self == other
    }

    /// Whether both are written alike: equal, with the same text of numbers and the same order of members.
    pub(crate) fn is_written_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Number(left), Self::Number(right)) => left.as_str() == right.as_str(),
            (Self::Array(left), Self::Array(right)) => {
                let alike = || left.iter().zip(right.iter()).all(|(left, right)| left.is_written_like(right));
                Arc::ptr_eq(left, right) || (left.len() == right.len() && alike())
            }
            (Self::Object(left), Self::Object(right)) => {
                let mut pairs = left.iter().zip(right.iter());
                left.len() == right.len() && pairs.all(|(l, r)| l.0 == r.0 && l.1.is_written_like(&r.1))
            }
            _ => self == other,
        }
    }

    /// The levels of nesting in the value: 1 for a scalar and for an empty array or object.
    pub fn depth(&self) -> usize {
        match self {
            Self::Array(items) => 1 + items.iter().map(Value::depth).max().unwrap_or(0),
            Self::Object(members) => 1 + members.iter().map(|(_, value)| value.depth()).max().unwrap_or(0),
            _ => 1,
        }
    }

    /// The names in the value's objects; of those in arrays too, where they are no nodes.
    pub(crate) fn check_names<E>(&self, check: &mut impl FnMut(&Name, Within) -> Result<(), E>) -> Result<(), E> {
        self.check_names_within(Within::Tree, check)
    }

    fn check_names_within<E>(
        &self,
        within: Within,
        check: &mut impl FnMut(&Name, Within) -> Result<(), E>,
    ) -> Result<(), E> {
        match self {
            Self::Array(items) => items.iter().try_for_each(|item| item.check_names_within(Within::Array, check)),
            Self::Object(members) => members.iter().try_for_each(|(name, value)| {
                check(name, within)?;
                value.check_names_within(within, check)
            }),
            _ => Ok(()),
        }
    }

    /// The value without the members that the internal form of a node carries: `_version`, `_oid`, `_parent` and `_ephemeral`
    /// are dropped, and an object with `_value` becomes what that holds. Arrays are left as they are. So what was read in
    /// internal form can be written back.
    #[must_use]
    pub fn without_internal_members(self) -> Self {
        if !self.holds_internal_members() {
            return self;
        }
        match self {
            Self::Object(members) => match members.iter().find(|(name, _)| name.as_str() == "_value") {
                Some((_, value)) => value.clone().without_internal_members(),
                None => members
                    .iter()
                    .filter(|(name, _)| !is_internal(name))
                    .map(|(name, value)| (name.clone(), value.clone().without_internal_members()))
                    .collect(),
            },
            other => other,
        }
    }

    fn holds_internal_members(&self) -> bool {
        match self {
            Self::Object(members) => {
                members.iter().any(|(name, value)| is_internal(name) || value.holds_internal_members())
            }
            _ => false,
        }
    }
}

/// Where a name of a value stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Within {
    /// Written, it names a node.
    Tree,
    /// It is part of a leaf.
    Array,
}

/// Whether a name is one of those that the internal form of a node uses, and that no node may have.
pub(crate) fn is_internal(name: &str) -> bool {
    matches!(name, "_value" | "_version" | "_oid" | "_parent" | "_ephemeral")
}

/// Equality by value: numbers as numbers, objects whatever the order of their members.
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(left), Self::Bool(right)) => left == right,
            (Self::Number(left), Self::Number(right)) => left == right,
            (Self::String(left), Self::String(right)) => left == right,
            (Self::Array(left), Self::Array(right)) => left == right,
            (Self::Object(left), Self::Object(right)) => objects_equal(left, right),
            _ => false,
        }
    }
}

impl Eq for Value {}

fn objects_equal(left: &[(Name, Value)], right: &[(Name, Value)]) -> bool {
    let sorted = |members: &[(Name, Value)]| {
        let mut order: Vec<usize> = (0..members.len()).collect();
        order.sort_unstable_by(|&a, &b| members[a].0.cmp(&members[b].0));
        order
    };
    left.len() == right.len() && sorted(left).into_iter().zip(sorted(right)).all(|(a, b)| left[a] == right[b])
}

impl FromIterator<(Name, Value)> for Value {
    /// Makes an object; the caller sees to it that no name comes twice.
    fn from_iter<I: IntoIterator<Item = (Name, Value)>>(members: I) -> Self {
        Self::Object(members.into_iter().collect())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(SmolStr::new(text))
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Bool(flag)
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Number(Number::from(number))
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(Number::from(number))
    }
}
