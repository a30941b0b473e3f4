//! The commands that ask a server once, and what each one prints of the answer.
//!
//! Not here: where the answer goes; a terminal and a plugin's test script get the same.

use std::collections::BTreeMap;

use anyhow::Result;
use clap::builder::NonEmptyStringValueParser;
use serde_json::value::RawValue;
use tega_client::{AsOf, Client, Scope, name_in_path};

use super::input::{self, InputError, Named, Positional, Source};
use super::output::{self, OutputError};
use super::random_name;
use super::table::table;

/// A command that asks a server once.
#[derive(Debug, clap::Subcommand)]
pub enum Asked {
    /// Print the value of a node as JSON: indented on a terminal, as the server wrote it otherwise.
    Get {
        /// The server.
        #[command(flatten)]
        server: Server,
        /// Names joined by dots, such as inventory.ne1; a name with a dot in it is in quotes: 'hosts."10.0.0.1".mtu'.
        #[arg(value_parser = input::path)]
        path: String,
        /// Read an older version of its root: the version's number, a count back such as -1, or a tag.
        #[arg(long, value_name = "VERSION", allow_hyphen_values = true, value_parser = NonEmptyStringValueParser::new())]
        version: Option<String>,
        /// Read it as it was at a time, such as 2026-03-01T12:00:00Z.
        #[arg(long, value_name = "TIME", conflicts_with = "version", value_parser = NonEmptyStringValueParser::new())]
        at: Option<String>,
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

/// What a command prints.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Nothing: it is done.
    Nothing,
    /// JSON, as the server wrote it.
    Json(String),
    /// Lines that have their ends.
    Text(String),
}

impl Answer {
    /// Prints it.
    pub(super) fn print(&self) -> Result<(), OutputError> {
        match self {
            Self::Nothing => Ok(()),
            Self::Json(json) => output::json(json),
            Self::Text(text) => output::text(text),
        }
    }
}

impl Asked {
    /// The server that it is meant for.
    pub(super) fn server(&self) -> &Server {
        match self {
            Self::Get { server, .. }
            | Self::Put { server, .. }
            | Self::Delete { server, .. }
            | Self::Call { server, .. }
            | Self::Roots { server }
            | Self::Publish { server, .. } => server,
        }
    }

    /// Asks a server, whichever it was meant for.
    ///
    /// # Cancel safety
    /// What was sent may take effect.
    pub(crate) async fn ask(self, client: &Client) -> Result<Answer> {
        match self {
            Self::Get { path, version, at, .. } => {
                let state = version.map(AsOf::Version).or(at.map(AsOf::Time));
                Ok(Answer::Json(match state {
                    Some(state) => client.get_as_of(&path, &state).await?,
                    None => client.get(&path).await?,
                }))
            }
            Self::Put { path, value, .. } => {
                client.put(&path, value.json()?.get()).await?;
                Ok(Answer::Nothing)
            }
            Self::Delete { path, .. } => {
                client.delete(&path).await?;
                Ok(Answer::Nothing)
            }
            Self::Call { path, named, args, .. } => {
                let positional = args.map(|Positional(values)| values).unwrap_or_default();
                Ok(Answer::Json(client.call(&path, &positional, &by_name(named)?).await?))
            }
            Self::Roots { .. } => roots(client).await,
            Self::Publish { channel, message, .. } => {
                let message = message.json()?;
                let mut session = client.session(&random_name(), Scope::Local).await?;
                session.publish(&channel, &message).await?;
                session.close().await?;
                Ok(Answer::Nothing)
            }
        }
    }
}

/// The server that a command talks to.
#[derive(Clone, Debug, clap::Args)]
pub struct Server {
    /// Address of the server.
    #[arg(long, env = "TEGA_URL", value_name = "URL", default_value = "http://127.0.0.1:8739")]
    pub url: String,
}

impl Server {
    /// A client of it.
    pub(super) fn client(&self) -> Result<Client> {
        Ok(Client::new(&self.url)?)
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

async fn roots(client: &Client) -> Result<Answer> {
    let roots = client.roots().await?;
    let rows = roots.iter().map(|(name, version)| [name_in_path(name).into_owned(), version.to_string()]);
    Ok(Answer::Text(table(["ROOT", "VERSION"], rows)))
}
