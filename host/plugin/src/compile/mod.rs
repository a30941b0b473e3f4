//! From a component to code that this machine runs.
//!
//! Compiling takes seconds and hundreds of megabytes for some components, and can't be stopped where it runs.

use crate::layout::Layout;

/// Why a component can't be compiled.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CompileError {
    /// The compiler refuses it.
    #[error("does not compile: {reason}")]
    Refused {
        /// Why.
        reason: String,
    },
}

/// Compiles a component here and now: what `tega plugin compile` does.
///
/// # Errors
/// [`CompileError::Refused`].
pub fn compile(component: &[u8], layout: Layout) -> Result<Vec<u8>, CompileError> {
    let compiled = layout.compiler().and_then(|engine| engine.precompile_component(component));
    compiled.map_err(|error| CompileError::Refused { reason: format!("{error:#}") })
}
