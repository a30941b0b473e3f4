//! What is rolled up, as the settings say, and which numbers a change brings.

use serde::Deserialize;
use serde_json::Value;
use tega_plugin::{Error, Interval, Path, Result, path};

/// The shortest window, in milliseconds: windows are named by their seconds.
const WINDOW_MS_MIN: u128 = 1_000;

/// The most windows of one leaf that are kept: a year of hours, and a container that is quick to list.
const KEEP_MAX: usize = 10_000;

/// One series as it is written in the settings.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Written {
    /// The numbers: names, `*` for any one name, `**` at the end for all below.
    pattern: String,
    /// How long a window is.
    window: String,
    /// How many windows are kept of each number.
    #[serde(default = "keep")]
    keep: usize,
    /// The node that the windows go below.
    #[serde(default = "into")]
    into: String,
    /// Whether texts that hold a number count as it.
    #[serde(default)]
    texts: bool,
}

fn keep() -> usize {
    60
}

fn into() -> String {
    "rollup".into()
}

/// One series.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Series {
    pub(crate) pattern: String,
    segments: Vec<Segment>,
    pub(crate) window_s: u64,
    pub(crate) keep: usize,
    pub(crate) into: Path,
    texts: bool,
}

#[derive(Clone, Debug, PartialEq)]
enum Segment {
    Name(String),
    Any,
    /// All below, at the end only.
    Rest,
}

impl Series {
    /// Checks what the settings say.
    ///
    /// # Errors
    /// Names the series and the setting.
    pub(crate) fn check_all(written: Vec<Written>) -> Result<Vec<Self>> {
        let mut series: Vec<Self> = Vec::with_capacity(written.len());
        for written in written {
            let pattern = written.pattern.clone();
            let next = Self::check(written).map_err(|error| wrong(&pattern, &error.message))?;
            let nested = |other: &&Self| next.into.starts_with(&other.into) || other.into.starts_with(&next.into);
            if let Some(other) = series.iter().find(nested) {
                let (into, theirs) = (path::text(&next.into), path::text(&other.into));
                let why = format!("its windows would mix with those of {}: {into} and {theirs}", other.pattern);
                return Err(wrong(&pattern, &why));
            }
            series.push(next);
        }
        Ok(series)
    }

    fn check(written: Written) -> Result<Self> {
        let window = written.window.as_str().interval()?;
        if window.as_millis() < WINDOW_MS_MIN || window.subsec_nanos() != 0 {
            return Err(Error::invalid(format!("a window is of whole seconds, not {}", written.window)));
        }
        if !(1..=KEEP_MAX).contains(&written.keep) {
            return Err(Error::invalid(format!("`keep` is from 1 to {KEEP_MAX}")));
        }
        Ok(Self {
            segments: segments(&written.pattern)?,
            pattern: written.pattern,
            window_s: window.as_secs(),
            keep: written.keep,
            into: path::parse(&written.into)?,
            texts: written.texts,
        })
    }

    /// Gives each number of the series in a value that was put at a path, with the path of its leaf.
    pub(crate) fn numbers(&self, at: &[String], value: &Value, give: &mut impl FnMut(&[String], f64)) {
        let mut rest = self.segments.as_slice();
        for name in at {
            match rest {
                [Segment::Rest] => {}
                [Segment::Any, more @ ..] => rest = more,
                [Segment::Name(wanted), more @ ..] if wanted == name => rest = more,
                _ => return,
            }
        }
        self.below(&mut at.to_vec(), rest, value, give);
    }

    fn below(&self, at: &mut Path, rest: &[Segment], value: &Value, give: &mut impl FnMut(&[String], f64)) {
        let more = match rest {
            [] | [Segment::Rest] => {
                if let Some(number) = self.number(value) {
                    return give(at, number);
                }
                rest
            }
            [_, more @ ..] => more,
        };
        let Value::Object(members) = value else { return };
        for (name, member) in members {
            let goes_on = match rest {
                [] => false,
                [Segment::Name(wanted), ..] => wanted == name,
                [Segment::Any | Segment::Rest, ..] => true,
            };
            if goes_on {
                at.push(name.clone());
                self.below(at, more, member, give);
                at.pop();
            }
        }
    }

    fn number(&self, value: &Value) -> Option<f64> {
        match value {
            Value::String(text) if self.texts => text.parse().ok().filter(|number: &f64| number.is_finite()),
            value => value.as_f64(),
        }
    }
}

fn wrong(pattern: &str, why: &str) -> Error {
    Error::invalid(format!("the series of {pattern}: {why}"))
}

fn segments(pattern: &str) -> Result<Vec<Segment>> {
    if pattern.contains("~\"") {
        return Err(Error::invalid("a pattern here has names, `*` and `**`, but no regular expression"));
    }
    let names = pattern.strip_suffix(".**");
    // `*` in quotes is a name; `parse` takes the quotes away, so they are looked for in the text.
    let quoted = pattern.contains("\"*\"") || pattern.contains("\"**\"");
    let segment = |name: String| match name.as_str() {
        "*" if !quoted => Ok(Segment::Any),
        "**" if !quoted => Err(Error::invalid("`**` stands at the end of a pattern only, after a name")),
        _ => Ok(Segment::Name(name)),
    };
    let mut segments = path::parse(names.unwrap_or(pattern))?.into_iter().map(segment).collect::<Result<Vec<_>>>()?;
    segments.extend(names.map(|_| Segment::Rest));
    Ok(segments)
}
