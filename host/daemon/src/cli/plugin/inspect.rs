//! `tega plugin inspect`: what a plugin's file is and does, without a server.

use std::path::PathBuf;

use anyhow::{Context, Result};
use serde_json::Value as Json;
use tega_plugin_host::{Compiler, InspectedHook, InspectedMethod, Inspection};

use crate::cli::output;
use crate::process;

/// What is looked at.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The plugin's file.
    file: PathBuf,
    /// Print it as one JSON object.
    #[arg(long)]
    json: bool,
}

/// Looks at a file, and prints what it finds.
pub(super) fn run(arguments: &Arguments) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("no runtime")?;
    let compiler = Compiler::Child { program: process::program() };
    let found = runtime.block_on(tega_plugin_host::inspect(&arguments.file, compiler))?;
    if arguments.json {
        return Ok(output::json(&serde_json::to_string(&found)?)?);
    }
    Ok(output::text(&text(&found))?)
}

/// For a reader: a heading, then a line for each thing, with what it is in front.
fn text(found: &Inspection) -> String {
    let mut text = format!("{} {}: {}\n", found.name, found.version, found.summary);
    let mut line = |what: &str, told: &str| {
        let told = told.replace(char::is_control, " ");
        text.push_str(format!("  {what:<13} {told}").trim_end());
        text.push('\n');
    };
    line("file", &found.file.display().to_string());
    line("size", &format!("{} bytes", found.size_bytes));
    line("sha256", &found.digest);
    line("kind", found.kind);
    found.methods.iter().for_each(|told| line("method", &method(told)));
    found.subscriptions.iter().for_each(|told| line("subscription", told));
    found.transforms.iter().for_each(|told| line("transform", &hook(told)));
    found.guards.iter().for_each(|told| line("guard", &hook(told)));
    found.views.iter().for_each(|told| line("view", &format!("{}: {}", told.path, told.summary)));
    found.timers.iter().for_each(|told| line("timer", &format!("{}, each {} ms", told.name, told.interval_ms)));
    found.grants_wanted.iter().for_each(|told| line("grant wanted", told));
    found.exports.iter().for_each(|told| line("export", told));
    found.imports.iter().filter(|name| !found.imports_missing.contains(name)).for_each(|told| line("import", told));
    let missing = |name: &String| format!("{name}, which this version of tega does not offer: it refuses the plugin");
    found.imports_missing.iter().for_each(|told| line("MISSING", &missing(told)));
    text
}

fn method(told: &InspectedMethod) -> String {
    let parameters = told.parameters.as_ref().map_or_else(|| "..".to_owned(), parameters);
    let returns = told.returns.as_ref().and_then(of_type).map_or_else(String::new, |told| format!(" -> {told}"));
    format!("{}({parameters}){returns}: {}", told.path, told.summary)
}

/// The names and types in a JSON Schema of an object; those that may be left out with a question mark.
fn parameters(schema: &Json) -> String {
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
    let properties = schema["properties"].as_object().into_iter().flatten();
    let each = properties.map(|(name, schema)| {
        let optional = if required.contains(&name.as_str()) { "" } else { "?" };
        of_type(schema).map_or_else(|| format!("{name}{optional}"), |told| format!("{name}{optional}: {told}"))
    });
    each.collect::<Vec<_>>().join(", ")
}

/// The type that a JSON Schema says, where it says one or several.
fn of_type(schema: &Json) -> Option<String> {
    match &schema["type"] {
        Json::String(name) => Some(name.clone()),
        Json::Array(names) => Some(names.iter().filter_map(Json::as_str).collect::<Vec<_>>().join(" or ")),
        _ => None,
    }
}

fn hook(told: &InspectedHook) -> String {
    format!("{}, order {}", told.pattern, told.order)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_method_is_shown_with_what_it_takes_and_gives() {
        let told = |parameters: Option<Json>, returns: Option<Json>| {
            method(&InspectedMethod { path: "a.b".to_owned(), summary: "Does.".to_owned(), parameters, returns })
        };
        assert_eq!(told(None, None), "a.b(..): Does.");
        let schema = json!({
            "type": "object",
            "properties": { "name": { "type": "string" }, "loud": { "type": ["boolean", "null"] }, "any": {} },
            "required": ["name"]
        });
        let expected = "a.b(any?, loud?: boolean or null, name: string) -> array: Does.";
        assert_eq!(told(Some(schema), Some(json!({ "type": "array" }))), expected);
        assert_eq!(told(Some(json!(true)), Some(json!(false))), "a.b(): Does.");
    }
}
