//! What the operator set for this plugin: the table `[settings]` of the file `NAME.toml` beside it.

use serde::de::DeserializeOwned;

use crate::arguments::Arguments;
use crate::error::{Error, Result};
use crate::raw::lifecycle::tega::plugin::settings;

/// The settings, as a struct of the author's. What the operator may leave out wants `#[serde(default)]`.
///
/// # Errors
///
/// [`ErrorCode::Invalid`](crate::ErrorCode::Invalid) where a setting is missing or of another form; the message names
/// it.
pub fn get<T: DeserializeOwned>() -> Result<T> {
    let named = serde_json::from_str(&settings::get())?;
    T::deserialize(Arguments::settings(named)).map_err(|error| Error::invalid(error.to_string()))
}
