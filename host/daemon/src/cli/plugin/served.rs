//! `tega plugin list`, `show`, `reload`, `enable`, `disable`, `rollback`, `logs`: they ask a running server.

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::builder::NonEmptyStringValueParser;
use tega_client::{Client, Plugin};

use super::{list, logs, show, words};
use crate::cli::asked::{Answer, Server};
use crate::cli::{exit, output};

/// A command about the plugins of a running server.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// List the plugins: their states, calls, times and memory, and below why one is not in service.
    List {
        /// The server.
        #[command(flatten)]
        server: Server,
        /// Print what the server tells, as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show all that is known of a plugin: where it is from, what it offers, may and did.
    Show {
        /// The plugin.
        #[command(flatten)]
        of: Of,
        /// Print what the server tells, as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Load a plugin anew; without NAME, look at the folders and load what is new or changed.
    ///
    /// The server looks by itself when its folders change. With NAME it is loaded also where nothing changed, and what held it back
    /// is forgotten.
    Reload {
        /// The server.
        #[command(flatten)]
        server: Server,
        /// The plugin.
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        name: Option<String>,
    },
    /// Take a plugin into service again; it ends its being held back, too.
    Enable(Of),
    /// Take a plugin out of service, over restarts of the server too.
    Disable(Of),
    /// Go back to the version of a plugin before the present one, until its file changes.
    Rollback(Of),
    /// Print a plugin's lines in the log, and the server's about it.
    Logs {
        /// The plugin.
        #[command(flatten)]
        of: Of,
        /// Go on with further lines as they come, until Ctrl-C.
        #[arg(long, short)]
        follow: bool,
        /// Print each line as JSON.
        #[arg(long)]
        json: bool,
    },
}

/// A plugin of a server.
#[derive(Clone, Debug, clap::Args)]
pub struct Of {
    /// The server.
    #[command(flatten)]
    server: Server,
    /// The plugin's name, as `tega plugin list` shows it.
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    name: String,
}

/// Runs a command to its end.
///
/// # Errors
/// Where it can't begin.
pub(super) fn run(command: Command) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("no runtime")?;
    Ok(exit::end(runtime.block_on(perform(command))))
}

async fn perform(command: Command) -> Result<()> {
    let client = command.server().client()?;
    match command {
        Command::Logs { of, follow: true, json } => {
            logs::Printed { client, name: of.name, form: logs::Form::of(json), onto: logs::Onto::Stdout }.follow().await
        }
        once => Ok(once.ask(&client).await?.print()?),
    }
}

impl Command {
    /// The server that it is meant for.
    fn server(&self) -> &Server {
        match self {
            Self::List { server, .. } | Self::Reload { server, .. } => server,
            Self::Show { of, .. } | Self::Logs { of, .. } => &of.server,
            Self::Enable(of) | Self::Disable(of) | Self::Rollback(of) => &of.server,
        }
    }

    /// Asks a server once, whichever it was meant for.
    ///
    /// # Cancel safety
    /// What was sent may take effect.
    pub(super) async fn ask(self, client: &Client) -> Result<Answer> {
        Ok(match self {
            Self::List { json: true, .. } => Answer::Json(client.plugins_json().await?),
            Self::List { json: false, .. } => Answer::Text(list::text(&client.plugins().await?)),
            Self::Show { of, json: true } => Answer::Json(client.plugin_json(&of.name).await?),
            Self::Show { of, json: false } => Answer::Text(show::text(&client.plugin(&of.name).await?)),
            Self::Reload { name: None, .. } => {
                let looked_at = client.reload_plugins().await?;
                if looked_at.is_empty() {
                    output::note("nothing is new or changed");
                    return Ok(Answer::Nothing);
                }
                Answer::Text(list::text(&looked_at))
            }
            Self::Reload { name: Some(name), .. } => told(&client.reload_plugin(&name).await?),
            Self::Enable(of) => told(&client.enable_plugin(&of.name).await?),
            Self::Disable(of) => told(&client.disable_plugin(&of.name).await?),
            Self::Rollback(of) => told(&client.roll_plugin_back(&of.name).await?),
            Self::Logs { follow: true, .. } => bail!("it is asked once here, and not followed"),
            Self::Logs { of, json, .. } => {
                Answer::Text(logs::text(&client.plugin_lines(&of.name, 0, 0).await?, logs::Form::of(json)))
            }
        })
    }
}

/// How a plugin is now.
fn told(plugin: &Plugin) -> Answer {
    Answer::Text(words::standing(plugin) + "\n")
}
