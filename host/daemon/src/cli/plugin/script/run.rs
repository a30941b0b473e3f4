//! A script run.

use std::path::Path;

use anyhow::{Context, Result};
use tega_client::Client;

use super::difference::difference;
use super::expected::is_as_expected;
use super::step::perform;
use super::text::Script;

/// What becomes of the output that a script expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli::plugin) enum Expectations {
    /// The run ends at the first step that prints something else.
    Hold,
    /// They are replaced by what the steps print.
    Rewrite,
}

/// How a script went.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::cli::plugin) enum Outcome {
    /// So many steps printed what was expected.
    Held(usize),
    /// A step printed something else: its place, its command, and both outputs.
    Differs(String),
    /// The file has other expectations now.
    Rewritten,
}

/// Runs the script of a file.
///
/// # Cancel safety
/// The file is as it was.
pub(in crate::cli::plugin) async fn run(file: &Path, client: &Client, expectations: Expectations) -> Result<Outcome> {
    let place = file.display();
    let text = std::fs::read_to_string(file).with_context(|| format!("{place} can't be read"))?;
    let script = Script::parse(&text).with_context(|| format!("{place} is no script"))?;
    let mut printed = Vec::new();
    for step in script.steps() {
        let came = perform(step, client).await;
        let holds = is_as_expected(&step.expected, &came);
        if !holds && expectations == Expectations::Hold {
            let mut told = format!("{place}:{}: > {}\n", step.line, step.command);
            for line in difference(&step.expected, &came) {
                told.push_str("  ");
                told.push_str(&line);
                told.push('\n');
            }
            return Ok(Outcome::Differs(told));
        }
        // What leaves something open stays so.
        printed.push(if holds { step.expected.clone() } else { came });
    }
    let steps = printed.len();
    let updated = script.with_output(printed.into_iter());
    if expectations == Expectations::Hold || updated == text {
        return Ok(Outcome::Held(steps));
    }
    std::fs::write(file, updated).with_context(|| format!("{place} can't be written"))?;
    Ok(Outcome::Rewritten)
}

#[cfg(test)]
mod tests {
    use super::super::World;
    use super::*;

    /// Runs a script on an empty tega without plugins.
    async fn ran(text: &str, expectations: Expectations) -> (Outcome, String) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.tega");
        std::fs::write(&file, text).unwrap();
        let world = World::start(Vec::new()).await.unwrap();
        let outcome = run(&file, world.client(), expectations).await.unwrap();
        world.stop().await.unwrap();
        (outcome, std::fs::read_to_string(&file).unwrap())
    }

    #[tokio::test]
    async fn a_command_prints_in_a_script_what_it_prints_in_a_terminal() {
        let text = r#"
> put inventory.ne1 {"name": "edge 1", "mtu": 1500}
> put hosts."10.0.0.1".mtu 9000
> get inventory.ne1
{"mtu":1500,"name":"edge 1"}
> get 'hosts."10.0.0.1"'
{"mtu":9000}
> put inventory.ne1.name edge
error: "edge" is not JSON; a string is written with its quotes: '"edge"': expected value at line 1 column 1
> delete inventory.ne1.mtu
> get inventory.ne1.mtu
error: there is nothing at inventory.ne1.mtu
> get a..b
error: an empty name after "a."; a name that really is empty is written "" in quotes
> call no.such
error: there is no method at no.such
> roots
ROOT       VERSION
hosts      0
inventory  1
> publish news {"a": 1}
> wait get inventory
{"ne1":{"name":"edge 1"}}
> get --url http://127.0.0.1:1 a
error: a script's commands go to the tega that it is run with, to no other
> get --version -1 inventory.ne1.mtu
1500
> get --version 0 inventory
{"ne1":{...}}
> get --at 2020-01-01T00:00:00Z inventory
error: ...
> plugin list
NAME  STATE ...
> plugin show none
error: ...none...
> plugin logs none --follow
error: it is asked once here, and not followed
> wait --seconds 1 get inventory.ne2
error: there is nothing ...
> wait wait get inventory
error: wait for what a command answers
> serve
error: there is no such command in a script: get, put, delete, call, roots, publish, plugin, wait
> put a
error: the following required arguments were not provided: <JSON|@FILE|->
> put a {"b": 1
error: there is no } at the end of what begins with its like
"#;
        let (outcome, _) = ran(text, Expectations::Hold).await;
        assert_eq!(outcome, Outcome::Held(24), "{outcome:?}");
    }

    #[tokio::test]
    async fn a_step_that_prints_something_else_ends_the_script_with_both() {
        let (outcome, _) = ran("> put a 1\n\n> get a\n2\n> get b\n", Expectations::Hold).await;
        let Outcome::Differs(told) = outcome else { panic!("{outcome:?}") };
        assert!(told.ends_with("a.tega:3: > get a\n  - 2\n  + 1\n"), "{told}");
    }

    #[tokio::test]
    async fn expectations_are_rewritten_and_remarks_stay_and_what_leaves_something_open_where_it_holds() {
        let text = "# One.\n> put a 1\nx\n\n# Two.\n> get a\n> roots\nROOT ...\n...\n> get b\n...z...\n";
        let (outcome, updated) = ran(text, Expectations::Rewrite).await;
        assert_eq!(outcome, Outcome::Rewritten);
        assert_eq!(
            updated,
            "# One.\n> put a 1\n\n# Two.\n> get a\n1\n> roots\nROOT ...\n...\n> get b\nerror: there is nothing at b\n"
        );
        assert_eq!(ran(&updated, Expectations::Rewrite).await, (Outcome::Held(4), updated));
    }
}
