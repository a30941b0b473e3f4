//! The methods of others.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, Result};
use crate::path;
use crate::raw::lifecycle::tega::plugin::directory;

/// Calls a method with named arguments: a struct, a map or `json!({..})`.
///
/// A method of another plugin joins this call's transaction: if it fails, what it wrote is taken back, and this call
/// may go on.
///
/// ```no_run
/// use serde_json::json;
/// use tega_plugin::methods;
///
/// # fn example() -> tega_plugin::Result<()> {
/// let port: u32 = methods::call(&["ports", "reserve"], &json!({"device": "ne1", "speed": 10}))?;
/// # let _ = port;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`ErrorCode::Denied`](crate::ErrorCode::Denied) where the method is not granted,
/// [`ErrorCode::NotFound`](crate::ErrorCode::NotFound) where there is none; else the error that the method returned.
pub fn call<R: DeserializeOwned>(path: &[impl AsRef<str>], named: &(impl Serialize + ?Sized)) -> Result<R> {
    call_with(path, &[(); 0], named)
}

/// Calls a method with positional arguments, a list, and named ones.
///
/// ```no_run
/// use serde_json::json;
///
/// # fn example() -> tega_plugin::Result<()> {
/// let port: u32 = tega_plugin::methods::call_with(&["ports", "reserve"], &json!(["ne1"]), &json!({"speed": 10}))?;
/// # let _ = port;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// As [`call`].
pub fn call_with<R: DeserializeOwned>(
    path: &[impl AsRef<str>],
    positional: &(impl Serialize + ?Sized),
    named: &(impl Serialize + ?Sized),
) -> Result<R> {
    let (positional, named) = (serde_json::to_string(positional)?, serde_json::to_string(named)?);
    let result = directory::call(&path::owned(path), &positional, &named).map_err(Error::from_raw)?;
    serde_json::from_str(&result)
        .map_err(|error| Error::failed(format!("{} answered something unexpected: {error}", path::text(path))))
}
