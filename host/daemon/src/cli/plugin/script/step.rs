//! What a step does: a command of the terminal, or waiting for what one answers.

use std::time::Duration;

use anyhow::{Result, ensure};
use clap::Parser;
use clap::error::ErrorKind;
use tega_client::Client;
use tokio::time::{Instant, sleep};

use super::text::Step;
use super::words::words;
use crate::cli::asked::{Answer, Asked};

/// How long `wait` waits for what it is to see, in milliseconds: more than a plugin has for a callback and a pause after it failed.
const WAIT_MS_MAX: u64 = 10_000;

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
    /// Ask again until the answer is the one expected; where none is, until it is no error.
    Wait {
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
        Command::Asked(asked) => ask(asked, client).await,
        Command::Wait { command } => wait(step, &command, client).await,
    }
}

fn parse(words: Vec<String>) -> Result<Command> {
    let elsewhere = words.iter().any(|word| word == "--url" || word.starts_with("--url="));
    ensure!(!elsewhere, "a script's commands go to the tega that it is run with, to no other");
    match Line::try_parse_from(words) {
        Ok(line) => Ok(line.command),
        Err(error) if error.kind() == ErrorKind::InvalidSubcommand => {
            anyhow::bail!("there is no such command in a script: {}", known().join(", "))
        }
        Err(error) => {
            // What is wrong stands before the first empty line; the rest is for a terminal.
            let told = error.to_string();
            let told: Vec<&str> = told.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
            let told = told.join(" ");
            anyhow::bail!("{}", told.strip_prefix("error: ").unwrap_or(&told).to_owned())
        }
    }
}

/// The commands that a script has.
fn known() -> Vec<String> {
    use clap::CommandFactory;
    Line::command().get_subcommands().map(|command| command.get_name().to_owned()).collect()
}

async fn ask(asked: Asked, client: &Client) -> Result<Vec<String>> {
    Ok(match asked.ask(client).await? {
        Answer::Nothing => Vec::new(),
        Answer::Json(text) | Answer::Text(text) => lines(&text),
    })
}

/// Asks until the answer is the one expected, or the time is over; gives the last answer.
async fn wait(step: &Step, command: &[String], client: &Client) -> Result<Vec<String>> {
    let until = Instant::now() + Duration::from_millis(WAIT_MS_MAX);
    loop {
        let Command::Asked(asked) = parse(command.to_vec())? else { anyhow::bail!("wait for what a command answers") };
        let answer = ask(asked, client).await;
        let is_there = match &answer {
            Ok(_) if step.expected.is_empty() => true,
            Ok(lines) => *lines == step.expected,
            Err(error) => lines(&format!("error: {error:#}")) == step.expected,
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
