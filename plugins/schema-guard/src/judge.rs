//! Compiles a schema and holds a value against it.

use std::error::Error;
use std::fmt;

use boon::{CompileError, Compiler, Draft, SchemaIndex, Schemas, UrlLoader};
use serde_json::Value;

use crate::words;

/// Where a schema stands for the validator, which needs an absolute address. Nothing is ever fetched from there.
const ADDRESS: &str = "tega://schema/this";

/// What is wrong, and where below the value that was looked at.
#[derive(Debug, PartialEq)]
pub(crate) struct Fault {
    pub(crate) place: Vec<String>,
    pub(crate) reason: String,
}

/// A compiled schema.
pub(crate) struct Schema {
    compiled: Schemas,
    index: SchemaIndex,
}

impl Schema {
    /// Compiles the text of a schema: draft 2020-12 where it doesn't name another.
    pub(crate) fn compile(text: &str) -> Result<Self, Fault> {
        let schema: Value = serde_json::from_str(text).map_err(|error| fault(error.to_string()))?;
        let mut compiler = Compiler::new();
        compiler.set_default_draft(Draft::V2020_12);
        compiler.enable_format_assertions();
        compiler.use_loader(Box::new(Closed));
        let mut compiled = Schemas::new();
        compiler.add_resource(ADDRESS, schema.clone()).map_err(|error| unfit_schema(&schema, &error))?;
        let index = compiler.compile(ADDRESS, &mut compiled).map_err(|error| unfit_schema(&schema, &error))?;
        Ok(Self { compiled, index })
    }

    /// Holds a value against the schema.
    pub(crate) fn check(&self, value: &Value) -> Result<(), Fault> {
        self.compiled.validate(value, self.index).map_err(|error| words::fault(value, &error))
    }
}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Schema").field("index", &self.index).finish_non_exhaustive()
    }
}

/// Fetches nothing.
struct Closed;

impl UrlLoader for Closed {
    fn load(&self, _: &str) -> Result<Value, Box<dyn Error>> {
        Err("schemas elsewhere are not fetched; keep them under $defs".into())
    }
}

fn fault(reason: String) -> Fault {
    Fault { place: Vec::new(), reason }
}

fn unfit_schema(schema: &Value, error: &CompileError) -> Fault {
    match error {
        CompileError::ValidationError { src, .. } => {
            let Fault { place, reason } = words::fault(schema, src);
            Fault { place, reason: format!("is no valid JSON Schema: {reason}") }
        }
        CompileError::LoadUrlError { url, src } => fault(format!("refers to {url}, but {src}")),
        CompileError::InvalidRegex { url, regex, src } => {
            Fault { place: place_in(url), reason: format!("{regex:?} is no regular expression: {src}") }
        }
        CompileError::JsonPointerNotFound(pointer) | CompileError::AnchorNotFound { reference: pointer, .. } => {
            fault(format!("refers to {}, where there is nothing", pointer.replace(ADDRESS, "")))
        }
        CompileError::Bug(reason) => fault(format!("can't be used: {reason}")),
        error => fault(format!("is no valid JSON Schema: {}", error.to_string().replace(ADDRESS, ""))),
    }
}

/// The place that the fragment of an address points to.
fn place_in(url: &str) -> Vec<String> {
    let pointer = url.split_once('#').map_or("", |(_, pointer)| pointer);
    pointer.split('/').skip(1).map(|name| name.replace("~1", "/").replace("~0", "~")).collect()
}

#[cfg(test)]
mod tests;
