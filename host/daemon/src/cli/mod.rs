//! The commands that talk to a running server, and what they print.
//!
//! ```text
//! mod.rs      the commands and what each one does
//! input.rs    what a command takes: JSON, files, `name=value`
//! backup.rs   `tega backup`
//! watch.rs    `tega watch`, which goes on until it is stopped
//! output.rs   what goes to stdout;  indent.rs: JSON for a reader;  table.rs: columns
//! plugin/     `tega plugin ..`
//! exit.rs     how a command ends: the message and the exit code
//! ```
//!
//! Invariant: what a program may want is on stdout, everything else on stderr.

mod backup;
mod exit;
mod indent;
mod input;
pub(crate) mod output;
pub mod plugin;
mod table;
mod watch;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use serde_json::value::RawValue;
use tega_client::{Client, From, Scope, name_in_path};

use input::InputError;
pub use input::{Named, Positional, Source};
use table::table;

/// A command that talks to a running server.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Print the value of a node as JSON: indented on a terminal, as the server wrote it otherwise.
    Get {
        /// The server.
        #[command(flatten)]
        server: Server,
        /// Names joined by dots, such as inventory.ne1; a name with a dot in it is in quotes: 'hosts."10.0.0.1".mtu'.
        #[arg(value_parser = input::path)]
        path: String,
    },
    /// Write a node whole.
    Put {
        /// The server.
        #[command(flatten)]
        server: Server,
        /// The node, as for `tega get`; what is missing above it is made.
        #[arg(value_parser = input::path)]
        path: String,
        /// The value as JSON; @FILE takes it from a file, - from stdin.
        #[arg(value_name = "JSON|@FILE|-", allow_negative_numbers = true)]
        value: Source,
    },
    /// Remove a node and all below it.
    Delete {
        /// The server.
        #[command(flatten)]
        server: Server,
        /// The node, as for `tega get`.
        #[arg(value_parser = input::path)]
        path: String,
    },
    /// Call a method and print its result as `tega get` does.
    Call {
        /// The server.
        #[command(flatten)]
        server: Server,
        /// The method, such as hello.greet.
        #[arg(value_parser = input::path)]
        path: String,
        /// Arguments by name. A value is JSON, or else a string as it is.
        #[arg(value_name = "NAME=VALUE", value_parser = input::named)]
        named: Vec<Named>,
        /// Arguments by position, as a JSON array.
        #[arg(long, value_name = "JSON-ARRAY", value_parser = input::positional)]
        args: Option<Positional>,
    },
    /// List the roots with their versions.
    Roots {
        /// The server.
        #[command(flatten)]
        server: Server,
    },
    /// List the plugins; the same as `tega plugin list`.
    Plugins {
        /// The server.
        #[command(flatten)]
        server: Server,
    },
    /// Take a consistent copy of the database while the server goes on, with the states kept of its roots. `tega restore` makes a
    /// folder of it again.
    Backup {
        /// The server.
        #[command(flatten)]
        server: Server,
        /// The folder that the copy goes into; it is made if it is missing.
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
    /// Print changes and messages as they come, until Ctrl-C.
    ///
    /// A line is PUT, DELETE or MESSAGE, with --present also STATE; the path or channel; who did it, or -; and the JSON, of a DELETE
    /// the value that was removed. A connection that breaks is made again, and what was committed meanwhile is printed; where that
    /// is not known any more, a line RESET says so. At the end the position is told, for --since.
    Watch {
        /// The server.
        #[command(flatten)]
        server: Server,
        /// A path, to hear of changes at, above and below it; also the channel whose messages are printed.
        #[arg(value_parser = input::path)]
        channel: String,
        /// Take CHANNEL as a regular expression for each name, joined by \. as in 'inventory\.ne[0-9]+'.
        #[arg(long, conflicts_with = "pattern")]
        regex: bool,
        /// Take CHANNEL as a pattern: 'inventory.*.mtu', where * is one name and ** all that is below.
        #[arg(long)]
        pattern: bool,
        /// Begin with what was committed after a position, such as 3f9a0c17.0:12.
        #[arg(long, value_name = "POSITION", conflicts_with = "present")]
        since: Option<String>,
        /// Begin with the nodes as they are.
        #[arg(long)]
        present: bool,
        /// The name of the session. [default: a random one]
        #[arg(long, value_name = "NAME")]
        id: Option<String>,
    },
    /// Send a message on a channel to all who listen now.
    Publish {
        /// The server.
        #[command(flatten)]
        server: Server,
        /// The channel.
        #[arg(value_parser = input::path)]
        channel: String,
        /// The message as JSON; @FILE takes it from a file, - from stdin.
        #[arg(value_name = "JSON|@FILE|-", allow_negative_numbers = true)]
        message: Source,
    },
}

/// The server that a command talks to.
#[derive(Clone, Debug, clap::Args)]
pub struct Server {
    /// Address of the server.
    #[arg(long, env = "TEGA_URL", value_name = "URL", default_value = "http://127.0.0.1:8739")]
    pub url: String,
}

impl Server {
    fn client(&self) -> Result<Client> {
        Ok(Client::new(&self.url)?)
    }
}

/// Runs a command to its end, and tells on stderr what went wrong.
///
/// The exit code is 0 where all went well, 1 where the server refused or the connection broke, 2 where what was asked for makes no
/// sense, 3 where no connection came about.
///
/// # Cancel safety
/// What was sent may take effect.
pub async fn run(command: Command) -> ExitCode {
    exit::end(perform(command).await)
}

async fn perform(command: Command) -> Result<()> {
    match command {
        Command::Get { server, path } => {
            let json = server.client()?.get(&path).await?;
            Ok(output::json(&json)?)
        }
        Command::Put { server, path, value } => {
            let (client, value) = (server.client()?, value.json()?);
            Ok(client.put(&path, value.get()).await?)
        }
        Command::Delete { server, path } => Ok(server.client()?.delete(&path).await?),
        Command::Call { server, path, named, args } => {
            let client = server.client()?;
            let positional = args.map(|Positional(values)| values).unwrap_or_default();
            let result = client.call(&path, &positional, &by_name(named)?).await?;
            Ok(output::json(&result)?)
        }
        Command::Roots { server } => roots(&server.client()?).await,
        Command::Plugins { server } => plugin::list::run(&server).await,
        Command::Backup { server, folder } => backup::run(&server.client()?, &folder).await,
        Command::Watch { server, channel, regex, pattern, since, present, id } => {
            let name = id.unwrap_or_else(watch::random_name);
            let form = match (regex, pattern) {
                (true, _) => watch::Form::Regex,
                (_, true) => watch::Form::Pattern,
                _ => watch::Form::Path,
            };
            let from = match since {
                Some(position) => From::Position(position),
                None if present => From::Present,
                None => From::Now,
            };
            watch::run(watch::Watched { client: server.client()?, name, channel, form }, from).await
        }
        Command::Publish { server, channel, message } => {
            let (client, message) = (server.client()?, message.json()?);
            let mut session = client.session(&watch::random_name(), Scope::Local).await?;
            session.publish(&channel, &message).await?;
            Ok(session.close().await?)
        }
    }
}

fn by_name(named: Vec<Named>) -> Result<BTreeMap<String, Box<RawValue>>, InputError> {
    let mut arguments = BTreeMap::new();
    for Named { name, value } in named {
        if arguments.insert(name.clone(), value).is_some() {
            return Err(InputError::Twice { name });
        }
    }
    Ok(arguments)
}

async fn roots(client: &Client) -> Result<()> {
    let roots = client.roots().await?;
    let rows = roots.iter().map(|(name, version)| [name_in_path(name).into_owned(), version.to_string()]);
    Ok(output::text(&table(["ROOT", "VERSION"], rows))?)
}
