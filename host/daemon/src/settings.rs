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

    /// How long requests under way may take to finish once the daemon is told to stop, in milliseconds. [default: 10000]
    #[arg(long, env = "TEGA_DRAIN_MS", value_name = "MS")]
    pub drain_ms: Option<u64>,

    /// The size from which on a segment of the commit log takes no further batch, in bytes. [default: 67108864]
    #[arg(long, env = "TEGA_SEGMENT_BYTES_MAX", value_name = "BYTES")]
    pub segment_bytes_max: Option<u64>,
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
            drain_ms: self.drain_ms.or(other.drain_ms),
            segment_bytes_max: self.segment_bytes_max.or(other.segment_bytes_max),
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
