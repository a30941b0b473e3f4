//! Builds plugins for WebAssembly: finds a toolchain that can, installs one where that is possible, and runs it.
//!
//! What comes out is a core module with its component type inside, as the daemon takes it.
//!
//! # Map
//!
//! - [`Toolchain`] finds a way to build, in a fixed order (`toolchain.rs`; `debian.rs` has the packages of Debian).
//! - [`install_packages`] installs packages of Debian, for whoever else needs some.
//! - [`Toolchain::build`] runs cargo and says where the modules are (`cargo.rs`).
//!
//! Not here: making a component out of the module; the daemon does that when it loads it.

mod cargo;
mod debian;
mod toolchain;

pub use cargo::{Build, Built};
pub use debian::install_packages;
pub use toolchain::Toolchain;

/// The target that plugins are built for.
pub const TARGET: &str = "wasm32-unknown-unknown";
