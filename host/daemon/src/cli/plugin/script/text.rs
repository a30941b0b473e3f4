//! A script as it is written: lines that begin with `>` are commands, what stands below one is what it prints.
//!
//! Empty lines and those that begin with `#` are for whoever reads it. A line of output that would be taken for one of those
//! begins with `|` and a blank.

/// A script.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Script {
    lines: Vec<Line>,
}

/// A part of a script.
#[derive(Debug, PartialEq, Eq)]
enum Line {
    /// A line for the reader.
    Remark(String),
    Step(Step),
}

/// A command with what it is expected to print.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// Its line, from 1.
    pub(super) line: usize,
    /// The command, without `>`.
    pub(super) command: String,
    /// The lines that it prints.
    pub(super) expected: Vec<String>,
}

/// Text that is neither command nor output of one.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} is below no command: a command begins with >, a remark with #")]
pub(super) struct Stray {
    line: usize,
}

impl Script {
    pub(super) fn parse(text: &str) -> Result<Self, Stray> {
        let mut lines = Vec::new();
        for (at, text) in text.lines().enumerate() {
            let line = at + 1;
            let text = text.trim_end();
            if let Some(command) = text.strip_prefix('>') {
                let command = command.trim().to_owned();
                lines.push(Line::Step(Step { line, command, expected: Vec::new() }));
            } else if text.is_empty() || text.starts_with('#') {
                lines.push(Line::Remark(text.to_owned()));
            } else if let Some(Line::Step(step)) = lines.last_mut() {
                let printed = if text == "|" { "" } else { text.strip_prefix("| ").unwrap_or(text) };
                step.expected.push(printed.to_owned());
            } else {
                return Err(Stray { line });
            }
        }
        Ok(Self { lines })
    }

    pub(super) fn steps(&self) -> impl Iterator<Item = &Step> {
        self.lines.iter().filter_map(|line| match line {
            Line::Step(step) => Some(step),
            Line::Remark(_) => None,
        })
    }

    /// Its text, with what the steps printed in the place of what they were expected to: of each in turn.
    pub(super) fn with_output(&self, mut printed: impl Iterator<Item = Vec<String>>) -> String {
        let mut text = String::new();
        for line in &self.lines {
            match line {
                Line::Remark(remark) => text.push_str(remark),
                Line::Step(step) => {
                    text.push_str("> ");
                    text.push_str(&step.command);
                    for line in printed.next().unwrap_or_default() {
                        let hidden = line.is_empty() || line.starts_with(['>', '#', '|']);
                        text.push_str(if hidden { "\n| " } else { "\n" });
                        text.push_str(&line);
                    }
                }
            }
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# A remark.\n\n> get a\n{\"b\":1}\n\n> roots\nROOT  VERSION\n| # odd\n>put a 1\n# The end.\n";

    fn steps(text: &str) -> Vec<(usize, String, Vec<String>)> {
        let script = Script::parse(text).unwrap();
        script.steps().cloned().map(|step| (step.line, step.command, step.expected)).collect()
    }

    #[test]
    fn what_stands_below_a_command_is_what_it_prints() {
        let expected =
            [(3, "get a", &["{\"b\":1}"][..]), (6, "roots", &["ROOT  VERSION", "# odd"]), (9, "put a 1", &[])].map(
                |(line, command, lines)| (line, command.to_owned(), lines.iter().map(ToString::to_string).collect()),
            );
        assert_eq!(steps(TEXT), expected);
        assert!(steps("").is_empty());
    }

    #[test]
    fn a_script_written_anew_with_the_same_output_is_the_same() {
        let script = Script::parse(TEXT).unwrap();
        let text = script.with_output(script.steps().map(|step| step.expected.clone()));
        assert_eq!(text, TEXT.replace(">put", "> put"));
        let odd = || ["", "> x", "| y", "z"].map(str::to_owned).to_vec();
        let text = Script::parse("> a\nb\n\n> c\n").unwrap().with_output([odd(), Vec::new()].into_iter());
        assert_eq!(text, "> a\n| \n| > x\n| | y\nz\n\n> c\n");
        assert_eq!(steps(&text), [(1, "a".to_owned(), odd()), (7, "c".to_owned(), Vec::new())]);
    }

    #[test]
    fn text_above_the_first_command_is_refused() {
        assert_eq!(Script::parse("# a\nb\n> c\n"), Err(Stray { line: 2 }));
        assert_eq!(Script::parse("> a\n\nb\n"), Err(Stray { line: 3 }));
    }
}
