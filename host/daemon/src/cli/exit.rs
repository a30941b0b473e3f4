//! How a command ends: the message and the exit code.

use std::process::ExitCode;

use anyhow::{Error, Result};
use tega_client::{ClientError, RequestError, SessionError};

use super::input::InputError;
use super::output;

/// The server refused, or the connection broke.
const REFUSED: u8 = 1;
/// What was asked for makes no sense: nothing was sent. The same as for flags that are wrong.
const USAGE: u8 = 2;
/// No connection came about.
const NO_CONNECTION: u8 = 3;

/// Tells on stderr what went wrong, and gives the exit code.
pub(super) fn end(result: Result<()>) -> ExitCode {
    let Err(error) = result else { return ExitCode::SUCCESS };
    if output::is_closed(&error) {
        return ExitCode::SUCCESS;
    }
    output::note(&format!("error: {error:#}"));
    ExitCode::from(code(&error))
}

fn code(error: &Error) -> u8 {
    if error.is::<InputError>() || error.is::<ClientError>() {
        return USAGE;
    }
    if let Some(error) = error.downcast_ref() {
        return match error {
            RequestError::Path(_) | RequestError::Arguments(_) => USAGE,
            RequestError::Connect(_) => NO_CONNECTION,
            _ => REFUSED,
        };
    }
    match error.downcast_ref() {
        Some(SessionError::Word { .. } | SessionError::Message(_)) => USAGE,
        Some(SessionError::Connect(_)) => NO_CONNECTION,
        _ => REFUSED,
    }
}

#[cfg(test)]
mod tests {
    use tega_client::{Client, Scope};

    use super::*;

    #[tokio::test]
    async fn the_exit_code_tells_a_wrong_request_from_a_server_that_is_not_there() {
        // Nothing listens at port 1, and nothing that fails before it is sent gets there.
        let client = Client::new("http://127.0.0.1:1").unwrap();
        assert_eq!(code(&client.get("a").await.unwrap_err().into()), NO_CONNECTION);
        assert_eq!(code(&client.get("a..b").await.unwrap_err().into()), USAGE);
        assert_eq!(code(&client.session("a b", Scope::Local).await.unwrap_err().into()), USAGE);
        assert_eq!(code(&client.session("a", Scope::Local).await.unwrap_err().into()), NO_CONNECTION);
        assert_eq!(code(&Client::new("gate:8739").unwrap_err().into()), USAGE);
        assert_eq!(code(&Error::from(SessionError::Silent).context("the watch is over")), REFUSED);
    }
}
