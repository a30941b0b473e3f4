//! Compiled schemas, kept for as long as their text stays as it is.

use std::cell::RefCell;
use std::collections::HashMap;

use tega_plugin::{Error, Result, tree};

use crate::SCHEMAS;
use crate::judge::{Fault, Schema};

/// How many compiled schemas an instance keeps: far more than a database has roots with schemas, and few megabytes.
const COMPILED_MAX: usize = 256;

thread_local! {
    /// Compiled schemas with the text they were made from, by root.
    static COMPILED: RefCell<HashMap<String, (String, Schema)>> = RefCell::default();
}

/// Why there is no compiled schema where there is a schema.
#[derive(Debug)]
pub(crate) enum Unusable {
    /// It could not be read.
    Unread(Error),
    /// It is no valid schema.
    Invalid(Fault),
}

/// Uses the schema of a root; none where it has none.
///
/// # Errors
/// Where there is a schema, and it can't be used.
pub(crate) fn with_schema<T>(root: &str, go: impl FnOnce(&Schema) -> T) -> Result<Option<T>, Unusable> {
    let Some(text) = tree::get_json(&[SCHEMAS, root]).map_err(Unusable::Unread)? else { return Ok(None) };
    COMPILED.with_borrow_mut(|compiled| {
        if compiled.get(root).is_none_or(|(compiled, _)| *compiled != text) {
            let schema = Schema::compile(&text).map_err(Unusable::Invalid)?;
            if compiled.len() >= COMPILED_MAX {
                compiled.clear();
            }
            compiled.insert(root.to_owned(), (text, schema));
        }
        Ok(compiled.get(root).map(|(_, schema)| go(schema)))
    })
}
