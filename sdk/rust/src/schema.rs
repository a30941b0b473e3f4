//! The JSON Schema of a type, for a method's description.

use schemars::{JsonSchema, generate::SchemaSettings};

/// The JSON Schema (draft 2020-12) of a type, for `parameters:` and `returns:` in [`plugin!`](crate::plugin!).
pub fn schema<T: JsonSchema>() -> String {
    let schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>();
    schema.to_value().to_string()
}

#[cfg(test)]
mod tests {
    use schemars::JsonSchema;
    use serde_json::{Value, json};

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its form matters")]
    struct Visit {
        /// Where.
        site: String,
        #[serde(default)]
        hours: u32,
    }

    #[test]
    fn a_schema_tells_the_fields_with_their_comments_and_which_are_required() {
        let schema: Value = serde_json::from_str(&super::schema::<Visit>()).unwrap();
        assert_eq!(schema["properties"]["site"], json!({"type": "string", "description": "Where."}));
        assert_eq!(schema["required"], json!(["site"]));
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    }
}
