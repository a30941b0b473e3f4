//! What goes to stdout, and notes to stderr.

use std::io::{self, ErrorKind, IsTerminal, Write};

use super::indent::indented;

/// Why nothing more can be printed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OutputError {
    /// Whoever read it has seen enough, as `head` does.
    #[error("nobody reads the output any more")]
    Closed,
    /// Anything else: a disk that is full.
    #[error("the output can't be written")]
    Failed(#[source] io::Error),
}

impl From<io::Error> for OutputError {
    fn from(error: io::Error) -> Self {
        if error.kind() == ErrorKind::BrokenPipe { Self::Closed } else { Self::Failed(error) }
    }
}

/// Prints JSON: indented on a terminal, as it is otherwise.
pub(crate) fn json(json: &str) -> Result<(), OutputError> {
    if io::stdout().is_terminal() { line(&indented(json)) } else { line(json) }
}

/// Prints a line.
pub(crate) fn line(line: &str) -> Result<(), OutputError> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{line}")?;
    Ok(stdout.flush()?)
}

/// Prints lines that have their ends.
pub(crate) fn text(text: &str) -> Result<(), OutputError> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    Ok(stdout.flush()?)
}

/// Tells the user something on stderr.
pub(crate) fn note(note: &str) {
    // Where stderr is closed there is nobody to tell.
    let _ = writeln!(io::stderr().lock(), "{note}");
}

/// Whether nobody reads the output any more, which is no failure.
pub(crate) fn is_closed(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(OutputError::Closed))
}
