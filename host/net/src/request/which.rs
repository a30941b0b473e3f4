//! Which state of a root a request means.

use tega_engine::{State, Which};
use tega_tree::Version;

use crate::answer::problem::{Kind, Problem};
use crate::request::args::Args;

/// Reads a state as requests write it: a version such as `3`, `-1` for the one before the present, a time (RFC 3339), a tag.
pub(crate) fn which(text: &str) -> Option<Which> {
    if let Some(count) = text.strip_prefix('-') {
        return whole(count).map(Which::Before);
    }
    if let Some(version) = whole(text) {
        return Some(Which::Version(Version(version)));
    }
    // A tag begins with a letter, a time with a digit.
    if text.starts_with(char::is_alphabetic) {
        return Some(Which::Tag(text.to_owned()));
    }
    text.parse().ok().map(Which::At)
}

/// The state that an argument names.
///
/// # Errors
/// Where it names none.
pub(crate) fn named(args: &Args, name: &'static str) -> Result<Option<Which>, Problem> {
    let Some(text) = args.text(name) else { return Ok(None) };
    let wrong = || {
        let detail =
            format!("{name}={text} is wrong: it takes a version such as 3, -1 for the one before, a tag or a time");
        Problem::new(Kind::BadArgument, detail).with_fact("argument", name)
    };
    which(text).map(Some).ok_or_else(wrong)
}

/// The state that `version=` or `at=` names; `at` takes a time only.
///
/// # Errors
/// Where it names none, or both are there.
pub(crate) fn asked(args: &Args) -> Result<Option<Which>, Problem> {
    match (named(args, "version")?, named(args, "at")?) {
        (which, None) => Ok(which),
        (None, Some(Which::At(time))) => Ok(Some(Which::At(time))),
        (None, Some(_)) => {
            let detail = "at= takes a time such as 2026-03-01T12:00:00Z";
            Err(Problem::new(Kind::BadArgument, detail).with_fact("argument", "at"))
        }
        (Some(_), Some(_)) => {
            let detail = "version= and at= both say which state is meant: only one of them can";
            Err(Problem::new(Kind::BadArgument, detail).with_fact("argument", "at"))
        }
    }
}

/// The state of a root that the original's `backto` means: `-2` is two steps back, `2` a place among the versions that are kept,
/// from 0 on. 0 itself the original did not take.
pub(crate) fn backto(state: &State, root: &str, count: i64) -> Option<Which> {
    match count {
        ..0 => Some(Which::StepsBack(count.unsigned_abs())),
        0 => None,
        _ => usize::try_from(count).ok().and_then(|place| kept(state, root).get(place).copied()).map(Which::Version),
    }
}

/// The versions that a root had, as far as they are kept, oldest first.
pub(crate) fn kept(state: &State, root: &str) -> Vec<Version> {
    let mut versions = state.past(root).map(|past| past.versions).unwrap_or_default();
    // The last one is the present one.
    versions.pop();
    versions
}

fn whole(text: &str) -> Option<u64> {
    text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_named_by_version_count_tag_or_time() {
        for (text, meant) in [
            ("0", Some(Which::Version(Version(0)))),
            ("12", Some(Which::Version(Version(12)))),
            ("-3", Some(Which::Before(3))),
            ("-0", Some(Which::Before(0))),
            ("v1.2", Some(Which::Tag("v1.2".into()))),
            ("é", Some(Which::Tag("é".into()))),
            ("2026-03-01T12:00:00Z", "2026-03-01T12:00:00Z".parse().ok().map(Which::At)),
            ("+1", None),
            ("--1", None),
            ("1.0", None),
            ("_a", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(which(text), meant, "{text}");
        }
    }
}
