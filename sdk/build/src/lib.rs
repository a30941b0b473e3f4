//! Builds plugins for WebAssembly: finds a toolchain that can, installs one where that is possible, and runs it.
//!
//! What comes out is a core module with its component type inside, as the daemon takes it.
//!
//! # Map
//!
//! - [`Toolchain`] finds a way to build, in a fixed order (`toolchain.rs`; `debian.rs` has the packages of Debian).
//! - [`Project`] is a plugin's project: a new one, its files, its build (`project.rs`).
//! - [`sdk_standing`] and [`refresh_sdk`] are about the SDK that this program carries for projects (`sdk.rs`).
//! - [`copy_if_different`] and [`write_whole`] lay what was built where a daemon may watch for it (`copy.rs`).
//! - [`install_packages`] installs packages of Debian, for whoever else needs some.
//! - [`Toolchain::build`] runs cargo and says where the modules are (`cargo.rs`).
//!
//! Not here: making a component out of the module; the daemon does that when it loads it.

mod cargo;
mod copy;
mod debian;
mod project;
mod sdk;
mod toolchain;

pub use cargo::{Build, Built};
pub use copy::{copy_if_different, write_whole};
pub use debian::install_packages;
pub use project::Project;
pub use sdk::{SdkStanding, refresh_sdk, sdk_standing};
pub use toolchain::Toolchain;

/// The target that plugins are built for.
pub const TARGET: &str = "wasm32-unknown-unknown";
