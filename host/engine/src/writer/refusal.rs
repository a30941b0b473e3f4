//! Why the writer did not commit a submission.

use crate::CommitError;

/// Why a submission was not committed.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// What transforms and guards read has changed: the transaction is to be judged anew.
    JudgedOnStale,
    Commit(CommitError),
}

impl Refusal {
    /// The same for whoever asked for the commit.
    pub(crate) fn into_error(self) -> CommitError {
        match self {
            Self::JudgedOnStale => CommitError::Unsettled,
            Self::Commit(error) => error,
        }
    }
}
