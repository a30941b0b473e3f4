//! What the operator set for this plugin: the table `[settings]` of the file `NAME.toml` beside it.

use serde::de::DeserializeOwned;

use crate::arguments::Arguments;
use crate::error::{Error, Result};
use crate::raw::lifecycle::tega::plugin::settings;

/// The settings, as a struct of the author's. What the operator may leave out wants `#[serde(default)]`.
///
/// ```no_run
/// use serde::Deserialize;
///
/// /// `[settings]` with `greeting = "Hello"`, and maybe `tries = 5`.
/// #[derive(Deserialize)]
/// struct Settings {
///     greeting: String,
///     #[serde(default = "three")]
///     tries: u32,
/// }
///
/// fn three() -> u32 {
///     3
/// }
///
/// # fn example() -> tega_plugin::Result<()> {
/// let settings: Settings = tega_plugin::settings::get()?;
/// # let _ = (settings.greeting, settings.tries);
/// # Ok(())
/// # }
/// ```
///
/// A change of `NAME.toml` starts the plugin anew: what one instance reads stays the same.
///
/// # Errors
///
/// [`ErrorCode::Invalid`](crate::ErrorCode::Invalid) where a setting is missing or of another form; the message names
/// it.
pub fn get<T: DeserializeOwned>() -> Result<T> {
    let named = serde_json::from_str(&settings::get())?;
    T::deserialize(Arguments::settings(named)).map_err(|error| Error::invalid(error.to_string()))
}
