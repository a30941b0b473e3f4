//! The one place where bytes become code.

#![expect(unsafe_code, reason = "loading compiled code runs it as it is: whoever calls answers for it")]

use wasmtime::Engine;
use wasmtime::component::Component;

use super::seal::Trusted;

/// Makes a component of code that a compiler of tega's made.
pub(super) fn deserialize(engine: &Engine, code: Trusted<'_>) -> wasmtime::Result<Component> {
    // SAFETY: the bytes are what `Engine::precompile_component` gave, for there is a `Trusted` of them only where this daemon, or
    // the process that it started for it, compiled them, or where they carry the authentication code that this daemon made over
    // what it compiled. They are in memory that nobody else changes. For which engine they are, wasmtime checks.
    unsafe { Component::deserialize(engine, code.bytes()) }
}
