//! The one binary: `tega serve` is the daemon, the other commands talk to one.

use std::io::Write;
use std::process::ExitCode;

use anyhow::{Context, ensure};
use clap::{Parser, Subcommand};
use tega_daemon::{Config, Daemon, Settings, cli, greeting, logging, offline};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// A data platform for the configuration and operational data of devices, extended by WebAssembly plugins.
#[derive(Debug, Parser)]
#[command(name = "tega", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the daemon until it is told to stop (SIGINT or SIGTERM).
    Serve(Box<Settings>),
    #[command(flatten)]
    Client(cli::Command),
    /// Do something about plugins.
    #[command(subcommand)]
    Plugin(cli::plugin::Command),
    #[command(flatten)]
    Offline(offline::Command),
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Serve(settings) => serve(*settings).map(|()| ExitCode::SUCCESS),
        Command::Client(command) => talk(command),
        Command::Plugin(command) => cli::plugin::run(command),
        Command::Offline(command) => offline::run(command),
    };
    outcome.unwrap_or_else(|error| {
        // Where standard error is closed, there is nobody left to tell.
        let _ = writeln!(std::io::stderr(), "error: {error:#}");
        ExitCode::FAILURE
    })
}

/// Runs a command that talks to a daemon.
fn talk(command: cli::Command) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("no runtime")?;
    Ok(runtime.block_on(cli::run(command)))
}

fn serve(settings: Settings) -> anyhow::Result<()> {
    let config = Config::load(settings)?;
    logging::begin(&config)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no runtime")?;
    runtime.block_on(async {
        let mut signals = Signals::listen()?;
        let mut daemon = Daemon::start(config).await?;
        // Where standard output is closed, the daemon serves all the same.
        let _ = write!(std::io::stdout(), "{}", greeting(&daemon));
        let _ = std::io::stdout().flush();
        let told = tokio::select! {
            signal = signals.next() => {
                tracing::info!(signal, "stopping");
                true
            }
            () = daemon.ended() => false,
        };
        daemon.stop().await?;
        tracing::info!("stopped");
        ensure!(told, "the network is no longer served; the log says why");
        Ok(())
    })
}

/// The signals that tell the daemon to stop.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn listen() -> anyhow::Result<Self> {
        let listen = |kind| signal(kind).context("signals can't be waited for");
        Ok(Self { interrupt: listen(SignalKind::interrupt())?, terminate: listen(SignalKind::terminate())? })
    }

    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.interrupt.recv() => "SIGINT",
            _ = self.terminate.recv() => "SIGTERM",
        }
    }
}
