//! A JSON Schema that a plugin described, so that it can stand in the document: its `$defs` become schemas of the document, and its
//! references lead there.
//!
//! Invariant: whatever a plugin describes, the document stays valid, whole and bounded: a schema that is not as JSON Schema 2020-12
//! has it, that refers to elsewhere, or to itself without getting on, is left out with the reason.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json, json};

use crate::limits::{SCHEMA_BYTES_MAX, SCHEMA_LEVELS_MAX, SCHEMA_PATTERN_BYTES_MAX};

/// Why a schema is left out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum LeftOut {
    #[error("it is over {SCHEMA_BYTES_MAX} bytes")]
    TooLarge,
    #[error("it is over {SCHEMA_LEVELS_MAX} levels deep")]
    TooDeep,
    #[error("{0:?} in it is not as JSON Schema has it")]
    Malformed(String),
    #[error("it refers to {0:?}, which is not one of its own $defs")]
    Foreign(String),
    #[error("a schema in it is nothing but a reference to itself")]
    Endless,
}

/// The schemas of the document that a schema becomes, by their names; its own is the first.
pub(super) type Embedded = Vec<(String, Json)>;

/// Makes a schema fit for the document. `name` is the name that it is to have there; `fresh` makes one of what is wanted that is not
/// taken yet.
///
/// # Errors
/// Where it has to be left out.
pub(super) fn embedded(schema: &Json, name: &str, fresh: &mut impl FnMut(&str) -> String) -> Result<Embedded, LeftOut> {
    if schema.to_string().len() > SCHEMA_BYTES_MAX {
        return Err(LeftOut::TooLarge);
    }
    let root = fresh(name);
    let mut names = BTreeMap::from([("#".to_owned(), root.clone())]);
    let mut parts = vec![("#".to_owned(), schema)];
    for keyword in ["$defs", "definitions"] {
        let Some(defined) = schema.get(keyword) else { continue };
        for (key, part) in defined.as_object().ok_or_else(|| LeftOut::Malformed(keyword.to_owned()))? {
            let pointer = format!("#/{keyword}/{key}");
            names.insert(pointer.clone(), fresh(&format!("{root}.{key}")));
            parts.push((pointer, part));
        }
    }
    let mut copying = Copying { names: &names, leads: BTreeMap::new(), part: String::new() };
    let mut embedded = Vec::new();
    for (pointer, part) in parts {
        copying.part.clone_from(&pointer);
        let copy = copying.schema(part, 0, Applied::Here)?;
        embedded.push((names.get(&pointer).cloned().unwrap_or_default(), copy));
    }
    if is_endless(&copying.leads) { Err(LeftOut::Endless) } else { Ok(embedded) }
}

/// Whether a schema is applied to the same value as the one that it stands in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Applied {
    Here,
    Below,
}

/// What the value of a keyword is.
#[derive(Clone, Copy)]
enum Shape {
    Schema(Applied),
    Schemas(Applied),
    SchemaByName(Applied),
    Text,
    Pattern,
    Flag,
    Whole,
    Number,
    Positive,
    Names,
    NamesByName,
    Type,
    Values,
    Value,
}

/// The keywords that are taken over: those of the vocabularies of JSON Schema 2020-12, but for identifiers and dynamic references.
fn shape(keyword: &str) -> Option<Shape> {
    use Applied::{Below, Here};
    Some(match keyword {
        "items"
        | "contains"
        | "additionalProperties"
        | "propertyNames"
        | "unevaluatedItems"
        | "unevaluatedProperties"
        | "contentSchema" => Shape::Schema(Below),
        "not" | "if" | "then" | "else" => Shape::Schema(Here),
        "allOf" | "anyOf" | "oneOf" => Shape::Schemas(Here),
        "prefixItems" => Shape::Schemas(Below),
        "properties" | "patternProperties" => Shape::SchemaByName(Below),
        "dependentSchemas" => Shape::SchemaByName(Here),
        "title" | "description" | "format" | "contentEncoding" | "contentMediaType" => Shape::Text,
        "pattern" => Shape::Pattern,
        "deprecated" | "readOnly" | "writeOnly" | "uniqueItems" => Shape::Flag,
        "maxLength" | "minLength" | "maxItems" | "minItems" | "maxProperties" | "minProperties" | "maxContains"
        | "minContains" => Shape::Whole,
        "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" => Shape::Number,
        "multipleOf" => Shape::Positive,
        "required" => Shape::Names,
        "dependentRequired" => Shape::NamesByName,
        "type" => Shape::Type,
        "enum" | "examples" => Shape::Values,
        "const" | "default" => Shape::Value,
        _ => return None,
    })
}

/// The copying of one schema.
struct Copying<'a> {
    /// The parts that can be referred to, with their names in the document.
    names: &'a BTreeMap<String, String>,
    /// Which part refers to which others for the same value.
    leads: BTreeMap<String, BTreeSet<String>>,
    /// The part that is being copied.
    part: String,
}

impl Copying<'_> {
    fn schema(&mut self, schema: &Json, level: usize, applied: Applied) -> Result<Json, LeftOut> {
        if level > SCHEMA_LEVELS_MAX {
            return Err(LeftOut::TooDeep);
        }
        let members = match schema {
            // The same as objects, which all tools take.
            Json::Bool(true) => return Ok(json!({})),
            Json::Bool(false) => return Ok(json!({ "not": {} })),
            Json::Object(members) => members,
            other => return Err(LeftOut::Malformed(shortened(&other.to_string()))),
        };
        let mut copy = Map::new();
        for (keyword, value) in members {
            if let Some(value) = self.keyword(keyword, value, level, applied)? {
                copy.insert(keyword.clone(), value);
            }
        }
        Ok(Json::Object(copy))
    }

    /// The value of a keyword; none where it is left out, for it asserts nothing that a document needs.
    fn keyword(
        &mut self,
        keyword: &str,
        value: &Json,
        level: usize,
        applied: Applied,
    ) -> Result<Option<Json>, LeftOut> {
        let wrong = || LeftOut::Malformed(shortened(keyword));
        match keyword {
            "$ref" => return self.reference(value.as_str().ok_or_else(wrong)?, applied).map(Some),
            "$dynamicRef" | "$recursiveRef" => return Err(LeftOut::Foreign(shortened(&value.to_string()))),
            _ => {}
        }
        let Some(shape) = shape(keyword) else { return Ok(None) };
        let inner = |inner| if applied == Applied::Here { inner } else { Applied::Below };
        match shape {
            Shape::Schema(of) => self.schema(value, level + 1, inner(of)).map(Some),
            Shape::Schemas(of) => {
                let schemas = value.as_array().filter(|schemas| !schemas.is_empty()).ok_or_else(wrong)?;
                let copies: Result<Vec<_>, _> =
                    schemas.iter().map(|schema| self.schema(schema, level + 1, inner(of))).collect();
                Ok(Some(copies?.into()))
            }
            Shape::SchemaByName(of) => {
                let mut copies = Map::new();
                for (name, schema) in value.as_object().ok_or_else(wrong)? {
                    // What looks for references does not look where they stand.
                    if name == "$ref" || (keyword == "patternProperties" && !is_pattern(name)) {
                        return Err(LeftOut::Malformed(shortened(name)));
                    }
                    copies.insert(name.clone(), self.schema(schema, level + 1, inner(of))?);
                }
                Ok(Some(copies.into()))
            }
            // One that not everybody can read is no fault: it only narrows what is taken.
            Shape::Pattern if value.as_str().is_some_and(|pattern| !is_pattern(pattern)) => Ok(None),
            plain if is_of(plain, value) && !holds_reference(value) => Ok(Some(value.clone())),
            _ => Err(wrong()),
        }
    }

    fn reference(&mut self, reference: &str, applied: Applied) -> Result<Json, LeftOut> {
        let decoded = percent_encoding::percent_decode_str(reference).decode_utf8_lossy();
        let pointer = decoded.replace("~1", "/").replace("~0", "~");
        let Some(name) = self.names.get(&pointer) else { return Err(LeftOut::Foreign(shortened(reference))) };
        if applied == Applied::Here {
            self.leads.entry(self.part.clone()).or_default().insert(pointer);
        }
        Ok(json!(format!("#/components/schemas/{name}")))
    }
}

/// Whether a value without schemas in it is of a shape.
fn is_of(shape: Shape, value: &Json) -> bool {
    let is_names = |value: &Json| {
        let Some(names) = value.as_array() else { return false };
        let unique: BTreeSet<&str> = names.iter().filter_map(Json::as_str).collect();
        unique.len() == names.len()
    };
    match shape {
        Shape::Text | Shape::Pattern => value.is_string(),
        Shape::Flag => value.is_boolean(),
        Shape::Whole => {
            value.as_u64().is_some() || value.as_f64().is_some_and(|number| number >= 0.0 && number.fract() == 0.0)
        }
        Shape::Number => value.is_number(),
        Shape::Positive => value.as_f64().is_some_and(|number| number > 0.0),
        Shape::Names => is_names(value),
        Shape::NamesByName => value.as_object().is_some_and(|members| members.values().all(is_names)),
        Shape::Type => match value {
            Json::Array(types) => !types.is_empty() && is_names(value) && types.iter().all(is_type),
            one => is_type(one),
        },
        Shape::Values => value.is_array(),
        Shape::Value => true,
        Shape::Schema(_) | Shape::Schemas(_) | Shape::SchemaByName(_) => false,
    }
}

fn is_type(value: &Json) -> bool {
    let types = ["array", "boolean", "integer", "null", "number", "object", "string"];
    value.as_str().is_some_and(|word| types.contains(&word))
}

/// Whether a regular expression is one in every language that clients are written in, as far as can be told: dialects differ in
/// their escapes and in what begins with `(?`.
fn is_pattern(pattern: &str) -> bool {
    let is_known = |escaped: &str| escaped.starts_with(|c: char| r"dDwWsSnrt.*+?()[]{}|^$/\-".contains(c));
    let is_plain = pattern.replace(r"\\", "").split('\\').skip(1).all(is_known)
        && pattern.split("(?").skip(1).all(|group| group.starts_with(':'));
    pattern.len() <= SCHEMA_PATTERN_BYTES_MAX && is_plain && regex_syntax::Parser::new().parse(pattern).is_ok()
}

/// Whether plain data has what tools would take for a reference.
fn holds_reference(value: &Json) -> bool {
    match value {
        Json::Object(members) => members.contains_key("$ref") || members.values().any(holds_reference),
        Json::Array(items) => items.iter().any(holds_reference),
        _ => false,
    }
}

/// Whether a part leads back to itself for the same value: who follows it never ends.
fn is_endless(leads: &BTreeMap<String, BTreeSet<String>>) -> bool {
    let reached = |from: &String| {
        let mut seen = BTreeSet::new();
        let mut ahead: Vec<&String> = leads.get(from).into_iter().flatten().collect();
        while let Some(part) = ahead.pop() {
            if seen.insert(part) {
                ahead.extend(leads.get(part).into_iter().flatten());
            }
        }
        seen.contains(from)
    };
    leads.keys().any(reached)
}

/// Words of a plugin, as far as an operator needs them.
fn shortened(text: &str) -> String {
    text.chars().take(60).collect()
}
