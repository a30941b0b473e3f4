//! The plugin host as the daemon uses it, with guests written as WebAssembly text: no toolchain is needed.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, and its helpers do as well")]

mod bounds;
mod calls;
mod compiling;
mod computed;
mod corners;
mod guest;
mod hooks;
mod inspect;
mod logs;
mod refusals;
mod reload;
mod restarts;
mod server;
mod standing;
mod subscriptions;
mod wasi;
