//! Keeps count, min, max, mean and last of numbers over time windows.
//!
//! # Map
//!
//! - `series.rs` says what is rolled up, and finds the numbers in a change; `window.rs` adds them up; `moment.rs` names windows.
//!   None of them knows tree or daemon.
//! - Here is what reads and writes the tree.
//!
//! Invariant: each number of a commit is counted once, over restarts too: the windows are written in the commit that carries
//! the plugin's cursor.

mod moment;
mod series;
#[cfg(test)]
mod tests;
mod window;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use series::{Series, Written};
use tega_plugin::{Change, Commit, Path, Result, Tick, log, own, path, settings, tree};
use window::Window;

/// How many windows one tick closes, of those whose time is over; the next goes on. Far below what its time allows.
const CLOSED_AT_ONCE_MAX: usize = 1_000;

/// The table `[settings]` of rollup.toml.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    #[serde(default)]
    series: Vec<Written>,
    /// How often it is looked whether a window's time is over.
    #[serde(default = "close_every")]
    close_every: String,
}

fn close_every() -> String {
    "5s".into()
}

/// Commits that could not be counted, because the log does not hold them any more.
#[derive(Default, Deserialize, Serialize)]
struct Gaps {
    count: u64,
    last: Option<[u64; 2]>,
}

fn all_series() -> Result<Vec<Series>> {
    Series::check_all(settings::get::<Settings>()?.series)
}

fn patterns() -> Result<Vec<String>> {
    Ok(all_series()?.into_iter().map(|series| series.pattern).collect())
}

fn places() -> Result<Vec<String>> {
    Ok(all_series()?.into_iter().map(|series| path::text(&series.into)).collect())
}

fn reads() -> Result<Vec<String>> {
    Ok([patterns()?, places()?].concat())
}

fn closing() -> Result<String> {
    Ok(settings::get::<Settings>()?.close_every)
}

/// Adds the numbers of a commit to their windows.
fn count(commit: Commit) -> Result<()> {
    let mut puts = Vec::new();
    for change in &commit.changes {
        let Change::Put(put) = change else { continue };
        match put.parse::<Value>() {
            Ok(value) => puts.push((&put.path, value)),
            // A number may be too large for 64 bits of floating point.
            Err(error) => log::warn(format_args!("commit {} is not counted whole: {}", commit.revision, error.message)),
        }
    }
    let seconds = commit.time_us / 1_000_000;
    for series in all_series()? {
        let start = seconds - seconds % series.window_s;
        let mut windows: BTreeMap<Path, Window> = BTreeMap::new();
        for (path, value) in &puts {
            series.numbers(path, value, &mut |leaf, number| {
                let number = Window::of(number);
                windows.entry(leaf.to_vec()).and_modify(|window| window.add(&number)).or_insert(number);
            });
        }
        windows.iter().try_for_each(|(leaf, numbers)| keep(&series, leaf, start, numbers))?;
    }
    Ok(())
}

/// Adds numbers of one leaf to a window, which may be new.
fn keep(series: &Series, leaf: &[String], start: u64, numbers: &Window) -> Result<()> {
    let mut place = [&series.into, leaf].concat();
    let name = moment::name(start);
    place.push(name.clone());
    if let Some(mut window) = tree::get::<Window>(&place)? {
        window.add(numbers);
        return tree::put(&place, &window);
    }
    place.pop();
    let names: Vec<String> = tree::names(&place).collect::<Result<_>>()?;
    let kept: Vec<String> = names.into_iter().filter(|name| moment::is_name(name)).collect();
    let Some(old) = surplus(&kept, &name, series.keep) else {
        let dropped: u64 = tree::get(&own(&["dropped"]))?.unwrap_or(0);
        return tree::put(&own(&["dropped"]), &(dropped + numbers.count));
    };
    place.push(name);
    tree::put(&place, numbers)?;
    tree::put(&open(series, Some(start), Some(leaf)), &true)?;
    for old in old {
        place.pop();
        place.push(old.clone());
        tree::delete(&place)?;
    }
    Ok(())
}

/// The windows that go when a new one comes, of those that are kept in order of time; none where the new one is too old to stay.
fn surplus<'a>(kept: &'a [String], new: &str, keep: usize) -> Option<&'a [String]> {
    let count = (kept.len() + 1).saturating_sub(keep).min(kept.len());
    let old = kept.get(..count)?;
    old.last().is_none_or(|old| old.as_str() < new).then_some(old)
}

/// Where the windows whose time is not over are noted: by series, start and leaf.
fn open(series: &Series, start: Option<u64>, leaf: Option<&[String]>) -> Path {
    let mut path = own(&["open", &path::text(&series.into)]);
    // As many digits for all, so that their order is that of time.
    path.extend(start.map(|start| format!("{start:012}")));
    path.extend(leaf.map(path::text));
    path
}

/// Marks the windows whose time is over as closed.
fn close(tick: Tick) -> Result<()> {
    let now = tick.time_us / 1_000_000;
    let mut left = CLOSED_AT_ONCE_MAX;
    for series in all_series()? {
        for start in tree::names(&open(&series, None, None)) {
            let Ok(start) = start?.parse::<u64>() else { continue };
            if start.saturating_add(series.window_s) > now {
                break;
            }
            for leaf in tree::names(&open(&series, Some(start), None)) {
                if left == 0 {
                    return Ok(());
                }
                left -= 1;
                close_one(&series, start, &path::parse(&leaf?)?)?;
            }
        }
    }
    Ok(())
}

fn close_one(series: &Series, start: u64, leaf: &[String]) -> Result<()> {
    let mut place = [&series.into, leaf].concat();
    place.push(moment::name(start));
    // It may be gone already, where few are kept.
    if tree::get_json(&place)?.is_some() {
        place.push("closed".into());
        tree::put(&place, &true)?;
    }
    tree::delete(&open(series, Some(start), Some(leaf)))
}

/// Notes that numbers are missing.
fn missed(first: u64, last: u64) -> Result<()> {
    log::warn(format_args!("the commits {first} to {last} are not counted: the log does not hold them any more"));
    let gaps: Gaps = tree::get(&own(&["gaps"]))?.unwrap_or_default();
    tree::put(&own(&["gaps"]), &Gaps { count: gaps.count + 1, last: Some([first, last]) })
}

tega_plugin::plugin! {
    wants: { read: reads(), write: places() },
    commits: patterns() => count,
    gap: missed,
    timers: { "close" every closing() => close },
}
