//! The settings resolved: what the daemon is started with.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use tega_engine::Durability;
use tega_net::NetOptions;

use crate::Settings;
use crate::settings::{DurabilityLevel, LogFormat};

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
    /// The folders of plugins.
    pub plugins: Vec<PathBuf>,
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
        let (address, engine) = (settings.address(), engine_options(&settings));
        let mut net = NetOptions::default();
        if let Some(id) = settings.tega_id {
            net.server_id = id;
        }
        net.body_bytes_max = settings.body_bytes_max.unwrap_or(net.body_bytes_max);
        net.connections_max = settings.connections_max.unwrap_or(net.connections_max);
        net.drain_ms = settings.drain_ms.unwrap_or(net.drain_ms);
        net.cors_origins = settings.cors_origin.unwrap_or(net.cors_origins);
        Self {
            data: settings.data.unwrap_or_else(|| PathBuf::from("tega-data")),
            address,
            plugins: settings.plugins.unwrap_or_default(),
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
        assert_eq!((config.data, config.plugins.len()), (PathBuf::from("x"), 2));
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
