//! What guests import. Each function has one shape: check the grant, check the limit, call the engine, convert.
//!
//! Invariant: a refusal is an error that the guest gets; no import traps.

mod answer;
mod channels;
mod directory;
mod log;
mod settings;
mod tree;

use wasmtime::component::{HasSelf, Linker};

use crate::bindings::imports::Imports;
use crate::bindings::types;
use crate::state::State;

/// Links all imports of the contract, whatever is granted, and WASI 0.2.
pub(crate) fn add_to_linker(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    Imports::add_to_linker::<State, HasSelf<State>>(linker, |state| state)?;
    crate::wasi::add_to_linker(linker)
}

impl types::Host for State {}
