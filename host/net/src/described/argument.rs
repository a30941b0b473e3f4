//! An argument in a URL or a header, and those that several uses take.

use serde_json::{Value as Json, json};
use tega_engine::limits::{
    CHANNEL_BYTES_MAX, IDEMPOTENCY_KEY_BYTES_MAX, MESSAGE_BYTES_MAX, PAGE_ENTRIES_MAX, TAG_BYTES_MAX,
};
use tega_tree::limits::{PATH_BYTES_MAX, PATTERN_BYTES_MAX};

/// An argument.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Argument {
    pub(crate) name: &'static str,
    pub(crate) place: Place,
    pub(crate) domain: Domain,
    /// What it means, in a sentence.
    pub(crate) about: &'static str,
    pub(crate) is_required: bool,
}

/// Where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Query,
    Header,
}

/// What it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Domain {
    /// Text of so many bytes.
    Text(usize),
    /// The id of something that the server named.
    Id,
    /// A path, dotted.
    Path,
    /// The name of a root.
    Root,
    /// A pattern of paths.
    Pattern,
    /// One or more patterns, each an argument of the same name.
    Patterns,
    /// A whole number from the first to the second.
    Number(u64, u64),
    /// `true` or `false`.
    Flag,
    /// A version, a count back, a tag or a time.
    State,
    /// A time (RFC 3339).
    Time,
    /// A position.
    Position,
    /// One or more ETags, or `*`.
    ETags,
    /// The name of a node, as it is.
    Name,
    /// A link (RFC 8288).
    Link,
    /// The key of a request that may be repeated.
    Key,
    /// Steps back, or a place from 1 on.
    Steps,
}

impl Argument {
    /// One in the URL, which may be left out.
    pub(crate) const fn query(name: &'static str, domain: Domain, about: &'static str) -> Self {
        Self { name, place: Place::Query, domain, about, is_required: false }
    }

    /// One in a header, which may be left out.
    pub(crate) const fn header(name: &'static str, domain: Domain, about: &'static str) -> Self {
        Self { name, place: Place::Header, domain, about, is_required: false }
    }

    /// The same, where it must be there.
    pub(crate) const fn required(mut self) -> Self {
        self.is_required = true;
        self
    }

    /// Its JSON Schema. An argument that is empty is one that is left out.
    pub(crate) fn schema(&self) -> Json {
        let mut schema = self.schema_of_domain();
        if self.is_required && schema["type"] == "string" {
            schema["minLength"] = json!(1);
        }
        schema
    }

    fn schema_of_domain(&self) -> Json {
        match self.domain {
            Domain::Text(bytes_max) => json!({ "type": "string", "maxLength": bytes_max }),
            Domain::Id | Domain::Name | Domain::Link => json!({ "type": "string" }),
            Domain::Path => path(&["inventory.ne1", r#"hosts."10.0.0.1".name"#]),
            Domain::Root => path(&["inventory"]),
            Domain::Pattern => pattern(),
            Domain::Patterns => json!({ "type": "array", "items": pattern(), "minItems": 1 }),
            Domain::Number(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
            Domain::Flag => json!({ "type": "boolean", "default": false }),
            Domain::State => json!({
                "type": "string", "examples": ["3", "-1", "good", "2026-03-01T12:00:00Z"],
            }),
            Domain::Time => json!({ "type": "string", "format": "date-time" }),
            Domain::Position => json!({ "type": "string", "examples": ["5f3c9d2a81b04e67.0:5"] }),
            Domain::ETags => json!({ "type": "string", "examples": ["*", "\"5f3c9d2a.0-1\""] }),
            Domain::Key => json!({
                "type": "string", "pattern": "^[ -~]+$", "minLength": 1, "maxLength": IDEMPOTENCY_KEY_BYTES_MAX,
            }),
            Domain::Steps => json!({ "type": "integer", "not": { "const": 0 } }),
        }
    }
}

fn path(examples: &[&str]) -> Json {
    json!({ "type": "string", "maxLength": PATH_BYTES_MAX, "examples": examples })
}

fn pattern() -> Json {
    json!({ "type": "string", "maxLength": PATTERN_BYTES_MAX, "examples": ["inventory.*.mtu"] })
}

/// What every command takes that refuses what it does not know.
pub(crate) static ALWAYS: [Argument; 3] = [TEGA_ID, MESSAGE, TEGA_MESSAGE];

pub(crate) const TEGA_ID: Argument = Argument::query(
    "tega_id",
    Domain::Text(CHANNEL_BYTES_MAX),
    "Who asks; the name is proven while a session of that name is open.",
);

pub(crate) const MESSAGE: Argument =
    Argument::query("message", Domain::Text(MESSAGE_BYTES_MAX), "Why, where something is committed; the log keeps it.");

pub(crate) const TEGA_MESSAGE: Argument = Argument::header(
    "tega-message",
    Domain::Text(MESSAGE_BYTES_MAX),
    "Why, as `message` says it; `message` goes before it.",
);

pub(crate) const IDEMPOTENCY_KEY: Argument = Argument::header(
    "Idempotency-Key",
    Domain::Key,
    "Marks a write that may be sent again: a repeated request with the same key and content is answered as the first was, and \
     changes nothing; the same key with other content is refused with 422.",
);

pub(crate) const PATH: Argument =
    Argument::query("path", Domain::Path, "The node: names joined by dots; a name with a dot in it stands in quotes.");

pub(crate) const ROOT: Argument = Argument::query("root", Domain::Root, "The root.");

pub(crate) const ROOT_OID: Argument =
    Argument::query("root_oid", Domain::Root, "The root, as the original's clients name it.");

pub(crate) const PATTERN: Argument = Argument::query(
    "pattern",
    Domain::Pattern,
    "Which nodes: `*` stands for any name, `**` for any number of names at the end.",
);

pub(crate) const LIMIT: Argument = Argument::query(
    "limit",
    Domain::Number(1, PAGE_ENTRIES_MAX as u64),
    "How many entries a page has at most; 100 unless it is given.",
);

pub(crate) const VERSION: Argument = Argument::query(
    "version",
    Domain::State,
    "Which state of the root: a version, a count back such as -1, a tag or a time. Not together with `at`.",
);

pub(crate) const AT: Argument =
    Argument::query("at", Domain::Time, "Which state of the root: that at this time. Not together with `version`.");

pub(crate) const TXID: Argument = Argument::query("txid", Domain::Id, "The open transaction, as `/_begin` named it.");

pub(crate) const ID: Argument =
    Argument::query("id", Domain::Id, "The confirmed commit, as the answer to its transaction named it.");

pub(crate) const NAME: Argument =
    Argument::query("name", Domain::Text(TAG_BYTES_MAX), "The name; it begins with a letter.");

pub(crate) const SINCE: Argument =
    Argument::query("since", Domain::Position, "Where to go on: what happened since this position is told first.");

pub(crate) const PRESENT: Argument = Argument::query(
    "present",
    Domain::Flag,
    "Begins with the nodes as they are. It has no meaning beside a position to go on from.",
);

pub(crate) const LAST_EVENT_ID: Argument = Argument::header(
    "Last-Event-ID",
    Domain::Position,
    "As `since`, before which it goes; browsers send it by themselves.",
);

/// Of an answer.
pub(crate) const POSITION: Argument =
    Argument::header("tega-position", Domain::Position, "The state that the write led to, or that is answered with.");

/// Of an answer.
pub(crate) const REPLAYED: Argument =
    Argument::header("Idempotency-Replayed", Domain::Flag, "`true` where the request of this key was made before.");
