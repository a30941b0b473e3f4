//! `tega plugin list`, `show`, `reload`, `enable`, `disable`, `rollback`, `logs`: they ask a running server.

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::builder::NonEmptyStringValueParser;
use tega_client::Plugin;

use super::{list, logs, show, words};
use crate::cli::{Server, exit, output};

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
    match command {
        Command::List { server, json: true } => Ok(output::json(&server.client()?.plugins_json().await?)?),
        Command::List { server, json: false } => list::run(&server).await,
        Command::Show { of, json: true } => Ok(output::json(&of.server.client()?.plugin_json(&of.name).await?)?),
        Command::Show { of, json: false } => {
            Ok(output::text(&show::text(&of.server.client()?.plugin(&of.name).await?))?)
        }
        Command::Reload { server, name: None } => {
            let looked_at = server.client()?.reload_plugins().await?;
            if looked_at.is_empty() {
                output::note("nothing is new or changed");
                return Ok(());
            }
            Ok(output::text(&list::text(&looked_at))?)
        }
        Command::Reload { server, name: Some(name) } => told(&server.client()?.reload_plugin(&name).await?),
        Command::Enable(of) => told(&of.server.client()?.enable_plugin(&of.name).await?),
        Command::Disable(of) => told(&of.server.client()?.disable_plugin(&of.name).await?),
        Command::Rollback(of) => told(&of.server.client()?.roll_plugin_back(&of.name).await?),
        Command::Logs { of, follow, json } => {
            let form = if json { logs::Form::Json } else { logs::Form::Text };
            let printed = logs::Printed { client: of.server.client()?, name: of.name, form, onto: logs::Onto::Stdout };
            if follow { printed.follow().await } else { printed.once().await }
        }
    }
}

/// Says how a plugin is now.
fn told(plugin: &Plugin) -> Result<()> {
    Ok(output::line(&words::standing(plugin))?)
}
