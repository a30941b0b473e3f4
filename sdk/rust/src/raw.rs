//! The bindings to the contract as `wit-bindgen` makes them: one module for each part that a plugin may have.
//!
//! For what [`plugin!`](crate::plugin!) doesn't offer. All modules share the types and imports of [`lifecycle`].

/// What every plugin exports, and all that it imports.
#[allow(missing_docs, unsafe_code, reason = "generated")]
pub mod lifecycle {
    wit_bindgen::generate!({
        path: "../../wit/tega-plugin@0.1.0",
        world: "with-lifecycle",
        pub_export_macro: true,
        export_macro_name: "export",
        default_bindings_module: "::tega_plugin::raw::lifecycle",
        additional_derives: [PartialEq],
        generate_unused_types: true,
    });
}

/// Generates the bindings of one optional part over the types and imports of [`lifecycle`].
macro_rules! part {
    ($(#[$doc:meta])* $name:ident, $world:literal, $module:literal) => {
        $(#[$doc])*
        #[allow(missing_docs, unsafe_code, reason = "generated")]
        pub mod $name {
            wit_bindgen::generate!({
                path: "../../wit/tega-plugin@0.1.0",
                world: $world,
                pub_export_macro: true,
                export_macro_name: "export",
                default_bindings_module: $module,
                additional_derives: [PartialEq],
                with: {
                    "tega:plugin/types@0.1.0": crate::raw::lifecycle::tega::plugin::types,
                    "tega:plugin/tree@0.1.0": crate::raw::lifecycle::tega::plugin::tree,
                    "tega:plugin/channels@0.1.0": crate::raw::lifecycle::tega::plugin::channels,
                    "tega:plugin/directory@0.1.0": crate::raw::lifecycle::tega::plugin::directory,
                    "tega:plugin/log@0.1.0": crate::raw::lifecycle::tega::plugin::log,
                    "tega:plugin/settings@0.1.0": crate::raw::lifecycle::tega::plugin::settings,
                },
            });
        }
    };
}

part!(
    /// Answers methods.
    methods, "with-methods", "::tega_plugin::raw::methods"
);
part!(
    /// Reacts to commits and messages.
    subscriber, "with-subscriber", "::tega_plugin::raw::subscriber"
);
part!(
    /// Changes commits on their way in.
    transform, "with-transform", "::tega_plugin::raw::transform"
);
part!(
    /// Accepts or refuses commits.
    guard, "with-guard", "::tega_plugin::raw::guard"
);
part!(
    /// Computes nodes when they are read.
    view, "with-view", "::tega_plugin::raw::view"
);
part!(
    /// Is called at intervals.
    timer, "with-timer", "::tega_plugin::raw::timer"
);

/// The words that all parts share.
pub use lifecycle::tega::plugin::types;
