//! The attempts to make one callback: how often, after which pauses, by which version.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::delivery::{Delivered, Undelivered};
use crate::failure::Failure;
use crate::journal::{Level, one_line};
use crate::limits::{ERROR_PAUSE_MS, ERROR_PAUSE_MS_MAX};
use crate::manifest::Then;
use crate::plugin::Plugin;
use crate::service::Service;

/// What became of an attempt.
pub(super) type Outcome = Result<Delivered, Undelivered>;

/// The attempts to make one callback.
#[derive(Debug)]
pub(super) struct Attempts {
    service: Arc<Service>,
    versions: watch::Receiver<Option<Arc<Plugin>>>,
    /// What the plugin is told, for a person.
    what: String,
    /// How often the version in service failed on it.
    failed: u32,
}

/// What comes after an attempt that failed.
#[derive(Debug)]
pub(super) enum Next {
    /// Another one.
    Again,
    /// None: it failed so often, the last time so.
    Skip(String),
}

impl Attempts {
    pub(super) fn new(service: Arc<Service>, what: String) -> Self {
        Self { versions: service.versions(), service, what, failed: 0 }
    }

    /// The version to be called, once there is one; none where there will be none any more.
    pub(super) async fn plugin(&mut self) -> Option<Arc<Plugin>> {
        if self.versions.has_changed().unwrap_or(false) {
            self.failed = 0;
        }
        self.versions.wait_for(Option::is_some).await.ok()?.clone()
    }

    /// Notes that an attempt failed, and makes the pause that it costs, unless another version comes.
    pub(super) async fn failed(&mut self, plugin: &Plugin, undelivered: Undelivered) -> Next {
        if let Undelivered::Failure(Failure::HeldBack { remaining, .. }) = undelivered {
            self.pause(remaining).await;
            return Next::Again;
        }
        let lines = &self.service.vitals.lines;
        if let Undelivered::Busy(reason) = &undelivered {
            lines.write(Level::Warn, &format!("{} must wait: {reason}", self.what));
            self.pause(Duration::from_millis(ERROR_PAUSE_MS)).await;
            return Next::Again;
        }
        self.failed = self.failed.saturating_add(1);
        let reason = one_line(&undelivered.to_string());
        lines.write(Level::Warn, &format!("failed on {}: {reason}", self.what));
        if self.failed >= plugin.conduct.tries && plugin.conduct.then == Then::Skip {
            let tries = self.failed;
            lines.write(Level::Error, &format!("{} is skipped after {tries} tries", self.what));
            return Next::Skip(reason);
        }
        // For a fault it is held back, which is seen at the next attempt.
        if !matches!(&undelivered, Undelivered::Failure(failure) if failure.is_fault()) {
            let doublings = (self.failed - 1).min(16);
            let pause_ms = (ERROR_PAUSE_MS << doublings).min(ERROR_PAUSE_MS_MAX);
            self.pause(Duration::from_millis(pause_ms)).await;
        }
        Next::Again
    }

    async fn pause(&mut self, pause: Duration) {
        // Another version ends it: that may do better.
        if tokio::time::timeout(pause, self.versions.changed()).await.is_ok() {
            self.failed = 0;
        }
    }
}
