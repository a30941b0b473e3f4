//! Variables of the daemon's environment, as far as the operator grants them. Wants the feature `wasi`.

use wasip2::cli::environment;

/// The value of a variable; none where it is not granted, or not set.
///
/// ```no_run
/// # fn example() -> tega_plugin::Result<()> {
/// let secret = tega_plugin::environment::variable("AUDIT_SECRET");
/// let secret = secret.ok_or_else(|| tega_plugin::Error::not_found("AUDIT_SECRET is not set, or not granted"))?;
/// # let _ = secret;
/// # Ok(())
/// # }
/// ```
pub fn variable(name: &str) -> Option<String> {
    environment::get_environment().into_iter().find(|(found, _)| found == name).map(|(_, value)| value)
}
