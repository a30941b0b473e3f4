//! The settings resolved: what the daemon is started with.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tega_engine::Durability;
use tega_net::NetOptions;
use tega_plugin_host::{Compiler, HostOptions};

use crate::settings::{DurabilityLevel, LogFormat};
use crate::{Settings, process};

/// How long acknowledged writes may not be on the medium yet under the durability `interval`, unless set, in milliseconds: as
/// long as most databases with such a level take.
const SYNC_INTERVAL_MS_DEFAULT: u64 = 1000;

/// Settings that don't make a configuration. Its text names the file and the key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file of settings can't be read.
    #[error("the file of settings {} can't be read", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The file of settings is not of its form.
    #[error("the file of settings {} is not right", file.display())]
    Form {
        /// The file.
        file: PathBuf,
        /// What is wrong, with line and key.
        #[source]
        source: Box<toml::de::Error>,
    },
}

/// What the daemon is started with.
#[derive(Clone, Debug)]
pub struct Config {
    /// The folder of the database.
    pub data: PathBuf,
    /// Where to listen.
    pub address: SocketAddr,
    /// Which plugins are loaded, and how.
    pub plugins: HostOptions,
    /// The link to a global node.
    pub link: LinkConfig,
    /// What is logged.
    pub log: String,
    /// How the log is written.
    pub log_format: LogFormat,
    /// How the network is served.
    pub net: NetOptions,
    /// How the database is opened.
    pub engine: tega_engine::Options,
}

/// What the link to a global node is started with, not yet checked.
#[derive(Clone, Debug, Default)]
pub struct LinkConfig {
    /// The URL of the global node; none for a node without a link.
    pub global: Option<String>,
    /// The roots that come down.
    pub config_roots: Vec<String>,
    /// The roots that go up.
    pub operational_roots: Vec<String>,
}

impl Config {
    /// The configuration that settings make, with those of the file they name.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn load(settings: Settings) -> Result<Self, ConfigError> {
        let Some(file) = settings.config.clone() else {
            return Ok(Self::from(settings));
        };
        let text = std::fs::read_to_string(&file).map_err(|source| ConfigError::Read { file: file.clone(), source })?;
        let from_file: Settings =
            toml::from_str(&text).map_err(|source| ConfigError::Form { file, source: Box::new(source) })?;
        Ok(Self::from(settings.or(from_file)))
    }
}

/// The configuration without a file.
impl From<Settings> for Config {
    fn from(settings: Settings) -> Self {
        let (address, net, engine) = (settings.address(), net_options(&settings), engine_options(&settings));
        let data = settings.data.clone().unwrap_or_else(|| PathBuf::from("tega-data"));
        Self {
            address,
            plugins: plugin_options(&settings, &data),
            data,
            link: LinkConfig {
                global: settings.global,
                config_roots: settings.config_root.unwrap_or_default(),
                operational_roots: settings.operational_root.unwrap_or_default(),
            },
            log: settings.log.unwrap_or_else(|| "info".to_owned()),
            log_format: settings.log_format.unwrap_or_default(),
            net,
            engine,
        }
    }
}

fn net_options(settings: &Settings) -> NetOptions {
    let net = NetOptions::default();
    NetOptions {
        server_id: settings.tega_id.clone().unwrap_or(net.server_id),
        cors_origins: settings.cors_origin.clone().unwrap_or(net.cors_origins),
        process: net.process,
        connections_max: settings.connections_max.unwrap_or(net.connections_max),
        connections_per_address_max: settings.connections_per_address_max.unwrap_or(net.connections_per_address_max),
        requests_max: settings.requests_max.unwrap_or(net.requests_max),
        streams_max: settings.streams_max.unwrap_or(net.streams_max),
        idle_ms_max: settings.idle_ms_max.unwrap_or(net.idle_ms_max),
        head_bytes_max: settings.head_bytes_max.unwrap_or(net.head_bytes_max),
        head_read_ms_max: settings.head_read_ms_max.unwrap_or(net.head_read_ms_max),
        path_bytes_max: settings.path_bytes_max.unwrap_or(net.path_bytes_max),
        body_bytes_max: settings.body_bytes_max.unwrap_or(net.body_bytes_max),
        body_grace_ms: settings.body_grace_ms.unwrap_or(net.body_grace_ms),
        body_bytes_per_ms_min: settings.body_bytes_per_ms_min.unwrap_or(net.body_bytes_per_ms_min),
        intake_bytes_max: settings.intake_bytes_max.unwrap_or(net.intake_bytes_max),
        write_stall_ms_max: settings.write_stall_ms_max.unwrap_or(net.write_stall_ms_max),
        frame_bytes_max: settings.frame_bytes_max.unwrap_or(net.frame_bytes_max),
        frame_read_ms_max: settings.frame_read_ms_max.unwrap_or(net.frame_read_ms_max),
        subscriptions_max: settings.subscriptions_max.unwrap_or(net.subscriptions_max),
        regex_subscriptions_max: settings.regex_subscriptions_max.unwrap_or(net.regex_subscriptions_max),
        calls_under_way_max: settings.calls_under_way_max.unwrap_or(net.calls_under_way_max),
        calls_asked_max: settings.calls_asked_max.unwrap_or(net.calls_asked_max),
        ping_ms: settings.ping_ms.unwrap_or(net.ping_ms),
        pings_unanswered_max: settings.pings_unanswered_max.unwrap_or(net.pings_unanswered_max),
        keep_alive_ms: settings.keep_alive_ms.unwrap_or(net.keep_alive_ms),
        open_transactions_max: settings.open_transactions_max.unwrap_or(net.open_transactions_max),
        open_transactions_per_name_max: settings
            .open_transactions_per_name_max
            .unwrap_or(net.open_transactions_per_name_max),
        open_transactions_bytes_max: settings.open_transactions_bytes_max.unwrap_or(net.open_transactions_bytes_max),
        transaction_life_ms: settings.transaction_life_ms.unwrap_or(net.transaction_life_ms),
        backups_max: settings.backups_max.unwrap_or(net.backups_max),
        drain_ms: settings.drain_ms.unwrap_or(net.drain_ms),
    }
}

fn plugin_options(settings: &Settings, data: &Path) -> HostOptions {
    let options = HostOptions::default();
    let folders = settings.plugins.clone().unwrap_or_default();
    // Without plugins there is nothing to keep.
    let state_folder = (!folders.is_empty()).then(|| data.join("plugins"));
    HostOptions {
        folders,
        instances: settings.plugin_instances.unwrap_or(options.instances),
        total_memory_bytes: settings.plugin_memory_bytes_max.unwrap_or(options.total_memory_bytes),
        state_folder,
        compiler: Compiler::Child { program: process::program() },
        compile_ms_max: settings.plugin_compile_ms_max.unwrap_or(options.compile_ms_max),
        compile_bytes_max: settings.plugin_compile_bytes_max.unwrap_or(options.compile_bytes_max),
        cache_bytes_max: settings.plugin_cache_bytes_max.unwrap_or(options.cache_bytes_max),
        environment: process::variable,
    }
}

fn engine_options(settings: &Settings) -> tega_engine::Options {
    let mut options = tega_engine::Options::default();
    let interval = Duration::from_millis(settings.sync_interval_ms.unwrap_or(SYNC_INTERVAL_MS_DEFAULT));
    options.durability = match settings.durability.unwrap_or_default() {
        DurabilityLevel::Always => Durability::Always,
        DurabilityLevel::Interval => Durability::Interval(interval),
        DurabilityLevel::Never => Durability::Never,
    };
    options.segment_bytes_max = settings.segment_bytes_max.unwrap_or(options.segment_bytes_max);
    options.snapshot_log_bytes = settings.snapshot_log_bytes.unwrap_or(options.snapshot_log_bytes);
    options.history.versions = settings.history_versions.unwrap_or(options.history.versions);
    options.history.bytes = settings.history_bytes.unwrap_or(options.history.bytes);
    options.retention.bytes = settings.log_bytes_max.or(options.retention.bytes);
    options.retention.segments = settings.log_segments_max.or(options.retention.segments);
    let age = settings.log_age_hours_max.map(|hours| Duration::from_secs(hours.saturating_mul(60 * 60)));
    options.retention.age = age.or(options.retention.age);
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(settings: Settings, file: &str) -> Result<Config, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tega.toml");
        std::fs::write(&path, file).unwrap();
        Config::load(Settings { config: Some(path), ..settings })
    }

    #[test]
    fn a_flag_wins_over_the_file_and_the_file_over_the_default() {
        let flags = Settings { port: Some(1), ..Settings::default() };
        let config = load(flags, "listen = \"0.0.0.0:2\"\ndata = \"x\"\nplugins = [\"p\", \"q\"]\n").unwrap();
        assert_eq!(config.address.to_string(), "0.0.0.0:1");
        assert_eq!((config.data, config.plugins.folders.len()), (PathBuf::from("x"), 2));
        let flags = Settings { listen: "127.0.0.1:5".parse().ok(), ..Settings::default() };
        assert_eq!(load(flags, "port = 6\n").unwrap().address.port(), 5);
        assert_eq!(load(Settings::default(), "").unwrap().address.to_string(), "127.0.0.1:8739");
    }

    #[test]
    fn a_link_can_be_set_in_the_file() {
        let file = "global = \"ws://g:1\"\nconfig_root = [\"a\", \"b,c\"]\noperational_root = [\"d\"]\n";
        let flags = Settings { operational_root: Some(vec!["e".to_owned()]), ..Settings::default() };
        let link = load(flags, file).unwrap().link;
        assert_eq!(link.global.as_deref(), Some("ws://g:1"));
        assert_eq!((link.config_roots, link.operational_roots), (vec!["a".into(), "b,c".into()], vec!["e".to_owned()]));
    }

    #[test]
    fn origins_can_be_set_in_the_file_and_by_flag() {
        let file = "cors_origin = [\"https://a.example\", \"https://b.example\"]\n";
        let origins = load(Settings::default(), file).unwrap().net.cors_origins;
        assert_eq!(origins, ["https://a.example", "https://b.example"]);
        let flags = Settings { cors_origin: Some(vec!["https://c.example".to_owned()]), ..Settings::default() };
        assert_eq!(load(flags, file).unwrap().net.cors_origins, ["https://c.example"]);
        assert!(Config::from(Settings::default()).net.cors_origins.is_empty());
    }

    #[test]
    fn a_file_with_an_unknown_key_or_none_at_all_is_named() {
        let error = load(Settings::default(), "data = \"x\"\nlissten = \"y\"\n").unwrap_err();
        let error = format!("{:#}", anyhow::Error::from(error));
        assert!(error.contains("tega.toml") && error.contains("lissten") && error.contains("line 2"), "{error}");
        let missing = Settings { config: Some("/nowhere/tega.toml".into()), ..Settings::default() };
        let error = Config::load(missing).unwrap_err().to_string();
        assert!(error.contains("/nowhere/tega.toml"), "{error}");
    }
}
