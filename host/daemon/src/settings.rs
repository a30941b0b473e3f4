//! What can be set, each thing described once: as a flag, as a variable of the environment, and in the file.
//!
//! A flag wins over the environment, the environment over the file, the file over the default.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use serde::Deserialize;

/// The settings of `tega serve`. In the file (TOML) they have the long flag's name with `_` for `-`; relative paths there are
/// taken from where the daemon was started.
#[derive(Clone, Debug, Default, clap::Args, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// File of settings (TOML). What is set here by flag or environment wins over it.
    #[arg(long, short = 'c', env = "TEGA_CONFIG", value_name = "FILE")]
    #[serde(skip)]
    pub config: Option<PathBuf>,

    /// Folder of the database; made if it is missing. [default: ./tega-data]
    #[arg(long, short = 'd', env = "TEGA_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,

    /// Address and port to listen on; port 0 takes a free one. [default: 127.0.0.1:8739]
    #[arg(long, env = "TEGA_LISTEN", value_name = "ADDR:PORT")]
    pub listen: Option<SocketAddr>,

    /// Port to listen on, at the address of --listen, whose port it replaces.
    #[arg(long, short = 'p', value_name = "PORT")]
    pub port: Option<u16>,

    /// Folder of plugins (*.wasm, each with its settings in a *.toml of the same name); can be given several times. Without
    /// one, no plugins are loaded.
    #[arg(long, short = 'e', env = "TEGA_PLUGINS", value_name = "DIR", value_delimiter = ':')]
    pub plugins: Option<Vec<PathBuf>>,

    /// The node's id, which it gives to sessions and to the global node. [default: tega]
    #[arg(long, short = 't', env = "TEGA_ID", value_name = "ID")]
    pub tega_id: Option<String>,

    /// Global node to link with: ws://HOST:PORT. It is dialled until it answers, and again whenever the connection ends.
    #[arg(long, env = "TEGA_GLOBAL", value_name = "URL")]
    pub global: Option<String>,

    /// Root that lives at the global node and is copied down to this one; can be given several times. Needs --global.
    #[arg(long, env = "TEGA_CONFIG_ROOT", value_name = "NAME", value_delimiter = ',')]
    pub config_root: Option<Vec<String>>,

    /// Root that lives at this node and is copied up to the global one; can be given several times. Needs --global.
    #[arg(long, env = "TEGA_OPERATIONAL_ROOT", value_name = "NAME", value_delimiter = ',')]
    pub operational_root: Option<Vec<String>>,

    /// What is logged: error, warn, info, debug or trace, or a filter such as info,tega_net=debug. [default: info]
    #[arg(long, short = 'L', env = "TEGA_LOG", value_name = "FILTER")]
    pub log: Option<String>,

    /// How the log is written. [default: text]
    #[arg(long, env = "TEGA_LOG_FORMAT", value_name = "FORMAT")]
    pub log_format: Option<LogFormat>,

    /// The largest body of a request, in bytes. [default: 104857600]
    #[arg(long, env = "TEGA_BODY_BYTES_MAX", value_name = "BYTES")]
    pub body_bytes_max: Option<usize>,

    /// The most connections at once. [default: 10000]
    #[arg(long, env = "TEGA_CONNECTIONS_MAX", value_name = "COUNT")]
    pub connections_max: Option<usize>,

    /// The most connections of one address at once; of IPv6, of the addresses with the same first 64 bits. [default: 5000]
    #[arg(long, env = "TEGA_CONNECTIONS_PER_ADDRESS_MAX", value_name = "COUNT")]
    pub connections_per_address_max: Option<usize>,

    /// The most requests under way at once; a watch or a WebSocket that stands is none. [default: 2048]
    #[arg(long, env = "TEGA_REQUESTS_MAX", value_name = "COUNT")]
    pub requests_max: Option<usize>,

    /// The most requests under way at once on one HTTP/2 connection. [default: 200]
    #[arg(long, env = "TEGA_STREAMS_MAX", value_name = "COUNT")]
    pub streams_max: Option<usize>,

    /// How long a connection may have no request under way, in milliseconds. [default: 60000]
    #[arg(long, env = "TEGA_IDLE_MS_MAX", value_name = "MS")]
    pub idle_ms_max: Option<u64>,

    /// The largest head of a request, its line and its headers, in bytes. [default: 65536]
    #[arg(long, env = "TEGA_HEAD_BYTES_MAX", value_name = "BYTES")]
    pub head_bytes_max: Option<usize>,

    /// How long the head of a request may take, counted from the connection or the last answer, in milliseconds. [default: 30000]
    #[arg(long, env = "TEGA_HEAD_READ_MS_MAX", value_name = "MS")]
    pub head_read_ms_max: Option<u64>,

    /// The longest path in a URL, in bytes as it is sent. [default: 8192]
    #[arg(long, env = "TEGA_PATH_BYTES_MAX", value_name = "BYTES")]
    pub path_bytes_max: Option<usize>,

    /// How long a body may take whatever its length, and in which a longer one has to get on, in milliseconds. [default: 30000]
    #[arg(long, env = "TEGA_BODY_GRACE_MS", value_name = "MS")]
    pub body_grace_ms: Option<u64>,

    /// How fast a body that takes longer than that has to come, in bytes in a millisecond. [default: 1]
    #[arg(long, env = "TEGA_BODY_BYTES_PER_MS_MIN", value_name = "BYTES")]
    pub body_bytes_per_ms_min: Option<u64>,

    /// What all bodies and frames that are being received may hold together, in bytes; at least --body-bytes-max. [default: 268435456]
    #[arg(long, env = "TEGA_INTAKE_BYTES_MAX", value_name = "BYTES")]
    pub intake_bytes_max: Option<usize>,

    /// How long a peer may take nothing of what it is sent, in milliseconds. [default: 20000]
    #[arg(long, env = "TEGA_WRITE_STALL_MS_MAX", value_name = "MS")]
    pub write_stall_ms_max: Option<u64>,

    /// The largest frame from a WebSocket, in bytes; nodes may send larger ones. [default: 1052672]
    #[arg(long, env = "TEGA_FRAME_BYTES_MAX", value_name = "BYTES")]
    pub frame_bytes_max: Option<usize>,

    /// How long a frame from a WebSocket may take to come whole, in milliseconds. [default: 90000]
    #[arg(long, env = "TEGA_FRAME_READ_MS_MAX", value_name = "MS")]
    pub frame_read_ms_max: Option<u64>,

    /// The most subscriptions of one WebSocket. [default: 1024]
    #[arg(long, env = "TEGA_SUBSCRIPTIONS_MAX", value_name = "COUNT")]
    pub subscriptions_max: Option<usize>,

    /// The most of them that are regular expressions. [default: 64]
    #[arg(long, env = "TEGA_REGEX_SUBSCRIPTIONS_MAX", value_name = "COUNT")]
    pub regex_subscriptions_max: Option<usize>,

    /// The most calls that one WebSocket may have under way. [default: 64]
    #[arg(long, env = "TEGA_CALLS_UNDER_WAY_MAX", value_name = "COUNT")]
    pub calls_under_way_max: Option<usize>,

    /// The most calls that one WebSocket may have been asked and not answered. [default: 1024]
    #[arg(long, env = "TEGA_CALLS_ASKED_MAX", value_name = "COUNT")]
    pub calls_asked_max: Option<usize>,

    /// How long a WebSocket, or an HTTP/2 connection, may be quiet before it is sent a ping, in milliseconds. [default: 30000]
    #[arg(long, env = "TEGA_PING_MS", value_name = "MS")]
    pub ping_ms: Option<u64>,

    /// How many pings a WebSocket may leave unanswered. [default: 2]
    #[arg(long, env = "TEGA_PINGS_UNANSWERED_MAX", value_name = "COUNT")]
    pub pings_unanswered_max: Option<u32>,

    /// How long a stream of events may be quiet before it is sent a comment, in milliseconds: less than proxies wait. [default: 15000]
    #[arg(long, env = "TEGA_KEEP_ALIVE_MS", value_name = "MS")]
    pub keep_alive_ms: Option<u64>,

    /// The most transactions open at once between /_begin and /_commit. [default: 1024]
    #[arg(long, env = "TEGA_OPEN_TRANSACTIONS_MAX", value_name = "COUNT")]
    pub open_transactions_max: Option<usize>,

    /// The most of them of one tega_id. [default: 256]
    #[arg(long, env = "TEGA_OPEN_TRANSACTIONS_PER_NAME_MAX", value_name = "COUNT")]
    pub open_transactions_per_name_max: Option<usize>,

    /// What all of them may hold together, in bytes. [default: 268435456]
    #[arg(long, env = "TEGA_OPEN_TRANSACTIONS_BYTES_MAX", value_name = "BYTES")]
    pub open_transactions_bytes_max: Option<usize>,

    /// How long a transaction may be open, in milliseconds. [default: 600000]
    #[arg(long, env = "TEGA_TRANSACTION_LIFE_MS", value_name = "MS")]
    pub transaction_life_ms: Option<u64>,

    /// The most backups that are read at once. [default: 2]
    #[arg(long, env = "TEGA_BACKUPS_MAX", value_name = "COUNT")]
    pub backups_max: Option<usize>,

    /// How long requests under way may take to finish once the daemon is told to stop, in milliseconds. [default: 10000]
    #[arg(long, env = "TEGA_DRAIN_MS", value_name = "MS")]
    pub drain_ms: Option<u64>,

    /// Origin whose pages browsers let use this server: https://console.example.net; can be given several times. [default: none]
    #[arg(long, env = "TEGA_CORS_ORIGIN", value_name = "ORIGIN", value_delimiter = ',')]
    pub cors_origin: Option<Vec<String>>,

    /// The size from which on a segment of the commit log takes no further batch, in bytes. [default: 67108864]
    #[arg(long, env = "TEGA_SEGMENT_BYTES_MAX", value_name = "BYTES")]
    pub segment_bytes_max: Option<u64>,

    /// When a write is acknowledged. always: once it is on the medium, so it survives power loss. interval: once it is handed
    /// to the system; power loss takes at most what was acknowledged in the last --sync-interval-ms. never: the same, without
    /// that bound. Whichever it is, a kill of the daemon takes nothing that was acknowledged. [default: always]
    #[arg(long, env = "TEGA_DURABILITY", value_name = "LEVEL")]
    pub durability: Option<DurabilityLevel>,

    /// The longest time that an acknowledged write may not be on the medium yet, in milliseconds; needs --durability interval.
    /// [default: 1000]
    #[arg(long, env = "TEGA_SYNC_INTERVAL_MS", value_name = "MS")]
    pub sync_interval_ms: Option<u64>,

    /// The states of each root that stay readable beside the present one. [default: 100]
    #[arg(long, env = "TEGA_HISTORY_VERSIONS", value_name = "COUNT")]
    pub history_versions: Option<usize>,

    /// The memory that those of one root may take, in bytes, about. [default: 67108864]
    #[arg(long, env = "TEGA_HISTORY_BYTES", value_name = "BYTES")]
    pub history_bytes: Option<usize>,

    /// The bytes of commit log after which a snapshot is written. [default: 67108864]
    #[arg(long, env = "TEGA_SNAPSHOT_LOG_BYTES", value_name = "BYTES")]
    pub snapshot_log_bytes: Option<u64>,

    /// The commit log that is kept, in bytes; segments past it are removed once two snapshots cover them, the oldest first.
    /// [default: 268435456]
    #[arg(long, env = "TEGA_LOG_BYTES_MAX", value_name = "BYTES")]
    pub log_bytes_max: Option<u64>,

    /// The segments of commit log that are kept. [default: as many as --log-bytes-max takes]
    #[arg(long, env = "TEGA_LOG_SEGMENTS_MAX", value_name = "COUNT")]
    pub log_segments_max: Option<usize>,

    /// How old commits may get in the log, in hours. [default: any age]
    #[arg(long, env = "TEGA_LOG_AGE_HOURS_MAX", value_name = "HOURS")]
    pub log_age_hours_max: Option<u64>,

    /// The instances that a plugin may have at once, unless its *.toml says; also the threads for plugins that run long.
    /// [default: as many as there are cores]
    #[arg(long, env = "TEGA_PLUGIN_INSTANCES", value_name = "COUNT")]
    pub plugin_instances: Option<usize>,

    /// The memory of all instances of plugins together, in bytes. [default: 536870912]
    #[arg(long, env = "TEGA_PLUGIN_MEMORY_BYTES_MAX", value_name = "BYTES")]
    pub plugin_memory_bytes_max: Option<usize>,

    /// How long compiling a plugin may take, in milliseconds. [default: 120000]
    #[arg(long, env = "TEGA_PLUGIN_COMPILE_MS_MAX", value_name = "MS")]
    pub plugin_compile_ms_max: Option<u64>,

    /// The memory that compiling a plugin may take, in bytes. [default: 2147483648]
    #[arg(long, env = "TEGA_PLUGIN_COMPILE_BYTES_MAX", value_name = "BYTES")]
    pub plugin_compile_bytes_max: Option<u64>,

    /// The compiled code of plugins that is kept, in bytes; what was not used for longest goes first. [default: 536870912]
    #[arg(long, env = "TEGA_PLUGIN_CACHE_BYTES_MAX", value_name = "BYTES")]
    pub plugin_cache_bytes_max: Option<u64>,
}

/// When a write is acknowledged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DurabilityLevel {
    /// Once it is on the medium.
    #[default]
    Always,
    /// Once it is handed to the system, which is made to write it out at intervals.
    Interval,
    /// Once it is handed to the system.
    Never,
}

/// How the daemon's log is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Lines for a terminal.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

impl Settings {
    /// These settings, and where one is not set, that of `other`.
    #[must_use]
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            config: self.config.or(other.config),
            data: self.data.or(other.data),
            // A port alone goes with the address of the other, and an address that was given wins over a port that was not.
            port: self.port.or(if self.listen.is_some() { None } else { other.port }),
            listen: self.listen.or(other.listen),
            plugins: self.plugins.or(other.plugins),
            tega_id: self.tega_id.or(other.tega_id),
            global: self.global.or(other.global),
            config_root: self.config_root.or(other.config_root),
            operational_root: self.operational_root.or(other.operational_root),
            log: self.log.or(other.log),
            log_format: self.log_format.or(other.log_format),
            body_bytes_max: self.body_bytes_max.or(other.body_bytes_max),
            connections_max: self.connections_max.or(other.connections_max),
            connections_per_address_max: self.connections_per_address_max.or(other.connections_per_address_max),
            requests_max: self.requests_max.or(other.requests_max),
            streams_max: self.streams_max.or(other.streams_max),
            idle_ms_max: self.idle_ms_max.or(other.idle_ms_max),
            head_bytes_max: self.head_bytes_max.or(other.head_bytes_max),
            head_read_ms_max: self.head_read_ms_max.or(other.head_read_ms_max),
            path_bytes_max: self.path_bytes_max.or(other.path_bytes_max),
            body_grace_ms: self.body_grace_ms.or(other.body_grace_ms),
            body_bytes_per_ms_min: self.body_bytes_per_ms_min.or(other.body_bytes_per_ms_min),
            intake_bytes_max: self.intake_bytes_max.or(other.intake_bytes_max),
            write_stall_ms_max: self.write_stall_ms_max.or(other.write_stall_ms_max),
            frame_bytes_max: self.frame_bytes_max.or(other.frame_bytes_max),
            frame_read_ms_max: self.frame_read_ms_max.or(other.frame_read_ms_max),
            subscriptions_max: self.subscriptions_max.or(other.subscriptions_max),
            regex_subscriptions_max: self.regex_subscriptions_max.or(other.regex_subscriptions_max),
            calls_under_way_max: self.calls_under_way_max.or(other.calls_under_way_max),
            calls_asked_max: self.calls_asked_max.or(other.calls_asked_max),
            ping_ms: self.ping_ms.or(other.ping_ms),
            pings_unanswered_max: self.pings_unanswered_max.or(other.pings_unanswered_max),
            keep_alive_ms: self.keep_alive_ms.or(other.keep_alive_ms),
            open_transactions_max: self.open_transactions_max.or(other.open_transactions_max),
            open_transactions_per_name_max: self
                .open_transactions_per_name_max
                .or(other.open_transactions_per_name_max),
            open_transactions_bytes_max: self.open_transactions_bytes_max.or(other.open_transactions_bytes_max),
            transaction_life_ms: self.transaction_life_ms.or(other.transaction_life_ms),
            backups_max: self.backups_max.or(other.backups_max),
            drain_ms: self.drain_ms.or(other.drain_ms),
            cors_origin: self.cors_origin.or(other.cors_origin),
            segment_bytes_max: self.segment_bytes_max.or(other.segment_bytes_max),
            durability: self.durability.or(other.durability),
            sync_interval_ms: self.sync_interval_ms.or(other.sync_interval_ms),
            history_versions: self.history_versions.or(other.history_versions),
            history_bytes: self.history_bytes.or(other.history_bytes),
            snapshot_log_bytes: self.snapshot_log_bytes.or(other.snapshot_log_bytes),
            log_bytes_max: self.log_bytes_max.or(other.log_bytes_max),
            log_segments_max: self.log_segments_max.or(other.log_segments_max),
            log_age_hours_max: self.log_age_hours_max.or(other.log_age_hours_max),
            plugin_instances: self.plugin_instances.or(other.plugin_instances),
            plugin_memory_bytes_max: self.plugin_memory_bytes_max.or(other.plugin_memory_bytes_max),
            plugin_compile_ms_max: self.plugin_compile_ms_max.or(other.plugin_compile_ms_max),
            plugin_compile_bytes_max: self.plugin_compile_bytes_max.or(other.plugin_compile_bytes_max),
            plugin_cache_bytes_max: self.plugin_cache_bytes_max.or(other.plugin_cache_bytes_max),
        }
    }

    /// The address and port to listen on.
    pub(crate) fn address(&self) -> SocketAddr {
        let mut address = self.listen.unwrap_or(SocketAddr::new(IpAddr::from([127, 0, 0, 1]), 8739));
        if let Some(port) = self.port {
            address.set_port(port);
        }
        address
    }
}

#[cfg(test)]
mod tests;
