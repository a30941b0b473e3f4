//! `tega plugin logs`: a plugin's lines in the log, once or for ever.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::json;
use tega_client::{Client, PluginLine, RequestError};
use tokio::time::sleep;

use super::words::one_line;
use crate::cli::output;

/// How long the server is to wait for a line, in seconds: less than it may, and than proxies cut off.
const WAIT_S: u64 = 30;

/// The pause before the server is asked again that could not be asked, in milliseconds.
const PAUSE_MS: u64 = 1_000;

/// In what form lines are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// The time, the level and the text.
    Text,
    /// A JSON object.
    Json,
}

impl Form {
    /// That which a flag asks for.
    pub(super) fn of(json: bool) -> Self {
        if json { Self::Json } else { Self::Text }
    }
}

/// Where lines are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Onto {
    /// The standard output: they are what was asked for.
    Stdout,
    /// The standard error: they are a remark.
    Stderr,
}

/// What is printed.
#[derive(Debug)]
pub(super) struct Printed {
    pub(super) client: Client,
    pub(super) name: String,
    pub(super) form: Form,
    pub(super) onto: Onto,
}

impl Printed {
    /// Prints the lines that are kept, and further ones as they come, until Ctrl-C. Where the server can't be asked, it is asked
    /// again: numbers begin anew with each of its starts, so then it is compared whether the last line is still there.
    ///
    /// # Cancel safety
    /// Nothing is changed.
    pub(super) async fn follow(&self) -> Result<()> {
        // So that a name that is wrong is told at once, whatever becomes of the server later.
        let mut last = None;
        let kept = self.client.plugin_lines(&self.name, 0, 0).await?;
        self.print_after(kept, &mut last)?;
        loop {
            tokio::select! {
                went_on = self.go_on(&mut last) => went_on?,
                stopped = tokio::signal::ctrl_c() => return stopped.context("Ctrl-C can't be waited for"),
            }
        }
    }

    /// Waits for lines after the last one and prints them, or tells why none can be had now and pauses.
    ///
    /// # Cancel safety
    /// Lines are printed that are not noted as the last.
    pub(super) async fn go_on(&self, last: &mut Option<PluginLine>) -> Result<()> {
        let began = Instant::now();
        let after = last.as_ref().map_or(0, |line| line.number);
        match self.client.plugin_lines(&self.name, after, WAIT_S).await {
            Ok(lines) if !lines.is_empty() => return self.print_after(lines, last),
            Ok(_) if began.elapsed() >= Duration::from_secs(WAIT_S / 2) => return Ok(()),
            // It did not wait, for it is being stopped.
            Ok(_) => {}
            Err(error) if passes(&error) => output::note(&format!("{error}; trying again in {PAUSE_MS} ms")),
            Err(error) => return Err(error.into()),
        }
        sleep(Duration::from_millis(PAUSE_MS)).await;
        match self.client.plugin_lines(&self.name, 0, 0).await {
            Ok(lines) => self.print_after(lines, last),
            Err(error) if passes(&error) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn print_after(&self, lines: Vec<PluginLine>, last: &mut Option<PluginLine>) -> Result<()> {
        let lines = unseen(lines, last.as_ref());
        self.print(&lines)?;
        if let Some(newest) = lines.into_iter().next_back() {
            *last = Some(newest);
        }
        Ok(())
    }

    fn print(&self, lines: &[PluginLine]) -> Result<()> {
        for line in lines {
            let line = written(line, self.form);
            match self.onto {
                Onto::Stdout => output::line(&line)?,
                Onto::Stderr => output::note(&line),
            }
        }
        Ok(())
    }
}

/// The lines after the last one that was printed; all, where that is not among them: it is gone, or the server was started again.
fn unseen(mut lines: Vec<PluginLine>, last: Option<&PluginLine>) -> Vec<PluginLine> {
    let place = last.and_then(|last| lines.iter().position(|line| line == last));
    lines.split_off(place.map_or(0, |place| place + 1))
}

/// Whether what went wrong may be over soon.
fn passes(error: &RequestError) -> bool {
    match error {
        RequestError::Connect(_) | RequestError::TimedOut { .. } | RequestError::Broken { .. } => true,
        RequestError::Refused(problem) => problem.status >= 500,
        _ => false,
    }
}

/// Lines as they are printed.
pub(super) fn text(lines: &[PluginLine], form: Form) -> String {
    lines.iter().map(|line| written(line, form) + "\n").collect()
}

fn written(line: &PluginLine, form: Form) -> String {
    let PluginLine { number, time, level, text, .. } = line;
    match form {
        Form::Text => one_line(&format!("{time} {:<5} {text}", level.to_uppercase())),
        Form::Json => json!({ "number": number, "time": time, "level": level, "text": text }).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(number: u64, text: &str) -> PluginLine {
        let json = json!({ "number": number, "time": "2026-03-01T12:00:00Z", "level": "warn", "text": text });
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn a_line_is_time_level_and_text_or_json() {
        let odd = line(7, "it is\u{1b}[31m \"red\"");
        assert_eq!(written(&odd, Form::Text), "2026-03-01T12:00:00Z WARN  it is [31m \"red\"");
        let json: serde_json::Value = serde_json::from_str(&written(&odd, Form::Json)).unwrap();
        assert_eq!((json["number"].as_u64(), json["text"].as_str()), (Some(7), Some(odd.text.as_str())));
    }

    #[test]
    fn after_a_break_lines_that_were_printed_are_not_printed_again_and_those_of_a_new_start_all() {
        let lines = vec![line(1, "a"), line(2, "b"), line(3, "c")];
        assert_eq!(unseen(lines.clone(), None), lines);
        assert_eq!(unseen(lines.clone(), Some(&line(2, "b"))), [line(3, "c")]);
        assert_eq!(unseen(lines.clone(), Some(&line(3, "c"))), []);
        assert_eq!(unseen(lines.clone(), Some(&line(2, "another"))), lines);
        assert_eq!(unseen(lines.clone(), Some(&line(900, "z"))), lines);
    }
}
