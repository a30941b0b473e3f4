//! The running tega that a plugin is developed in: its folder of plugins is borrowed, and the plugin's lines are shown.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tega_build::Project;
use tega_client::{Client, PluginLine};
use tokio::time::sleep;

use super::super::logs::{Form, Onto, Printed};
use crate::cli::output;

/// The pause before a plugin's lines are asked for again where there is no such plugin yet, in milliseconds.
const PAUSE_MS: u64 = 500;

/// A tega that runs already.
pub(super) struct Running {
    client: Client,
    plugins: PathBuf,
    name: String,
    /// The plugin's files as they were, where they are not the project's own.
    before: Vec<Before>,
    /// The last line that the plugin had in the log.
    last: Option<PluginLine>,
}

/// A file as it was; without bytes: there was none.
struct Before {
    file: PathBuf,
    bytes: Option<Vec<u8>>,
}

impl Running {
    /// Asks a tega whether it is there, and remembers what its folder has of the plugin.
    pub(super) async fn meet(url: &str, plugins: &Path, project: &Project) -> Result<Self> {
        ensure!(
            plugins.is_dir(),
            "{} is no folder: --plugins names the one that the tega at {url} takes its plugins from",
            plugins.display()
        );
        let client = Client::new(url)?;
        let there = client.plugins().await?;
        let name = project.name().to_owned();
        let last = match there.iter().any(|plugin| plugin.name == name) {
            true => client.plugin_lines(&name, 0, 0).await?.pop(),
            false => None,
        };
        // The project's own folder keeps what was built last.
        let is_own =
            project.plugins().canonicalize().is_ok_and(|own| plugins.canonicalize().is_ok_and(|given| own == given));
        let endings: &[&str] = if is_own { &[] } else { &["toml", "wasm"] };
        let before = endings.iter().map(|ending| Before::of(plugins.join(format!("{name}.{ending}"))));
        let before = before.collect::<Result<_>>()?;
        Ok(Self { client, plugins: plugins.to_owned(), name, before, last })
    }

    /// A client of it.
    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// The folder that it takes plugins from.
    pub(super) fn plugins(&self) -> &Path {
        &self.plugins
    }

    /// Prints the plugin's lines as they come, for ever.
    pub(super) async fn tell(&self) -> Result<()> {
        let printed =
            Printed { client: self.client.clone(), name: self.name.clone(), form: Form::Text, onto: Onto::Stderr };
        let mut last = self.last.clone();
        loop {
            // An error is that there is no such plugin, as long as none of its versions was taken.
            if printed.go_on(&mut last).await.is_err() {
                sleep(Duration::from_millis(PAUSE_MS)).await;
            }
        }
    }

    /// Puts the plugin's files back as they were, and has the tega look at them.
    pub(super) async fn leave(self) -> Result<()> {
        // One that can't be put back must not keep the others from it.
        let outcomes: Vec<Result<bool>> = self.before.iter().map(Before::put_back).collect();
        let changed = outcomes.iter().any(|outcome| matches!(outcome, Ok(true)));
        let looked = if changed { self.client.reload_plugins().await.map(drop) } else { Ok(()) };
        outcomes.into_iter().collect::<Result<Vec<bool>>>()?;
        looked?;
        if changed {
            output::note(&format!("{} is as it was", self.plugins.display()));
        }
        Ok(())
    }
}

impl Before {
    fn of(file: PathBuf) -> Result<Self> {
        let bytes = match fs::read(&file) {
            Ok(bytes) => Some(bytes),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(error).with_context(|| format!("can't read {}", file.display())),
        };
        Ok(Self { file, bytes })
    }

    /// Makes the file what it was; whether it was something else.
    fn put_back(&self) -> Result<bool> {
        let Self { file, bytes } = self;
        if fs::read(file).ok() == *bytes {
            return Ok(false);
        }
        match bytes {
            Some(bytes) => tega_build::write_whole(file, bytes)?,
            None => fs::remove_file(file).with_context(|| format!("can't remove {}", file.display()))?,
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_that_cant_be_put_back_keeps_no_other_from_it() {
        let folder = tempfile::tempdir().unwrap();
        let [settings, wasm] = ["a.toml", "a.wasm"].map(|name| folder.path().join(name));
        for file in [&settings, &wasm] {
            fs::write(file, "before").unwrap();
        }
        let before = [&settings, &wasm].map(|file| Before::of(file.clone()).unwrap());
        // A folder that is not empty is in its place.
        fs::remove_file(&settings).unwrap();
        fs::create_dir_all(settings.join("b")).unwrap();
        fs::write(&wasm, "built").unwrap();
        let client = Client::new("http://127.0.0.1:1").unwrap();
        let plugins = folder.path().to_owned();
        let running = Running { client, plugins, name: "a".to_owned(), before: before.into(), last: None };
        let error = running.leave().await.unwrap_err().to_string();
        assert!(error.contains("a.toml"), "{error}");
        assert_eq!(fs::read_to_string(&wasm).unwrap(), "before");
    }
}
