//! What an operator may set of the network.

use crate::request::cors;
use crate::{ProcessFacts, ServeError, limits};

/// The longest time that can be set, in milliseconds: 31 days.
const MS_MAX: u64 = 31 * 24 * 60 * 60 * 1000;
/// The most of anything that is counted: what a process can have open, and more.
const COUNT_MAX: u64 = 1 << 20;
/// The most bytes of one thing: what the JSON of one commit can't reach.
const BYTES_MAX: u64 = 1 << 30;
/// The most bytes of all things of a kind together.
const ALL_BYTES_MAX: u64 = 1 << 40;

/// How to serve. Times are in milliseconds, sizes in bytes. [`limits`] says why the defaults are what they are.
#[derive(Clone, Debug)]
pub struct NetOptions {
    /// The server's id, which WebSocket clients are told: one word. Default `tega`.
    pub server_id: String,
    /// The origins whose pages browsers let use this server: `https://console.example.net`. None, unless set.
    pub cors_origins: Vec<String>,
    /// Asks the system about the process, for `/_metrics`; it may block. None: nothing of it is shown.
    pub process: Option<fn() -> ProcessFacts>,
    /// Connections at once, WebSockets included.
    pub connections_max: usize,
    /// Connections of one address at once; of IPv6, of the addresses with the same first 64 bits.
    pub connections_per_address_max: usize,
    /// Requests under way at once, until their answer begins: watches and WebSockets that stand don't count.
    pub requests_max: usize,
    /// Requests under way at once on one HTTP/2 connection.
    pub streams_max: usize,
    /// A connection on which no request was under way for so long is closed.
    pub idle_ms_max: u64,
    /// The largest head of a request (its line and headers); at least [`limits::HEAD_BYTES_MAX_LEAST`].
    pub head_bytes_max: usize,
    /// Until the head of a request is there, counted from the connection or the last answer.
    pub head_read_ms_max: u64,
    /// The longest path in a URL, as it is sent; at most [`limits::URL_PATH_BYTES_MAX`].
    pub path_bytes_max: usize,
    /// The largest body of a request.
    pub body_bytes_max: usize,
    /// How long a body may take whatever its length, and in which a longer one has to get on.
    pub body_grace_ms: u64,
    /// How fast a body that takes longer has to come, in bytes in a millisecond.
    pub body_bytes_per_ms_min: u64,
    /// What all bodies and frames that are being read may hold together; at least `body_bytes_max`.
    pub intake_bytes_max: usize,
    /// How long a peer may leave an answer or a frame unread without taking one byte of it.
    pub write_stall_ms_max: u64,
    /// The largest frame from a WebSocket. Nodes may send larger ones.
    pub frame_bytes_max: usize,
    /// How long a frame may take to come whole.
    pub frame_read_ms_max: u64,
    /// Subscriptions of one WebSocket.
    pub subscriptions_max: usize,
    /// Those of them that are regular expressions.
    pub regex_subscriptions_max: usize,
    /// Calls that one WebSocket may have under way.
    pub calls_under_way_max: usize,
    /// Calls that one WebSocket may have been asked and not answered.
    pub calls_asked_max: usize,
    /// A WebSocket that was quiet for so long is sent a ping, and so is an HTTP/2 connection.
    pub ping_ms: u64,
    /// A WebSocket that left so many pings unanswered is closed.
    pub pings_unanswered_max: u32,
    /// A stream of events that was quiet for so long is sent a comment; a watcher that was passed over for so long a bookmark.
    pub keep_alive_ms: u64,
    /// Transactions that may be open between `/_begin` and `/_commit`.
    pub open_transactions_max: usize,
    /// Those of one name.
    pub open_transactions_per_name_max: usize,
    /// What all of them may hold together.
    pub open_transactions_bytes_max: usize,
    /// How long a transaction may be open between `/_begin` and `/_commit`.
    pub transaction_life_ms: u64,
    /// Backups that may be read at once.
    pub backups_max: usize,
    /// How long requests under way may take when the server stops.
    pub drain_ms: u64,
}

/// A number that can be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its name, as the field of [`NetOptions`] has it.
    pub name: &'static str,
    /// What it is set to.
    pub value: u64,
    /// The least that it may be.
    pub least: u64,
    /// The most that it may be.
    pub most: u64,
}

impl NetOptions {
    /// The numbers, each with what it may be, in the order of the fields.
    #[must_use]
    pub fn settings(&self) -> Vec<Setting> {
        let number = |name, value, least, most| Setting { name, value, least, most };
        let count = |name, value: usize| number(name, value as u64, 1, COUNT_MAX);
        let ms = |name, value| number(name, value, 1, MS_MAX);
        let bytes = |name, value: usize, least: usize| number(name, value as u64, least as u64, BYTES_MAX);
        let all_bytes = |name, value: usize, least: usize| number(name, value as u64, least as u64, ALL_BYTES_MAX);
        vec![
            count("connections_max", self.connections_max),
            count("connections_per_address_max", self.connections_per_address_max),
            count("requests_max", self.requests_max),
            count("streams_max", self.streams_max),
            ms("idle_ms_max", self.idle_ms_max),
            bytes("head_bytes_max", self.head_bytes_max, limits::HEAD_BYTES_MAX_LEAST),
            ms("head_read_ms_max", self.head_read_ms_max),
            number("path_bytes_max", self.path_bytes_max as u64, 1, limits::URL_PATH_BYTES_MAX as u64),
            bytes("body_bytes_max", self.body_bytes_max, 1),
            ms("body_grace_ms", self.body_grace_ms),
            number("body_bytes_per_ms_min", self.body_bytes_per_ms_min, 1, BYTES_MAX),
            all_bytes("intake_bytes_max", self.intake_bytes_max, self.body_bytes_max),
            ms("write_stall_ms_max", self.write_stall_ms_max),
            bytes("frame_bytes_max", self.frame_bytes_max, 1),
            ms("frame_read_ms_max", self.frame_read_ms_max),
            count("subscriptions_max", self.subscriptions_max),
            count("regex_subscriptions_max", self.regex_subscriptions_max),
            count("calls_under_way_max", self.calls_under_way_max),
            count("calls_asked_max", self.calls_asked_max),
            ms("ping_ms", self.ping_ms),
            number("pings_unanswered_max", self.pings_unanswered_max.into(), 1, COUNT_MAX),
            ms("keep_alive_ms", self.keep_alive_ms),
            count("open_transactions_max", self.open_transactions_max),
            count("open_transactions_per_name_max", self.open_transactions_per_name_max),
            all_bytes("open_transactions_bytes_max", self.open_transactions_bytes_max, 1),
            ms("transaction_life_ms", self.transaction_life_ms),
            count("backups_max", self.backups_max),
            ms("drain_ms", self.drain_ms),
        ]
    }

    /// Checks that a server can be run with these.
    ///
    /// # Errors
    /// [`ServeError::ServerId`], [`ServeError::CorsOrigin`], [`ServeError::Setting`].
    pub fn check(&self) -> Result<(), ServeError> {
        let id = &self.server_id;
        if id.is_empty() || id.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(ServeError::ServerId { id: id.clone() });
        }
        if let Some(origin) = self.cors_origins.iter().find(|origin| !cors::is_origin(origin)) {
            return Err(ServeError::CorsOrigin { origin: origin.clone() });
        }
        let is_wrong = |setting: &Setting| !(setting.least..=setting.most).contains(&setting.value);
        match self.settings().into_iter().find(is_wrong) {
            Some(setting) => Err(ServeError::Setting { setting }),
            None => Ok(()),
        }
    }
}

impl Default for NetOptions {
    fn default() -> Self {
        Self {
            server_id: "tega".to_owned(),
            cors_origins: Vec::new(),
            process: None,
            connections_max: limits::CONNECTIONS_MAX,
            connections_per_address_max: limits::CONNECTIONS_PER_ADDRESS_MAX,
            requests_max: limits::REQUESTS_MAX,
            streams_max: limits::STREAMS_MAX,
            idle_ms_max: limits::IDLE_MS_MAX,
            head_bytes_max: limits::HEAD_BYTES_MAX,
            head_read_ms_max: limits::HEAD_READ_MS_MAX,
            path_bytes_max: limits::URL_PATH_BYTES_MAX,
            body_bytes_max: limits::BODY_BYTES_MAX,
            body_grace_ms: limits::BODY_GRACE_MS,
            body_bytes_per_ms_min: limits::BODY_BYTES_PER_MS_MIN,
            intake_bytes_max: limits::INTAKE_BYTES_MAX,
            write_stall_ms_max: limits::WRITE_STALL_MS_MAX,
            frame_bytes_max: limits::FRAME_BYTES_MAX,
            frame_read_ms_max: limits::FRAME_READ_MS_MAX,
            subscriptions_max: limits::SUBSCRIPTIONS_MAX,
            regex_subscriptions_max: limits::REGEX_SUBSCRIPTIONS_MAX,
            calls_under_way_max: limits::CALLS_UNDER_WAY_MAX,
            calls_asked_max: limits::CALLS_ASKED_MAX,
            ping_ms: limits::PING_MS,
            pings_unanswered_max: limits::PINGS_UNANSWERED_MAX,
            keep_alive_ms: limits::KEEP_ALIVE_MS,
            open_transactions_max: limits::OPEN_TRANSACTIONS_MAX,
            open_transactions_per_name_max: limits::OPEN_TRANSACTIONS_PER_NAME_MAX,
            open_transactions_bytes_max: limits::OPEN_TRANSACTIONS_BYTES_MAX,
            transaction_life_ms: limits::TRANSACTION_LIFE_MS,
            backups_max: limits::BACKUPS_MAX,
            drain_ms: limits::DRAIN_MS_MAX,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_can_not_be_is_named_with_what_it_may_be() {
        let text = |options: NetOptions| options.check().unwrap_err().to_string();
        assert_eq!(
            text(NetOptions { connections_max: 0, ..NetOptions::default() }),
            "connections_max is 0, and may be from 1 to 1048576"
        );
        assert_eq!(
            text(NetOptions { head_bytes_max: 4096, ..NetOptions::default() }),
            "head_bytes_max is 4096, and may be from 8192 to 1073741824"
        );
        assert_eq!(
            text(NetOptions { body_bytes_max: 1000, intake_bytes_max: 999, ..NetOptions::default() }),
            "intake_bytes_max is 999, and may be from 1000 to 1099511627776"
        );
        assert!(text(NetOptions { ping_ms: u64::MAX, ..NetOptions::default() }).starts_with("ping_ms is "));
        for setting in NetOptions::default().settings() {
            assert!(
                setting.least >= 1 && setting.least <= setting.value && setting.value <= setting.most,
                "{setting:?}"
            );
        }
        assert!(NetOptions::default().check().is_ok());
    }
}
