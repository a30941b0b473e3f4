//! The table: which harm is done where, what sets it off, and what is told of it.

/// One guest.
#[derive(Debug)]
pub(super) struct Case {
    /// The plugin's name.
    pub(super) name: &'static str,
    /// The export in which harm is done.
    pub(super) at: &'static str,
    pub(super) fault: &'static str,
    /// Further settings.
    pub(super) settings: &'static str,
    pub(super) trigger: Trigger,
    /// What the client, the report or the log tells.
    pub(super) told: &'static str,
}

/// What sets it off, and where it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trigger {
    /// Loading it; the report tells.
    Load,
    /// A call of its method; the answer tells.
    Call,
    /// The same, and the log tells.
    CallLogged,
    /// A read of its view; the answer tells.
    Read,
    /// A write at its root; the answer tells.
    Put,
    /// The same; the log tells.
    PutLogged,
    /// A message on its channel; the log tells.
    Message,
    /// Nothing: the log tells.
    Wait,
    /// Nothing, and nothing is told.
    Idle,
    /// A clearing; the log tells.
    Clear,
}

impl Case {
    /// Whether what a client is told has a decent size.
    pub(super) fn is_short(&self, told: &str) -> bool {
        matches!(
            self.trigger,
            Trigger::CallLogged
                | Trigger::PutLogged
                | Trigger::Message
                | Trigger::Wait
                | Trigger::Idle
                | Trigger::Clear
        ) || told.len() < 8 * 1024
    }
}

const fn case(
    name: &'static str,
    (at, fault): (&'static str, &'static str),
    trigger: Trigger,
    told: &'static str,
) -> Case {
    Case { name, at, fault, settings: "", trigger, told }
}

use Trigger::{Call, CallLogged, Clear, Idle, Load, Message, Put, PutLogged, Read, Wait};

/// Everything but what is tried at the end of all.
pub(super) const CASES: &[Case] = &[
    case("spin-describe", ("describe", "spin"), Load, "can't be described: it ran longer than 300 ms"),
    case("spin-start", ("start", "spin"), Load, "did not start: it ran longer than 300 ms"),
    case(
        "spin-method",
        ("method", "spin"),
        Call,
        "spin-method.call of the plugin spin-method did not answer within 300 ms",
    ),
    case("spin-commit", ("commit", "spin"), PutLogged, "it ran longer than 300 ms"),
    case("spin-message", ("message", "spin"), Message, "it ran longer than 300 ms"),
    case("spin-transform", ("transform", "spin"), Put, "it ran longer than 300 ms"),
    case("spin-guard", ("guard", "spin"), Put, "it ran longer than 300 ms"),
    case("spin-view", ("view", "spin"), Read, "spin-view.view of the plugin spin-view did not answer within 300 ms"),
    case("spin-tick", ("tick", "spin"), Wait, "it ran longer than 300 ms"),
    case("spin-stop", ("stop", "spin"), Idle, ""),
    case("recurse", ("method", "recurse"), Call, "it trapped: call stack exhausted"),
    case("recurse-with-frames", ("method", "recurse-with-frames"), Call, "it trapped: out of bounds memory access"),
    case(
        "grow",
        ("method", "grow"),
        Call,
        "it wanted more memory than its limit of 134217728 bytes; it trapped: wasm `unreachable` instruction executed",
    ),
    case("trap", ("method", "trap"), Call, "it trapped: wasm `unreachable` instruction executed"),
    case("panic", ("method", "panic"), CallLogged, "panicked: the flux is out of range"),
    case("wait", ("method", "wait"), Call, "did not answer within 300 ms"),
    case("get", ("method", "get"), Call, "did not answer within 300 ms"),
    case("put", ("method", "put"), Call, "did not answer within 300 ms"),
    case("publish", ("method", "publish"), Call, "null"),
    case("log", ("method", "log"), CallLogged, "wrote over 1000 lines in one call; the rest is left out"),
    case("stdout", ("method", "stdout"), CallLogged, "wrote over 1000 lines in one call; the rest is left out"),
    case(
        "huge-result",
        ("method", "huge"),
        Call,
        "it handed over more than 16777216 bytes at once, or was to be handed",
    ),
    case(
        "huge-edit",
        ("transform", "huge"),
        Put,
        "it handed over more than 16777216 bytes at once, or was to be handed",
    ),
    case(
        "huge-rejection",
        ("guard", "huge"),
        Put,
        "it handed over more than 16777216 bytes at once, or was to be handed",
    ),
    case("huge-view", ("view", "huge"), Read, "it handed over more than 16777216 bytes at once, or was to be handed"),
    Case {
        settings: "calls = 'nested-wait.call'",
        ..case("call-waiting", ("method", "call"), Call, "did not answer within 300 ms")
    },
    case("nested-wait", ("method", "wait"), Idle, ""),
    Case {
        settings: "calls = 'nested.call'",
        ..case(
            "call-spinning",
            ("method", "call"),
            Call,
            "call-spinning.call of the plugin call-spinning did not answer within 300 ms",
        )
    },
    case("nested", ("method", "spin"), Idle, ""),
    Case {
        settings: "calls = 'circle-b.call'",
        ..case(
            "circle-a",
            ("method", "call"),
            Call,
            "circle-a.call belongs to the plugin circle-a, which is already in this chain of calls: circle-a -> circle-b",
        )
    },
    Case { settings: "calls = 'circle-a.call'", ..case("circle-b", ("method", "call"), Idle, "") },
    Case { settings: "timers = 1000", ..case("timers", ("method", ""), Load, "over the limit of 1000") },
    Case { settings: "timers = 999", ..case("ticks", ("method", ""), Call, "null") },
    case("spin-gap", ("gap", "spin"), Clear, "it ran longer than 300 ms"),
];
