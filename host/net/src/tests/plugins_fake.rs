//! Plugins that are none: what stands behind the port in tests.

use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use tega_engine::port::{
    MethodReport, Pending, PluginLine, PluginReport, PluginState, PluginVersion, Plugins, PluginsError,
};
use tokio::sync::Notify;

/// A plugin of a name in a state; it can't be loaded anew where its file is called `broken.wasm`.
pub(crate) fn report(name: &str, state: PluginState) -> PluginReport {
    let version = (state != PluginState::Refused).then(|| "1.2.0".to_owned());
    PluginReport { version, ..PluginReport::new(name.to_owned(), state, format!("/plugins/{name}.wasm")) }
}

pub(crate) fn method(path: &str, summary: &str) -> MethodReport {
    let (path, summary) = (path.to_owned(), summary.to_owned());
    MethodReport { path, summary, parameters: None, returns: None, calls: Default::default() }
}

pub(crate) fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

/// Plugins that are as a test says, and do as they are told.
#[derive(Debug, Default)]
pub(crate) struct Fake {
    reports: Mutex<Vec<PluginReport>>,
    lines: Mutex<Vec<PluginLine>>,
    written: Notify,
    pub(crate) waiting: Notify,
}

impl Fake {
    pub(crate) fn new(reports: Vec<PluginReport>) -> Self {
        Self { reports: Mutex::new(reports), ..Self::default() }
    }

    pub(crate) fn set(&self, reports: Vec<PluginReport>) {
        *self.reports() = reports;
    }

    pub(crate) fn write(&self, level: &'static str, text: &str) {
        let mut lines = self.lines.lock().unwrap();
        let number = lines.len() as u64 + 1;
        lines.push(PluginLine { number, time_us: 1_772_366_400_000_000, level, text: text.to_owned() });
        drop(lines);
        self.written.notify_waiters();
    }

    fn reports(&self) -> MutexGuard<'_, Vec<PluginReport>> {
        self.reports.lock().unwrap()
    }

    /// Changes the report of a plugin.
    fn change(
        &self,
        name: &str,
        change: impl FnOnce(&mut PluginReport) -> Result<(), PluginsError>,
    ) -> Pending<'_, Result<PluginReport, PluginsError>> {
        let mut reports = self.reports();
        let known = reports.iter().map(|report| report.name.clone()).collect();
        let changed = match reports.iter_mut().find(|report| report.name == name) {
            Some(report) => change(report).map(|()| report.clone()),
            None => Err(PluginsError::NotFound { name: name.to_owned(), known }),
        };
        Box::pin(std::future::ready(changed))
    }
}

impl Plugins for Fake {
    fn list(&self) -> Vec<PluginReport> {
        self.reports().clone()
    }

    fn reload(&self, name: Option<&str>) -> Pending<'_, Result<Vec<PluginReport>, PluginsError>> {
        let Some(name) = name else { return Box::pin(std::future::ready(Ok(self.list()))) };
        let changed = self.change(name, |report| {
            let name = report.name.clone();
            if report.state == PluginState::Disabled {
                return Err(PluginsError::Disabled { name });
            }
            if report.file.ends_with("broken.wasm") {
                return Err(PluginsError::Refused { name, reason: "is no component".to_owned() });
            }
            report.state = PluginState::Running;
            Ok(())
        });
        Box::pin(async move { Ok(vec![changed.await?]) })
    }

    fn disable(&self, name: &str) -> Pending<'_, Result<PluginReport, PluginsError>> {
        self.change(name, |report| {
            report.state = PluginState::Disabled;
            Ok(())
        })
    }

    fn enable(&self, name: &str) -> Pending<'_, Result<PluginReport, PluginsError>> {
        self.change(name, |report| {
            report.state = PluginState::Running;
            Ok(())
        })
    }

    fn rollback(&self, name: &str) -> Pending<'_, Result<PluginReport, PluginsError>> {
        self.change(name, |report| {
            let Some(PluginVersion { version, digest }) = report.previous.take() else {
                return Err(PluginsError::NoVersionBefore { name: report.name.clone() });
            };
            report.passed_over = Some("it was rolled back".to_owned());
            (report.version, report.digest) = (Some(version), Some(digest));
            Ok(())
        })
    }

    fn lines(&self, name: &str, after: u64, wait: Duration) -> Pending<'_, Result<Vec<PluginLine>, PluginsError>> {
        let known = self.change(name, |_| Ok(()));
        let there = move || -> Vec<PluginLine> {
            self.lines.lock().unwrap().iter().filter(|line| line.number > after).cloned().collect()
        };
        Box::pin(async move {
            known.await?;
            let written = self.written.notified();
            let lines = there();
            if !lines.is_empty() || wait.is_zero() {
                return Ok(lines);
            }
            self.waiting.notify_one();
            let _ = tokio::time::timeout(wait, written).await;
            Ok(there())
        })
    }
}
