//! Requests about plugins.

use std::collections::BTreeMap;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;

use super::Client;
use crate::{Plugin, PluginLine, RequestError};

impl Client {
    /// The plugins, whatever their state, in the order of their names.
    ///
    /// # Errors
    /// As they say.
    ///
    /// # Cancel safety
    /// Nothing is changed.
    pub async fn plugins(&self) -> Result<Vec<Plugin>, RequestError> {
        self.read_plugins(&self.plugins_json().await?)
    }

    /// The same as JSON text, as the server wrote it: an object, by their names.
    ///
    /// # Errors
    /// As they say.
    ///
    /// # Cancel safety
    /// Nothing is changed.
    pub async fn plugins_json(&self) -> Result<String, RequestError> {
        self.send(self.request(Method::GET, "/_plugins")).await
    }

    /// One plugin.
    ///
    /// # Errors
    /// [`RequestError::Refused`] with status 404 where there is none of that name; the others as they say.
    ///
    /// # Cancel safety
    /// Nothing is changed.
    pub async fn plugin(&self, name: &str) -> Result<Plugin, RequestError> {
        self.read(&self.plugin_json(name).await?)
    }

    /// The same as JSON text, as the server wrote it.
    ///
    /// # Errors
    /// As [`plugin`](Self::plugin).
    ///
    /// # Cancel safety
    /// Nothing is changed.
    pub async fn plugin_json(&self, name: &str) -> Result<String, RequestError> {
        self.send(self.request(Method::GET, &command(name, ""))).await
    }

    /// Has the server look at its folders of plugins, and gives the plugins that were looked at.
    ///
    /// # Errors
    /// As they say.
    ///
    /// # Cancel safety
    /// It may be done.
    pub async fn reload_plugins(&self) -> Result<Vec<Plugin>, RequestError> {
        let answer = self.send(self.request(Method::POST, "/_reload")).await?;
        self.read_plugins(&answer)
    }

    /// Has a plugin loaded anew, also where nothing changed; what held it back is forgotten.
    ///
    /// # Errors
    /// [`RequestError::Refused`] with status 422 where it can't be loaded: what was in service goes on; the others as they say.
    ///
    /// # Cancel safety
    /// It may be done.
    pub async fn reload_plugin(&self, name: &str) -> Result<Plugin, RequestError> {
        self.change_plugin(name, "/reload").await
    }

    /// Takes a plugin into service again.
    ///
    /// # Errors
    /// As for [`reload_plugin`](Self::reload_plugin).
    ///
    /// # Cancel safety
    /// It may be done.
    pub async fn enable_plugin(&self, name: &str) -> Result<Plugin, RequestError> {
        self.change_plugin(name, "/enable").await
    }

    /// Takes a plugin out of service, over restarts of the server too.
    ///
    /// # Errors
    /// As they say.
    ///
    /// # Cancel safety
    /// It may be done.
    pub async fn disable_plugin(&self, name: &str) -> Result<Plugin, RequestError> {
        self.change_plugin(name, "/disable").await
    }

    /// Takes the version before the present one of a plugin into service.
    ///
    /// # Errors
    /// [`RequestError::Refused`] with status 409 where no such version is kept; the others as they say.
    ///
    /// # Cancel safety
    /// It may be done.
    pub async fn roll_plugin_back(&self, name: &str) -> Result<Plugin, RequestError> {
        self.change_plugin(name, "/rollback").await
    }

    /// The lines of a plugin in the log after one, oldest first, as far as they are kept. Where there is none yet, the server waits
    /// so many seconds for one: 50 at most.
    ///
    /// # Errors
    /// As for [`plugin`](Self::plugin).
    ///
    /// # Cancel safety
    /// Nothing is changed.
    pub async fn plugin_lines(&self, name: &str, after: u64, wait_s: u64) -> Result<Vec<PluginLine>, RequestError> {
        let path = command(name, &format!("/log?after={after}&wait={wait_s}"));
        self.read(&self.send(self.request(Method::GET, &path)).await?)
    }

    async fn change_plugin(&self, name: &str, change: &str) -> Result<Plugin, RequestError> {
        self.read(&self.send(self.request(Method::POST, &command(name, change))).await?)
    }

    fn read_plugins(&self, json: &str) -> Result<Vec<Plugin>, RequestError> {
        let by_name: BTreeMap<String, Plugin> = self.read(json)?;
        Ok(by_name.into_iter().map(|(name, plugin)| Plugin { name, ..plugin }).collect())
    }
}

fn command(name: &str, further: &str) -> String {
    format!("/_plugins/{}{further}", utf8_percent_encode(name, NON_ALPHANUMERIC))
}
