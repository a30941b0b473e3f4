//! What is done inside of an array, which is one leaf of the tree: it is made anew with the change.

use tega_tree::{Name, Value};

/// A change at a place inside of a value.
#[derive(Debug)]
pub(super) enum Edit {
    /// Adds before the item of an index, behind the last one, or as a member of an object.
    Add(Value),
    Remove,
    Replace(Value),
}

/// Why there is no such place in a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotThere;

/// The part of a value that names and indexes lead to.
pub(super) fn part<'v>(value: &'v Value, steps: &[Name]) -> Option<&'v Value> {
    steps.iter().try_fold(value, |value, step| match value {
        Value::Array(items) => items.get(index(step)?),
        Value::Object(_) => value.member(step),
        _ => None,
    })
}

/// The value with a change at a place in it; there is at least one step. What it copies is added to `copied`, in bytes.
pub(super) fn changed(value: &Value, steps: &[Name], edit: &Edit, copied: &mut usize) -> Result<Value, NotThere> {
    let (step, below) = steps.split_first().ok_or(NotThere)?;
    match value {
        Value::Array(items) => {
            *copied = copied.saturating_add(size_of_val::<[Value]>(items));
            let mut items = items.to_vec();
            let place = if step.as_str() == "-" { items.len() } else { index(step).ok_or(NotThere)? };
            match edit {
                Edit::Add(new) if below.is_empty() && place <= items.len() => items.insert(place, new.clone()),
                _ => {
                    let item = items.get_mut(place).ok_or(NotThere)?;
                    match (edit, below.is_empty()) {
                        (Edit::Remove, true) => drop(items.remove(place)),
                        (Edit::Add(new) | Edit::Replace(new), true) => *item = new.clone(),
                        (_, false) => *item = changed(item, below, edit, copied)?,
                    }
                }
            }
            Ok(Value::Array(items.into()))
        }
        Value::Object(members) => {
            *copied = copied.saturating_add(size_of_val::<[(Name, Value)]>(members));
            let mut members = members.to_vec();
            let place = members.iter().position(|(name, _)| name == step);
            match (edit, place, below.is_empty()) {
                (Edit::Add(new), None, true) => members.push((step.clone(), new.clone())),
                (_, None, _) => return Err(NotThere),
                (Edit::Remove, Some(place), true) => drop(members.remove(place)),
                (Edit::Add(new) | Edit::Replace(new), Some(place), true) => members[place].1 = new.clone(),
                (_, Some(place), false) => members[place].1 = changed(&members[place].1, below, edit, copied)?,
            }
            Ok(Value::Object(members.into()))
        }
        _ => Err(NotThere),
    }
}

/// An index: digits without a leading zero.
fn index(step: &str) -> Option<usize> {
    let canonical = step == "0" || !step.starts_with('0');
    (canonical && step.bytes().all(|byte| byte.is_ascii_digit())).then(|| step.parse().ok()).flatten()
}
