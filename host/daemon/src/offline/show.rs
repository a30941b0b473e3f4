//! `tega log show`: the commits of a folder.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::{Context, Result};
use tega_engine::{Effect, Listed, Touch};
use tega_log::FileStorage;
use tega_tree::{Change, Path, Pattern};

use crate::cli::output;

/// The longest JSON of a value that is shown to a reader, in characters.
const VALUE_CHARS_MAX: usize = 200;

/// Which commits are shown, and how.
#[derive(Debug, clap::Args)]
pub struct Show {
    /// The folder of the database.
    #[arg(long, short = 'd', env = "TEGA_DATA", value_name = "DIR", default_value = "tega-data")]
    data: PathBuf,
    /// Only commits that touched the node at this path, one above it or one below.
    #[arg(long, value_name = "PATH", value_parser = Path::parse)]
    path: Option<Path>,
    /// Only commits that touched nodes of this pattern: * for one name, ~"regex", ** for the rest.
    #[arg(long, value_name = "PATTERN", value_parser = Pattern::parse, conflicts_with = "path")]
    pattern: Option<Pattern>,
    /// The first revision.
    #[arg(long, value_name = "REVISION", default_value_t = 1)]
    from: u64,
    /// The last revision.
    #[arg(long, value_name = "REVISION", default_value_t = u64::MAX)]
    to: u64,
    /// One JSON object a line, as the log holds it.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(show: &Show) -> Result<()> {
    let storage = FileStorage::read_only(&show.data)?;
    let touch = show.path.clone().map(Touch::Path).or(show.pattern.clone().map(Touch::Pattern));
    let mut failed = None;
    let report = tega_log::check(&storage, &mut |record| {
        let revision = record.revision.get();
        if failed.is_none() && (show.from..=show.to).contains(&revision) {
            failed = print(record, touch.as_ref(), show.json).err();
        }
        Ok(())
    })
    .with_context(|| format!("{} can't be read", show.data.display()))?;
    if let Some(error) = failed {
        return Err(error);
    }
    if !report.is_good() {
        output::note("the log is damaged, and not all of it is shown: `tega log check` says where");
    }
    Ok(())
}

fn print(record: tega_log::Record<'_>, touch: Option<&Touch>, json: bool) -> Result<()> {
    let Some(listed) = Listed::read(&record, touch)? else { return Ok(()) };
    if json {
        return Ok(output::line(&String::from_utf8_lossy(record.payload))?);
    }
    Ok(output::text(&for_a_reader(&listed))?)
}

/// A commit as lines: a head, then a line for each change and effect.
fn for_a_reader(listed: &Listed) -> String {
    let mut text = format!("{:<8} {}  {}", listed.revision, listed.time, listed.author);
    if let Some(message) = &listed.message {
        text.push_str(&format!("  {message:?}"));
    }
    text.push('\n');
    for authored in &listed.changes {
        let line = match &authored.change {
            Change::Put { path, value } => format!("put {path} {}", shortened(&value.to_json())),
            Change::Delete { path, parents: 0 } => format!("delete {path}"),
            Change::Delete { path, parents } => format!("delete {path} and {parents} empty above it"),
        };
        let by = if authored.author == listed.author { String::new() } else { format!("  ({})", authored.author) };
        // Writing to a string can't fail.
        let _ = writeln!(text, "         {line}{by}");
    }
    for effect in &listed.effects {
        let _ = writeln!(text, "         {}", in_words(effect));
    }
    text
}

fn in_words(effect: &Effect) -> String {
    match effect {
        Effect::Tag { root, name, version } => format!("tag {name} for version {version} of {root}"),
        Effect::Untag { root, name } => format!("no longer tag {name} of {root}"),
        Effect::Rollback { path, to } => format!("roll back {path} to version {to}"),
        Effect::Confirm { id, within_ms, .. } => format!("pending as {id}, to be confirmed within {within_ms} ms"),
        Effect::Confirmed { id } => format!("confirm {id}"),
        Effect::Undone { id, kept } if kept.is_empty() => format!("take back {id}"),
        Effect::Undone { id, kept } => {
            let kept: Vec<String> = kept.iter().map(ToString::to_string).collect();
            format!("take back {id}, but for {}, which came down a link", kept.join(", "))
        }
        Effect::Cursor { plugin, at: Some(at) } => format!("the plugin {plugin} has heard of all up to {at}"),
        Effect::Cursor { plugin, at: None } => format!("forget up to where the plugin {plugin} has heard of commits"),
        other => format!("{other:?}"),
    }
}

fn shortened(json: &str) -> String {
    match json.char_indices().nth(VALUE_CHARS_MAX) {
        Some((end, _)) => format!("{}… ({} bytes)", &json[..end], json.len()),
        None => json.to_owned(),
    }
}
