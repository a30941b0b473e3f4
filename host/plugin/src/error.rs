//! Why the host does not start, and why a plugin is refused: sentences that the operator can act on.

use std::path::PathBuf;

use tega_engine::{CommitError, DirectoryError};

use crate::compile::CompileError;
use crate::failure::Failure;
use crate::kept::KeptError;
use crate::limits::FILE_BYTES_MAX;
use crate::manifest::ManifestError;
use crate::wasi::FolderError;

/// Why the plugin host can't be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The WebAssembly engine does not work on this machine.
    #[error("the WebAssembly engine can't be started: {reason}")]
    Engine {
        /// Why not.
        reason: String,
    },
    /// A thread can't be started.
    #[error("a thread for plugins can't be started")]
    Thread(#[source] std::io::Error),
}

impl LoadError {
    /// Whether it may be because the file is a piece of what it is going to be.
    pub(crate) fn is_of_a_piece(&self) -> bool {
        matches!(
            self,
            Self::Read(_)
                | Self::NotWasm { .. }
                | Self::Damaged { .. }
                | Self::NoType
                | Self::Encode { .. }
                | Self::Compile(CompileError::Refused { .. })
        )
    }

    /// Whether it is because of what another plugin has.
    pub(crate) fn is_clash(&self) -> bool {
        match self {
            Self::NameTaken { .. } | Self::Directory(_) => true,
            Self::Start(Failure::NotCommitted(error)) => {
                matches!(error, CommitError::JudgeUnavailable { .. } | CommitError::Busy | CommitError::Unsettled)
            }
            _ => false,
        }
    }

    /// Whether the operator wanted it so.
    pub(crate) fn is_disabled(&self) -> bool {
        matches!(self, Self::Disabled { .. })
    }
}

/// Why a plugin is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum LoadError {
    #[error("the file can't be read: {0}")]
    Read(std::io::Error),
    #[error("is a folder")]
    IsFolder,
    #[error("the file is larger than {FILE_BYTES_MAX} bytes")]
    TooLarge,
    #[error("is no WebAssembly: begins with {beginning}")]
    NotWasm { beginning: String },
    #[error("is damaged, or not whole: {reason}")]
    Damaged { reason: String },
    #[error(
        "is a core module without a component type inside: build it with the SDK, or put its type into it (`wasm-tools component embed`)"
    )]
    NoType,
    #[error("can't be made a component: {reason}")]
    Encode { reason: String },
    #[error(transparent)]
    Compile(#[from] CompileError),
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    #[error("is switched off: `enabled = false` in {}", .file.display())]
    Disabled { file: PathBuf },
    #[error(
        "exports {name}, which this version of tega does not know; build the plugin for an older contract, or update tega"
    )]
    UnknownInterface { name: String },
    #[error("exports no tega:plugin/lifecycle@0.1.0, so it is no plugin of tega; what it exports is {exports}")]
    NoLifecycle { exports: String },
    #[error(
        "imports {name}, which is only for plugins that are granted `hosts`; name the hosts that it may reach in {}, \
         as `[grants]` with `hosts = [\"example.org\"]`, or build the plugin without it",
        .file.display()
    )]
    NoHosts { name: String, file: PathBuf },
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error("imports {name}, which this version of tega does not offer: {reason}")]
    Import { name: String, reason: String },
    #[error("an exported interface is not of the form that tega:plugin 0.1.0 says: {reason}")]
    Form { reason: String },
    #[error("no instance of it can be made: {0}")]
    Instance(Failure),
    #[error("can't be described: {0}")]
    Describe(Failure),
    #[error("describes itself wrongly: {reason}")]
    Description { reason: String },
    #[error("describes {what}, but does not export tega:plugin/{interface}")]
    Lacking { what: String, interface: &'static str },
    #[error("its name {name} is already that of {}", .file.display())]
    NameTaken { name: String, file: PathBuf },
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    #[error("can't be gone back to: {0}")]
    Kept(#[from] KeptError),
    #[error("did not start: {0}")]
    Start(Failure),
    #[error("the plugin host failed on it: {what}")]
    Host { what: &'static str },
}
