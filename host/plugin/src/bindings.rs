//! What wasmtime makes of the contract in `wit/`: one world for each interface that a plugin may export, over the same imports
//! and types.
#![allow(
    dead_code,
    missing_debug_implementations,
    missing_docs,
    unreachable_pub,
    unused_variables,
    reason = "written by wasmtime's macro, for more than is used here"
)]

/// The imports, and the types that all interfaces share.
pub(crate) mod imports {
    wasmtime::component::bindgen!({
        path: "../../wit/tega-plugin@0.1.0",
        world: "imports",
        imports: { "tega:plugin/directory.call": async },
        require_store_data_send: true,
    });
}

/// What every plugin exports.
pub(crate) mod lifecycle {
    wasmtime::component::bindgen!({
        path: "../../wit/tega-plugin@0.1.0",
        world: "with-lifecycle",
        exports: { default: async },
        with: { "tega:plugin": crate::bindings::imports::tega::plugin },
        require_store_data_send: true,
    });
}

/// What a plugin that answers methods exports.
pub(crate) mod methods {
    wasmtime::component::bindgen!({
        path: "../../wit/tega-plugin@0.1.0",
        world: "with-methods",
        exports: { default: async },
        with: { "tega:plugin": crate::bindings::imports::tega::plugin },
        require_store_data_send: true,
    });
}

/// What a plugin that hears of commits and messages exports.
pub(crate) mod subscriber {
    wasmtime::component::bindgen!({
        path: "../../wit/tega-plugin@0.1.0",
        world: "with-subscriber",
        exports: { default: async },
        with: { "tega:plugin": crate::bindings::imports::tega::plugin },
        require_store_data_send: true,
    });
}

/// What a plugin that changes commits exports.
pub(crate) mod transform {
    wasmtime::component::bindgen!({
        path: "../../wit/tega-plugin@0.1.0",
        world: "with-transform",
        exports: { default: async },
        with: { "tega:plugin": crate::bindings::imports::tega::plugin },
        require_store_data_send: true,
    });
}

/// What a plugin that judges commits exports.
pub(crate) mod guard {
    wasmtime::component::bindgen!({
        path: "../../wit/tega-plugin@0.1.0",
        world: "with-guard",
        exports: { default: async },
        with: { "tega:plugin": crate::bindings::imports::tega::plugin },
        require_store_data_send: true,
    });
}

/// What a plugin that computes nodes exports.
pub(crate) mod view {
    wasmtime::component::bindgen!({
        path: "../../wit/tega-plugin@0.1.0",
        world: "with-view",
        exports: { default: async },
        with: { "tega:plugin": crate::bindings::imports::tega::plugin },
        require_store_data_send: true,
    });
}

/// What a plugin that is called at intervals exports.
pub(crate) mod timer {
    wasmtime::component::bindgen!({
        path: "../../wit/tega-plugin@0.1.0",
        world: "with-timer",
        exports: { default: async },
        with: { "tega:plugin": crate::bindings::imports::tega::plugin },
        require_store_data_send: true,
    });
}

pub(crate) use imports::tega::plugin as host;
pub(crate) use imports::tega::plugin::types;
pub(crate) use lifecycle::exports::tega::plugin::lifecycle as described;
