//! What a step does: a command of the terminal, or waiting for what one answers.

use std::time::Duration;

use anyhow::{Result, bail, ensure};
use clap::Parser;
use clap::error::ErrorKind;
use tega_client::Client;
use tokio::time::{Instant, sleep};

use super::super::served;
use super::expected::is_as_expected;
use super::text::Step;
use super::words::words;
use crate::cli::asked::{Answer, Asked};

/// How long `wait` waits for what it is to see unless it is told, in seconds: more than a plugin has for a callback and a pause after
/// it failed.
const WAIT_S: u64 = 10;

/// The longest time that it can be told, in seconds: a script that hangs is to end while somebody looks on.
const WAIT_S_MAX: u64 = 600;

/// How long `wait` pauses before it asks again, in milliseconds.
const PAUSE_MS: u64 = 5;

/// A command in a script.
#[derive(Debug, Parser)]
#[command(no_binary_name = true, disable_help_flag = true, disable_help_subcommand = true)]
struct Line {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    #[command(flatten)]
    Asked(Asked),
    /// Ask about plugins, as `tega plugin` does.
    #[command(subcommand)]
    Plugin(served::Command),
    /// Ask again until the answer is the one expected; where none is, until it is no error.
    Wait {
        /// How long at most, in seconds.
        #[arg(long, value_name = "SECONDS", default_value_t = WAIT_S, value_parser = clap::value_parser!(u64).range(1..=WAIT_S_MAX))]
        seconds: u64,
        /// The command.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
        command: Vec<String>,
    },
}

/// Does what a step says, and gives the lines that it prints: of one that failed, the sentence that says why.
///
/// # Cancel safety
/// What was sent may take effect.
pub(super) async fn perform(step: &Step, client: &Client) -> Vec<String> {
    let printed = match words(&step.command) {
        Ok(words) => printed(step, words, client).await,
        Err(error) => Err(error.into()),
    };
    printed.unwrap_or_else(|error| lines(&format!("error: {error:#}")))
}

async fn printed(step: &Step, words: Vec<String>, client: &Client) -> Result<Vec<String>> {
    match parse(words)? {
        Command::Wait { seconds, command } => wait(step, seconds, &command, client).await,
        once => ask(once, client).await,
    }
}

fn parse(words: Vec<String>) -> Result<Command> {
    let elsewhere = words.iter().any(|word| word == "--url" || word.starts_with("--url="));
    ensure!(!elsewhere, "a script's commands go to the tega that it is run with, to no other");
    match Line::try_parse_from(words) {
        Ok(line) => Ok(line.command),
        Err(error) if error.kind() == ErrorKind::InvalidSubcommand => {
            bail!("there is no such command in a script: {}", known().join(", "))
        }
        Err(error) => {
            // What is wrong stands before the first empty line; the rest is for a terminal.
            let told = error.to_string();
            let told: Vec<&str> = told.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
            let told = told.join(" ");
            bail!("{}", told.strip_prefix("error: ").unwrap_or(&told).to_owned())
        }
    }
}

/// The commands that a script has.
fn known() -> Vec<String> {
    use clap::CommandFactory;
    Line::command().get_subcommands().map(|command| command.get_name().to_owned()).collect()
}

async fn ask(command: Command, client: &Client) -> Result<Vec<String>> {
    let answer = match command {
        Command::Asked(asked) => asked.ask(client).await?,
        Command::Plugin(served) => served.ask(client).await?,
        Command::Wait { .. } => bail!("wait for what a command answers"),
    };
    Ok(match answer {
        Answer::Nothing => Vec::new(),
        Answer::Json(text) | Answer::Text(text) => lines(&text),
    })
}

/// Asks until the answer is the one expected, or the time is over; gives the last answer.
async fn wait(step: &Step, seconds: u64, command: &[String], client: &Client) -> Result<Vec<String>> {
    let until = Instant::now() + Duration::from_secs(seconds);
    loop {
        let answer = ask(parse(command.to_vec())?, client).await;
        let is_there = match &answer {
            Ok(_) if step.expected.is_empty() => true,
            Ok(lines) => is_as_expected(&step.expected, lines),
            Err(error) => is_as_expected(&step.expected, &lines(&format!("error: {error:#}"))),
        };
        if is_there || Instant::now() >= until {
            return answer;
        }
        sleep(Duration::from_millis(PAUSE_MS)).await;
    }
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(|line| line.trim_end().to_owned()).collect()
}
