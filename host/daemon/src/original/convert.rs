//! An operation as a change, without what tega can't hold.

use std::collections::HashSet;

use tega_tree::limits::{DEPTH_MAX, NAME_BYTES_MAX};
use tega_tree::{Name, Path, Value};

use super::literal::Literal;
use super::{LineFault, OriginalChange, Reason, beginning};

/// What an operation came to.
#[derive(Debug, Default)]
pub(super) struct Converted {
    /// The root that it touched; none where it changes nothing.
    pub(super) root: Option<Name>,
    /// The change; none where all of it was left out.
    pub(super) change: Option<OriginalChange>,
    /// What was left out, with the node.
    pub(super) left_out: Vec<(String, Reason)>,
}

impl Converted {
    /// Whether the operation was none that changes anything.
    pub(super) fn is_nothing(&self) -> bool {
        self.change.is_none() && self.left_out.is_empty()
    }
}

/// Makes an operation a change.
pub(super) fn operation(literal: &Literal) -> Result<Converted, LineFault> {
    let text = |name| match literal.member(name) {
        Some(Literal::Text(text)) => Ok(text.as_str()),
        _ => Err(LineFault::NotAnOperation("'ope' and 'path' have to be strings")),
    };
    let tega_id = match literal.member("tega_id") {
        None | Some(Literal::None) => None,
        Some(Literal::Text(text)) => Some(text.clone()),
        Some(_) => return Err(LineFault::NotAnOperation("'tega_id' is neither a string nor None")),
    };
    let ope = text("ope")?;
    if ope == "GET" {
        return Ok(Converted::default());
    }
    if let Some(Literal::Unfit(reason)) = literal.member("path") {
        return Ok(Converted { left_out: vec![(String::new(), reason.clone())], ..Converted::default() });
    }
    let names: Vec<Name> = text("path")?.split('.').map(Name::from).collect();
    let instance = literal.member("instance").ok_or(LineFault::NotAnOperation("'instance' is missing"));
    let mut converted = Converted { root: names.first().cloned(), ..Converted::default() };
    let path = match Path::from_names(names.clone()) {
        Ok(path) => path,
        Err(error) => {
            converted.left_out.push((dotted(&names), Reason::Path(error)));
            return Ok(converted);
        }
    };
    let mut nodes = Nodes { names, left_out: Vec::new() };
    converted.change = match ope {
        "PUT" if is_old_snapshot(&path, instance.clone()?) => nodes.snapshot(&path, instance?, tega_id)?,
        "PUT" => Some(match nodes.value(instance?) {
            Some(value) => OriginalChange::Put { path, value: value.without_internal_members(), tega_id },
            None => OriginalChange::Delete { path, tega_id },
        }),
        "DELETE" => Some(OriginalChange::Delete { path, tega_id }),
        "SS" => nodes.snapshot(&path, instance?, tega_id)?,
        _ => return Err(LineFault::NotAnOperation("'ope' is none of PUT, DELETE, SS and GET")),
    };
    converted.left_out = nodes.left_out;
    Ok(converted)
}

/// Whether an operation, as a literal, holds a root as it was.
pub(super) fn is_snapshot(literal: &Literal) -> bool {
    match (literal.member("ope"), literal.member("path"), literal.member("instance")) {
        (Some(Literal::Text(ope)), _, _) if ope == "SS" => true,
        (Some(Literal::Text(ope)), Some(Literal::Text(path)), Some(instance)) if ope == "PUT" => {
            Path::from_names(vec![Name::from(path.as_str())]).is_ok_and(|path| is_old_snapshot(&path, instance))
        }
        _ => false,
    }
}

/// Whether a value that was put is a whole root in internal form, as old files hold snapshots.
fn is_old_snapshot(path: &Path, instance: &Literal) -> bool {
    let named = matches!(instance.member("_oid"), Some(Literal::Text(name)) if *name == **path.root());
    path.len() == 1 && named && matches!(instance.member("_parent"), Some(Literal::None))
}

fn dotted(names: &[Name]) -> String {
    names.iter().map(Name::to_string).collect::<Vec<_>>().join(".")
}

/// Makes literals the values of nodes.
struct Nodes {
    /// The node that is made.
    names: Vec<Name>,
    left_out: Vec<(String, Reason)>,
}

impl Nodes {
    fn snapshot(
        &mut self,
        path: &Path,
        instance: &Literal,
        tega_id: Option<String>,
    ) -> Result<Option<OriginalChange>, LineFault> {
        if path.len() != 1 || !matches!(instance, Literal::Dict(_)) || instance.member("_value").is_some() {
            return Err(LineFault::NotAnOperation("a snapshot is of a root, and that is a dict"));
        }
        let instance = self.value(instance);
        Ok(instance.map(|instance| OriginalChange::Snapshot { root: path.root().clone(), instance, tega_id }))
    }

    /// The value of the node, or of what is left of it.
    fn value(&mut self, literal: &Literal) -> Option<Value> {
        let made = match literal {
            _ if self.names.len() > DEPTH_MAX => Err(Reason::TooDeep { levels: self.names.len() }),
            Literal::Dict(_) if matches!(literal.member("_ephemeral"), Some(Literal::Bool(true))) => {
                Err(Reason::Ephemeral)
            }
            Literal::Dict(members) => match literal.member("_value") {
                Some(value) => return self.internal_leaf(members, value),
                None => return Some(self.container(members)),
            },
            Literal::Text(text) if is_function(text) => Err(Reason::Function { text: beginning(text) }),
            _ => leaf(literal).and_then(|value| self.bounded(value)),
        };
        made.map_err(|reason| self.leave_out(reason)).ok()
    }

    fn container(&mut self, members: &[(Literal, Literal)]) -> Value {
        let mut taken = HashSet::new();
        let mut made = Vec::new();
        for (key, value) in members {
            let name = match name(key) {
                Ok(name) => name,
                Err(reason) => {
                    self.leave_out(reason);
                    continue;
                }
            };
            if name.starts_with('_') {
                made.extend(internal_member(&name, value).filter(|_| taken.insert(name.clone())));
                continue;
            }
            self.names.push(name.clone());
            if taken.insert(name.clone()) {
                made.extend(self.value(value).map(|value| (name, value)));
            } else {
                self.leave_out(Reason::NameTwice { name: name.as_str().into() });
            }
            self.names.pop();
        }
        made.into_iter().collect()
    }

    /// A leaf in internal form.
    fn internal_leaf(&mut self, members: &[(Literal, Literal)], value: &Literal) -> Option<Value> {
        let value = self.value(value)?;
        let mut made = vec![(Name::from("_value"), value)];
        for (key, member) in members {
            let Ok(name) = name(key) else { continue };
            if made.iter().all(|(taken, _)| *taken != name) {
                made.extend(internal_member(&name, member));
            }
        }
        Some(made.into_iter().collect())
    }

    /// A leaf's value, where path and value together are not nested too deep.
    fn bounded(&self, value: Value) -> Result<Value, Reason> {
        let levels = self.names.len() + value.depth() - 1;
        if levels > DEPTH_MAX { Err(Reason::TooDeep { levels }) } else { Ok(value) }
    }

    fn leave_out(&mut self, reason: Reason) {
        self.left_out.push((dotted(&self.names), reason));
    }
}

/// A member whose name begins with `_`: one of the internal form, or nothing, for then the original did not hold it either.
fn internal_member(name: &Name, value: &Literal) -> Option<(Name, Value)> {
    let kept = matches!(name.as_str(), "_version" | "_oid" | "_parent" | "_ephemeral");
    kept.then(|| leaf(value).ok()).flatten().map(|value| (name.clone(), value))
}

/// A value of which nothing can be left out: it is, or is part of, one leaf.
fn leaf(literal: &Literal) -> Result<Value, Reason> {
    match literal {
        Literal::None => Ok(Value::Null),
        Literal::Bool(flag) => Ok(Value::from(*flag)),
        Literal::Text(text) => Ok(Value::from(text.as_str())),
        Literal::Sequence(items) => Ok(Value::Array(items.iter().map(leaf).collect::<Result<_, _>>()?)),
        Literal::Dict(members) => {
            let mut taken = HashSet::new();
            let mut made = Vec::with_capacity(members.len());
            for (key, value) in members {
                let name = name(key)?;
                if !taken.insert(name.clone()) {
                    return Err(Reason::NameTwice { name: name.as_str().into() });
                }
                made.push((name, leaf(value)?));
            }
            Ok(made.into_iter().collect())
        }
        // The reader made sure that it is one, and not too long.
        Literal::Number(text) => {
            Value::from_json(text.as_bytes()).map_err(|_| Reason::NumberTooLong { chars: text.len() })
        }
        Literal::Unfit(reason) => Err(reason.clone()),
    }
}

/// A key as a name: what is no text is written as JSON writes it, which is how the original's clients saw it.
fn name(key: &Literal) -> Result<Name, Reason> {
    let text = match key {
        Literal::Text(text) | Literal::Number(text) => text.as_str(),
        Literal::None => "null",
        Literal::Bool(true) => "true",
        Literal::Bool(false) => "false",
        Literal::Unfit(reason) => return Err(reason.clone()),
        Literal::Sequence(_) | Literal::Dict(_) => return Err(Reason::NameNotText),
    };
    if text.len() > NAME_BYTES_MAX {
        return Err(Reason::NameTooLong { bytes: text.len() });
    }
    Ok(Name::from(text))
}

/// Whether a string stands for a plugin's function: `%id.function`, or `%id.function(1,k="v")`.
fn is_function(text: &str) -> bool {
    let Some((id, call)) = text.strip_prefix('%').and_then(|rest| rest.split_once('.')) else {
        return false;
    };
    let (function, arguments) = call.split_once('(').unwrap_or((call, ")"));
    let identifier = !function.starts_with(|c: char| c.is_numeric())
        && !function.is_empty()
        && function.chars().all(|c| c.is_alphanumeric() || c == '_');
    let plain = |c: char| c != '%' && !c.is_whitespace();
    !id.is_empty() && id.chars().all(plain) && (identifier || function == "<lambda>") && arguments.ends_with(')')
}
