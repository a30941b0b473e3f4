//! Numbers and states as a person reads them.

use tega_client::Plugin;

use crate::cli::table::NOTHING;

/// A time, in three digits at most.
pub(super) fn time(time_us: Option<u64>) -> String {
    match time_us {
        None => NOTHING.to_owned(),
        Some(us @ 0..=999) => format!("{us}us"),
        Some(us @ 1_000..=9_999) => format!("{}.{}ms", us / 1_000, us % 1_000 / 100),
        Some(us @ 10_000..=999_999) => format!("{}ms", us / 1_000),
        Some(us @ 1_000_000..=9_999_999) => format!("{}.{}s", us / 1_000_000, us % 1_000_000 / 100_000),
        Some(us) => format!("{}s", us / 1_000_000),
    }
}

/// An amount of memory, to a tenth.
pub(super) fn memory(bytes: u64) -> String {
    const STEP: u64 = 1024;
    match bytes {
        0 => NOTHING.to_owned(),
        1..STEP => format!("{bytes}B"),
        _ => {
            let units = ["KiB", "MiB", "GiB"];
            let (mut amount, mut unit) = (bytes, 0);
            while amount >= STEP * STEP && unit + 1 < units.len() {
                (amount, unit) = (amount / STEP, unit + 1);
            }
            let name = units.get(unit).copied().unwrap_or_default();
            format!("{}.{}{name}", amount / STEP, amount % STEP * 10 / STEP)
        }
    }
}

/// A count with its noun.
pub(super) fn count(count: u64, one: &str, several: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {several}") }
}

/// A name with its version, the state, and why.
pub(super) fn standing(plugin: &Plugin) -> String {
    let version = plugin.version.as_ref().map(|version| format!(" {version}")).unwrap_or_default();
    let why: String = reasons(plugin).into_iter().map(|reason| format!("; {reason}")).collect();
    one_line(&format!("{}{version} is {}{why}", plugin.name, state(&plugin.state)))
}

/// What a person should know of a plugin beside its state: why it is not in service, and what is amiss although it is.
pub(super) fn reasons(plugin: &Plugin) -> Vec<String> {
    let mut reasons: Vec<String> = plugin.reason.iter().cloned().collect();
    reasons.extend(plugin.retry_in_ms.map(|ms| format!("tried again in {}", time(Some(ms.saturating_mul(1_000))))));
    reasons.extend(plugin.passed_over.as_ref().map(|why| format!("its file is not in service: {why}")));
    if plugin.unjudged > 0 {
        reasons.push(format!("{} passed unjudged", count(plugin.unjudged, "commit", "commits")));
    }
    if let Some(callbacks) = plugin.callbacks.as_ref().filter(|callbacks| callbacks.skipped > 0) {
        reasons.push(format!("{} skipped", count(callbacks.skipped, "commit was", "commits were")));
    }
    if !plugin.grants_lacking.is_empty() {
        reasons.push(format!("not granted: {}", plugin.grants_lacking.join(", ")));
    }
    reasons
}

fn state(state: &str) -> &str {
    match state {
        "held-back" => "held back",
        "loading" => "being loaded",
        other => other,
    }
}

/// The same without what could end a line, or tell a terminal something.
pub(super) fn one_line(text: &str) -> String {
    text.replace(char::is_control, " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_memory_have_a_unit_and_few_digits() {
        for (time_us, expected) in [
            (None, "-"),
            (Some(0), "0us"),
            (Some(999), "999us"),
            (Some(1_000), "1.0ms"),
            (Some(9_999), "9.9ms"),
            (Some(10_000), "10ms"),
            (Some(999_999), "999ms"),
            (Some(1_500_000), "1.5s"),
            (Some(10_000_000), "10s"),
            (Some(u64::MAX), "18446744073709s"),
        ] {
            assert_eq!(time(time_us), expected);
        }
        for (bytes, expected) in [
            (0, "-"),
            (1, "1B"),
            (1023, "1023B"),
            (1024, "1.0KiB"),
            (1536, "1.5KiB"),
            (1 << 20, "1.0MiB"),
            ((1 << 20) - 1, "1023.9KiB"),
            (5 << 30, "5.0GiB"),
            (u64::MAX, "17179869183.9GiB"),
        ] {
            assert_eq!(memory(bytes), expected);
        }
    }

    #[test]
    fn how_a_plugin_is_stands_in_one_line() {
        for (json, expected) in [
            (r#"{"name": "hello", "state": "running", "version": "1.2.0"}"#, "hello 1.2.0 is running"),
            (
                r#"{"name": "x.wasm", "state": "refused", "reason": "no\n\u001b[31mcomponent"}"#,
                "x.wasm is refused; no  [31mcomponent",
            ),
            (
                r#"{"name": "h", "version": "2", "state": "held-back", "reason": "it trapped", "retry_in_ms": 1500,
                    "unjudged": 1, "callbacks": {"skipped": 2}, "grants_lacking": ["read a", "write b"]}"#,
                "h 2 is held back; it trapped; tried again in 1.5s; 1 commit passed unjudged; 2 commits were skipped; \
                 not granted: read a, write b",
            ),
            (
                r#"{"name": "h", "version": "1", "state": "running", "passed_over": "version 2 was refused"}"#,
                "h 1 is running; its file is not in service: version 2 was refused",
            ),
        ] {
            assert_eq!(standing(&serde_json::from_str(json).unwrap()), expected);
        }
    }
}
