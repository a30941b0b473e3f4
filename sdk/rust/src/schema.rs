//! The JSON Schemas of a method's arguments and result, derived from their types.
//!
//! A type that derives [`JsonSchema`] describes itself; for another the method is described without a schema. Which of
//! both holds is found when the plugin is compiled, so a plugin without schemas carries nothing of them.
#![allow(missing_docs, reason = "for the macro alone")]

use std::marker::PhantomData;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use crate::call::{Method, NoArguments};

/// The arguments and the result of a method, which its function alone tells.
#[derive(Debug)]
pub struct Described<A, R>(PhantomData<fn(A) -> R>);

/// Finds out what a method takes and gives.
pub fn described<Form, F: Method<Form>>(_: F) -> Described<F::Arguments, F::Answer> {
    Described(PhantomData)
}

// A method call prefers what is found with fewer references: the function of the type itself, then that of the trait for it,
// then that of the trait for a reference to it.

impl<R> Described<NoArguments, R> {
    pub fn parameters(&self) -> Option<String> {
        Some(r#"{"type":"object","additionalProperties":false}"#.into())
    }
}

/// Parameters of a type with a schema.
pub trait Parameters {
    fn parameters(&self) -> Option<String>;
}

impl<A: JsonSchema, R> Parameters for Described<A, R> {
    fn parameters(&self) -> Option<String> {
        let schema = schema::<A>(SchemaSettings::draft2020_12().for_deserialize());
        // Parameters are an object's; a list takes arguments without names, which the contract does not describe.
        let of_object = schema.get("type").is_some_and(|of| of == "object");
        let of_choice = ["oneOf", "anyOf", "$ref"].iter().any(|keyword| schema.get(keyword).is_some());
        (of_object || of_choice).then(|| schema.to_string())
    }
}

/// Parameters of any other type.
pub trait NoParameters {
    fn parameters(&self) -> Option<String>;
}

impl<A, R> NoParameters for &Described<A, R> {
    fn parameters(&self) -> Option<String> {
        None
    }
}

impl<A> Described<A, ()> {
    pub fn returns(&self) -> Option<String> {
        Some(r#"{"type":"null"}"#.into())
    }
}

/// A result of a type with a schema.
pub trait Returns {
    fn returns(&self) -> Option<String>;
}

impl<A, R: JsonSchema> Returns for Described<A, R> {
    fn returns(&self) -> Option<String> {
        Some(schema::<R>(SchemaSettings::draft2020_12().for_serialize()).to_string())
    }
}

/// A result of any other type.
pub trait NoReturns {
    fn returns(&self) -> Option<String>;
}

impl<A, R> NoReturns for &Described<A, R> {
    fn returns(&self) -> Option<String> {
        None
    }
}

/// The JSON Schema of a type (draft 2020-12). Types within it are written where they are used, because a schema becomes a part of
/// larger documents, where a reference would lead elsewhere.
fn schema<T: JsonSchema>(settings: SchemaSettings) -> Value {
    let settings = settings.with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    settings.into_generator().into_root_schema_for::<T>().to_value()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Serialize};
    use serde_json::json;

    use super::*;
    use crate::{Call, Result};

    #[derive(Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "only its form matters")]
    struct Visit {
        /// Where.
        site: Site,
        #[serde(default)]
        hours: u32,
    }

    #[derive(Deserialize, Serialize, JsonSchema)]
    struct Site {
        name: String,
    }

    #[derive(Deserialize, Serialize)]
    struct Plain {}

    macro_rules! schemas {
        ($method:expr) => {{
            let parse = |schema: Option<String>| schema.map(|schema| serde_json::from_str::<Value>(&schema).unwrap());
            (parse((&described($method)).parameters()), parse((&described($method)).returns()))
        }};
    }

    #[test]
    fn a_schema_tells_the_fields_with_their_comments_which_are_required_and_what_is_within() {
        let site = json!({"title": "Site", "type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]});
        let (parameters, returns) = schemas!(|visit: Visit| Ok(visit.site));
        let parameters = parameters.unwrap();
        let within =
            json!({"description": "Where.", "type": "object", "properties": site["properties"], "required": ["name"]});
        assert_eq!(parameters["properties"]["site"], within);
        assert_eq!(parameters["properties"]["hours"]["default"], 0);
        assert_eq!(parameters["required"], json!(["site"]));
        assert_eq!(returns, Some(site));
    }

    #[test]
    fn what_has_no_schema_is_described_without_one() {
        assert_eq!(schemas!(|plain: Plain| Ok(plain)), (None, None));
        assert_eq!(schemas!(|_: Call| Ok(())), (None, Some(json!({"type": "null"}))));
        assert_eq!(schemas!(|_: (u8, u8)| Ok("")).0, None);
        assert_eq!(schemas!(|value: Value| Ok(value)).0, None);
    }

    #[test]
    fn a_function_of_nothing_takes_no_arguments_and_a_map_takes_any() {
        let none = json!({"type": "object", "additionalProperties": false});
        assert_eq!(schemas!(|| Result::Ok(())).0, Some(none));
        let (map, _) = schemas!(|map: BTreeMap<String, bool>| Ok(map));
        assert_eq!(map.unwrap()["additionalProperties"], json!({"type": "boolean"}));
    }
}
