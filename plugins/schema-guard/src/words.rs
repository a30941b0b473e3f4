//! Says in words what a value lacks to fit its schema.

use boon::{ErrorKind, InstanceToken, ValidationError};
use serde_json::Value;

use crate::judge::Fault;

/// How many alternatives are told when none fits.
const ALTERNATIVES_MAX: usize = 3;

/// The longest text of a value in a message, in characters.
const SHOWN_CHARS_MAX: usize = 60;

/// The first fault of a value, with the keyword that it offends in parentheses.
pub(crate) fn fault(value: &Value, error: &ValidationError<'_, '_>) -> Fault {
    let error = first(error);
    let place = place(error);
    let reason = reason(value, error, find(value, &place));
    Fault { place, reason }
}

/// The first error that says something itself, and not only that those below it failed.
fn first<'e, 's, 'v>(error: &'e ValidationError<'s, 'v>) -> &'e ValidationError<'s, 'v> {
    use ErrorKind::{AllOf, ContentSchema, Group, Reference, Schema};
    match (&error.kind, error.causes.first()) {
        (Group | Schema { .. } | Reference { .. } | AllOf | ContentSchema, Some(cause)) => first(cause),
        _ => error,
    }
}

fn place(error: &ValidationError<'_, '_>) -> Vec<String> {
    let name = |token: &InstanceToken<'_>| match token {
        InstanceToken::Prop(name) => name.to_string(),
        InstanceToken::Item(index) => index.to_string(),
    };
    error.instance_location.tokens.iter().map(name).collect()
}

fn find<'v>(value: &'v Value, place: &[String]) -> &'v Value {
    let step = |value: &'v Value, name: &String| match value {
        Value::Array(items) => items.get(name.parse::<usize>().ok()?),
        value => value.get(name),
    };
    place.iter().try_fold(value, step).unwrap_or(&Value::Null)
}

/// What the node must be, what it is, and the keyword that says so.
fn reason(value: &Value, error: &ValidationError<'_, '_>, node: &Value) -> String {
    use ErrorKind as K;
    let is = shown(node);
    match &error.kind {
        K::Type { want, .. } => format!("must be {}, but is {is} (type)", list(want.iter(), " or ")),
        K::Enum { want } => format!("must be one of {}, but is {is} (enum)", list(want.iter().map(shown), ", ")),
        K::Const { want } => format!("must be {}, but is {is} (const)", shown(want)),
        K::Minimum { want, got } => format!("must be >= {want}, but is {got} (minimum)"),
        K::Maximum { want, got } => format!("must be <= {want}, but is {got} (maximum)"),
        K::ExclusiveMinimum { want, got } => format!("must be > {want}, but is {got} (exclusiveMinimum)"),
        K::ExclusiveMaximum { want, got } => format!("must be < {want}, but is {got} (exclusiveMaximum)"),
        K::MultipleOf { want, got } => format!("must be a multiple of {want}, but is {got} (multipleOf)"),
        K::MinLength { want, got } => format!("must have >= {want} characters, but has {got} (minLength)"),
        K::MaxLength { want, got } => format!("must have <= {want} characters, but has {got} (maxLength)"),
        K::Pattern { want, .. } => format!("must match {want:?}, but is {is} (pattern)"),
        K::Format { want, .. } => format!("must be a valid {want}, but is {is} (format)"),
        K::MinItems { want, got } => format!("must have >= {want} items, but has {got} (minItems)"),
        K::MaxItems { want, got } => format!("must have <= {want} items, but has {got} (maxItems)"),
        K::UniqueItems { got: [a, b] } => {
            format!("must not hold an item twice, but items {a} and {b} are equal (uniqueItems)")
        }
        K::MinProperties { want, got } => format!("must have >= {want} members, but has {got} (minProperties)"),
        K::MaxProperties { want, got } => format!("must have <= {want} members, but has {got} (maxProperties)"),
        K::Required { want } => format!("must have {} (required)", names(want)),
        K::AdditionalProperties { got } => format!("must not have {} (additionalProperties)", names(got)),
        K::PropertyName { prop } => {
            format!("has a member with the wrong name {prop:?}{} (propertyNames)", below(value, error))
        }
        K::DependentRequired { prop, missing } | K::Dependency { prop, missing } => {
            format!("must have {} because it has {prop:?} (dependentRequired)", names(missing))
        }
        K::FalseSchema => "must not be there (false)".into(),
        K::Not => format!("must not be as it is, {is} (not)"),
        K::AnyOf => format!("fits none of the alternatives{} (anyOf)", below(value, error)),
        K::OneOf(None) => format!("fits none of the alternatives{} (oneOf)", below(value, error)),
        K::OneOf(Some((a, b))) => format!("must fit only one alternative, but fits {a} and {b} (oneOf)"),
        // What is left is rare, and told in the validator's own words.
        kind => match kind.keyword_path() {
            Some(path) => format!("{kind} ({})", path.keyword),
            None => kind.to_string(),
        },
    }
}

/// What the errors below an error say, the first of them; none where there are none.
fn below(value: &Value, error: &ValidationError<'_, '_>) -> String {
    let told = error.causes.iter().take(ALTERNATIVES_MAX).map(|cause| {
        let Fault { place: node, reason } = fault(value, cause);
        match node.strip_prefix(&place(error)[..]).unwrap_or_default() {
            [] => reason,
            node => format!("{}: {reason}", tega_plugin::path::text(node)),
        }
    });
    match list(told, "; or ") {
        told if told.is_empty() => told,
        told => format!(": {told}"),
    }
}

fn list(items: impl Iterator<Item = impl ToString>, between: &str) -> String {
    items.map(|item| item.to_string()).collect::<Vec<_>>().join(between)
}

fn names(names: &[impl AsRef<str>]) -> String {
    list(names.iter().map(|name| format!("{:?}", name.as_ref())), ", ")
}

/// A value as a person sees it in a message: short ones whole, long ones cut, containers by their kind.
fn shown(value: &Value) -> String {
    match value {
        Value::Object(_) => "an object".into(),
        Value::Array(_) => "an array".into(),
        value => {
            let text = value.to_string();
            match text.char_indices().nth(SHOWN_CHARS_MAX) {
                Some((end, _)) => format!("{}...", &text[..end]),
                None => text,
            }
        }
    }
}
