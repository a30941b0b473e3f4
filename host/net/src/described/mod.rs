//! What is said of each way to use the server: the method, the arguments it takes, what it gives, and how it may be refused.
//!
//! ```text
//! mod.rs        a use
//! argument.rs   an argument, and those that several uses take
//! refusals.rs   the problems that several uses can give
//! ```
//!
//! Invariant: the front page, the OpenAPI document and the check of arguments are made from this and from nothing else.
//! Not here: the uses themselves; they stand with the commands, and with the data.

mod argument;
pub(crate) mod refusals;

use http::Method;

pub(crate) use argument::*;

use crate::answer::problem::Kind;

/// A way to use a command or a path: an HTTP method, with what it takes and gives.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Use {
    /// The HTTP method. What is said of GET is true of HEAD.
    pub(crate) verb: &'static str,
    /// What it is for, as a line.
    what: &'static str,
    /// How it is written, for the front page.
    such_as: &'static str,
    /// What further is to be known, in sentences.
    pub(crate) note: &'static str,
    pub(crate) arguments: &'static [Argument],
    pub(crate) others: Others,
    /// The types of the body with the names of their schemas; the body may be left out where [`Use::is_body_optional`].
    pub(crate) body: &'static [(&'static str, &'static str)],
    pub(crate) is_body_optional: bool,
    /// The status where all is well, if it ever is.
    pub(crate) status: Option<u16>,
    /// What it gives then; nothing where it is empty.
    pub(crate) gives: &'static [Content],
    /// The headers that it gives then.
    pub(crate) headers: &'static [Argument],
    pub(crate) refusals: &'static [&'static [Kind]],
}

/// What becomes of arguments that are not described.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Others {
    /// They are passed over, as the original always did.
    PassedOver,
    /// They are refused; who asks and why is taken.
    Refused,
}

/// What an answer holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// JSON of the schema of a name.
    Json(&'static str),
    /// Plain text.
    Text,
    /// Metrics, as OpenMetrics has them.
    OpenMetrics,
    /// JSON, line by line.
    JsonLines,
    /// Server-sent events, without end.
    Events,
}

impl Use {
    const fn new(verb: &'static str, what: &'static str, such_as: &'static str) -> Self {
        Self {
            verb,
            what,
            such_as,
            note: "",
            arguments: &[],
            others: Others::PassedOver,
            body: &[],
            is_body_optional: false,
            status: Some(200),
            gives: &[],
            headers: &[],
            refusals: &[],
        }
    }

    /// By GET and HEAD.
    pub(crate) const fn get(what: &'static str, such_as: &'static str) -> Self {
        Self::new("GET", what, such_as)
    }

    /// By POST.
    pub(crate) const fn post(what: &'static str, such_as: &'static str) -> Self {
        Self::new("POST", what, such_as)
    }

    /// By PUT.
    pub(crate) const fn put(what: &'static str) -> Self {
        Self::new("PUT", what, "")
    }

    /// By PATCH.
    pub(crate) const fn patch(what: &'static str) -> Self {
        Self::new("PATCH", what, "")
    }

    /// By DELETE.
    pub(crate) const fn delete(what: &'static str, such_as: &'static str) -> Self {
        Self::new("DELETE", what, such_as)
    }

    /// What further is to be known.
    pub(crate) const fn note(mut self, note: &'static str) -> Self {
        self.note = note;
        self
    }

    /// The arguments that it takes; others are passed over.
    pub(crate) const fn takes(mut self, arguments: &'static [Argument]) -> Self {
        self.arguments = arguments;
        self
    }

    /// The arguments that it takes; others are refused.
    pub(crate) const fn takes_only(mut self, arguments: &'static [Argument]) -> Self {
        self.others = Others::Refused;
        self.takes(arguments)
    }

    /// The body that it needs: types with the names of schemas.
    pub(crate) const fn needs_body(mut self, body: &'static [(&'static str, &'static str)]) -> Self {
        self.body = body;
        self
    }

    /// The body that it takes, or none.
    pub(crate) const fn takes_body(mut self, body: &'static [(&'static str, &'static str)]) -> Self {
        self.is_body_optional = true;
        self.needs_body(body)
    }

    /// What it gives.
    pub(crate) const fn gives(mut self, gives: &'static [Content]) -> Self {
        self.gives = gives;
        self
    }

    /// The headers that it gives.
    pub(crate) const fn gives_headers(mut self, headers: &'static [Argument]) -> Self {
        self.headers = headers;
        self
    }

    /// The status of what it gives, where that is not 200.
    pub(crate) const fn ends_with(mut self, status: Option<u16>) -> Self {
        self.status = status;
        self
    }

    /// The problems that it can give beside a fault of the server.
    pub(crate) const fn refuses(mut self, refusals: &'static [&'static [Kind]]) -> Self {
        self.refusals = refusals;
        self
    }

    /// What it is for, in a line.
    pub(crate) fn summary(&self) -> &'static str {
        self.what
    }

    /// The same, with how it is written.
    pub(crate) fn line(&self) -> String {
        let separator = if self.such_as.is_empty() { "" } else { ": " };
        format!("{}{separator}{}", self.what, self.such_as)
    }

    /// Whether a method is this use's.
    pub(crate) fn is_by(&self, method: &Method) -> bool {
        self.verb == method.as_str() || (self.verb == "GET" && *method == Method::HEAD)
    }

    /// All arguments in the URL and headers that it takes.
    pub(crate) fn all_arguments(&self) -> impl Iterator<Item = &'static Argument> {
        let own = self.arguments;
        let always: &[Argument] = if self.others == Others::Refused { &ALWAYS } else { &[] };
        own.iter().chain(always.iter().filter(|always| own.iter().all(|own| own.name != always.name)))
    }

    /// The kinds of problems that it can give, each once.
    pub(crate) fn kinds(&self) -> Vec<Kind> {
        let mut kinds = Vec::new();
        let unasked = if self.verb == "POST" { refusals::UNASKED } else { &[] };
        for kind in self.refusals.iter().chain(&[unasked, refusals::ANY]).copied().flatten() {
            if !kinds.contains(kind) {
                kinds.push(*kind);
            }
        }
        kinds
    }
}
