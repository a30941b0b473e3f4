//! What the system tells of this process: for `/_metrics`, and which program it runs.
//!
//! The files are those of Linux (proc(5)); where there are none, what they would tell is left out.

use std::fs;
use std::path::PathBuf;

use rustix::process::{Resource, getrlimit};
use rustix::time::{ClockId, clock_gettime};
use tega_net::ProcessFacts;

/// Asks the system about this process. It reads a few small files and lists one folder.
pub(crate) fn facts() -> ProcessFacts {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = Fields::of(&stat);
    let resident = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let resident_pages: Option<u64> = resident.split(' ').nth(1).and_then(|pages| pages.parse().ok());
    let page_bytes = u64::try_from(rustix::param::page_size()).unwrap_or_default();
    ProcessFacts {
        started_s: fields.number(STARTED).and_then(started_s),
        cpu_s: Some(cpu_s()),
        resident_bytes: resident_pages.map(|pages| pages * page_bytes),
        virtual_bytes: fields.number(VIRTUAL_BYTES),
        // The folder is open itself while it is listed.
        open_files: fs::read_dir("/proc/self/fd").ok().map(|files| (files.count() as u64).saturating_sub(1)),
        open_files_max: getrlimit(Resource::Nofile).current,
        threads: fields.number(THREADS),
    }
}

/// A variable of the environment, for plugins that are granted it; none where it is no text.
#[expect(clippy::disallowed_methods, reason = "this crate is where the environment is read")]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The program that this process runs, to be started again.
pub(crate) fn program() -> PathBuf {
    // The link leads there even where another version was put in its place meanwhile, which would compile for itself.
    let link = PathBuf::from("/proc/self/exe");
    if link.exists() { link } else { std::env::current_exe().unwrap_or_else(|_| PathBuf::from("tega")) }
}

/// The fields of `/proc/self/stat` that are used, counted from 1.
const THREADS: usize = 20;
const STARTED: usize = 22;
const VIRTUAL_BYTES: usize = 23;

/// The fields of `/proc/self/stat` from the third on: the second is a name, and may hold anything.
struct Fields<'s>(Vec<&'s str>);

impl<'s> Fields<'s> {
    fn of(stat: &'s str) -> Self {
        Self(stat.rsplit_once(')').map_or_else(Vec::new, |(_, rest)| rest.split_ascii_whitespace().collect()))
    }

    fn number(&self, field: usize) -> Option<u64> {
        self.0.get(field.checked_sub(3)?)?.parse().ok()
    }
}

/// When the process was started, from the ticks of the clock between the start of the system and its own.
fn started_s(ticks: u64) -> Option<f64> {
    let stat = fs::read_to_string("/proc/stat").ok()?;
    let booted_s = stat.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse::<u64>().ok()?;
    Some(float(booted_s) + float(ticks) / float(rustix::param::clock_ticks_per_second()))
}

/// The time that its threads were running.
fn cpu_s() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let (seconds, nanoseconds) = (u64::try_from(time.tv_sec), u64::try_from(time.tv_nsec));
    float(seconds.unwrap_or_default()) + float(nanoseconds.unwrap_or_default()) / 1e9
}

/// The nearest that a float can be.
#[expect(clippy::cast_precision_loss, reason = "no such number is beyond 2^53")]
fn float(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_behind_a_name_are_found_whatever_it_is() {
        let stat = "7 (a ) b) S 1 7 7 0 -1 4194304 1 0 0 0 3 4 0 0 20 0 12 0 5150 98304 10 18446744073709551615 1";
        let fields = Fields::of(stat);
        assert_eq!(fields.number(THREADS), Some(12));
        assert_eq!((fields.number(STARTED), fields.number(VIRTUAL_BYTES)), (Some(5150), Some(98304)));
        assert_eq!((fields.number(900), fields.number(3), Fields::of("").number(4)), (None, None, None));
    }

    #[test]
    fn this_process_is_known() {
        let before = facts();
        let file = fs::File::open("/proc/self/stat").expect("it is there on Linux");
        let spun = (0..20_000_000_u64).fold(0, |sum: u64, number| sum.wrapping_mul(31) ^ number);
        let after = facts();
        drop(file);
        assert!(after.cpu_s > before.cpu_s, "{spun}: {before:?} {after:?}");
        assert_eq!(after.started_s, before.started_s);
        let resident = after.resident_bytes.expect("it is known on Linux");
        assert!((1 << 20..1 << 40).contains(&resident) && after.virtual_bytes >= Some(resident), "{after:?}");
        assert!(after.open_files >= Some(4) && after.open_files <= after.open_files_max, "{after:?}");
        assert!(after.threads >= Some(1) && after.started_s > Some(1e9), "{after:?}");
    }
}
