//! Variables of the daemon's environment, as far as the operator grants them. Wants the feature `wasi`.

use wasip2::cli::environment;

/// The value of a variable; none where it is not granted, or not set.
pub fn variable(name: &str) -> Option<String> {
    environment::get_environment().into_iter().find(|(found, _)| found == name).map(|(_, value)| value)
}
