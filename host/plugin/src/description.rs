//! What a plugin says of itself, checked.

use std::collections::{BTreeMap, HashSet};

use serde_json::Value as Json;
use tega_tree::{Name, Path, Pattern};

use crate::bindings::described;
use crate::error::LoadError;
use crate::exports::Interfaces;
use crate::grants::{Grants, includes};
use crate::http::HostGrant;
use crate::limits::{
    DESCRIBED_MAX, DESCRIBED_REGEXES_MAX, NAME_BYTES_MAX, SUMMARY_BYTES_MAX, TIMER_MS_MAX, TIMER_MS_MIN,
};
use crate::wasi::FolderGrant;

/// What a plugin is and does.
#[derive(Clone, Debug)]
pub(crate) struct Description {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) summary: String,
    pub(crate) methods: Vec<MethodDescription>,
    /// The commits it hears of.
    pub(crate) commits: Vec<Pattern>,
    /// The channels it hears of.
    pub(crate) channels: Vec<String>,
    /// The patterns of its transforms, by order.
    pub(crate) transforms: BTreeMap<i32, Vec<Pattern>>,
    /// The patterns of its guards, by order.
    pub(crate) guards: BTreeMap<i32, Vec<Pattern>>,
    /// The nodes it computes.
    pub(crate) views: Vec<ViewDescription>,
    /// The ticks it wants.
    pub(crate) timers: Vec<TimerDescription>,
    wishes: Wishes,
}

/// A method that a plugin answers.
#[derive(Clone, Debug)]
pub(crate) struct MethodDescription {
    pub(crate) path: Path,
    pub(crate) summary: String,
    /// The JSON Schema of its named arguments.
    pub(crate) parameters: Option<Json>,
    /// The JSON Schema of its result.
    pub(crate) returns: Option<Json>,
}

/// A node that a plugin computes.
#[derive(Clone, Debug)]
pub(crate) struct ViewDescription {
    pub(crate) path: Path,
    pub(crate) summary: String,
}

/// A tick that a plugin wants.
#[derive(Clone, Debug)]
pub(crate) struct TimerDescription {
    pub(crate) name: String,
    pub(crate) interval_ms: u64,
}

/// What a plugin wishes to be allowed.
#[derive(Clone, Debug)]
struct Wishes {
    read: Vec<Pattern>,
    write: Vec<Pattern>,
    methods: Vec<Pattern>,
    channels: Vec<String>,
    hosts: Vec<HostGrant>,
    environment: Vec<String>,
    folders: Vec<FolderGrant>,
}

impl Description {
    /// Checks what a plugin says, and that it exports the interface for each thing it says.
    pub(crate) fn check(told: described::Description, interfaces: Interfaces) -> Result<Self, LoadError> {
        check_count(&told)?;
        check_interfaces(&told, interfaces)?;
        let (mut commits, mut channels) = (Vec::new(), Vec::new());
        for subscription in told.subscriptions {
            match subscription {
                described::Subscription::Commits(text) => commits.push(pattern("subscription", &text)?),
                described::Subscription::Channel(channel) => channels.push(channel),
            }
        }
        Ok(Self {
            name: checked_name(told.name)?,
            version: checked_version(told.version)?,
            summary: checked_summary("the summary", told.summary)?,
            methods: checked_methods(told.methods)?,
            commits,
            channels,
            transforms: hooks("transform", told.transforms)?,
            guards: hooks("guard", told.guards)?,
            views: checked_views(told.views)?,
            timers: checked_timers(told.timers)?,
            wishes: Wishes::check(told.grants)?,
        })
    }

    /// What it wishes to be allowed, each as `read inventory`.
    pub(crate) fn grants_wanted(&self) -> Vec<String> {
        self.grants_lacking(&Grants::default())
    }

    /// What it wishes to be allowed and is not, each as `read inventory`; what it subscribes to, it wishes to read.
    pub(crate) fn grants_lacking(&self, grants: &Grants) -> Vec<String> {
        let wishes = &self.wishes;
        let mut lacking: Vec<String> = Vec::new();
        let mut note = |wish: String| {
            if !lacking.contains(&wish) {
                lacking.push(wish);
            }
        };
        let patterns = [
            ("read", &grants.read, &wishes.read),
            ("read", &grants.read, &self.commits),
            ("write", &grants.write, &wishes.write),
            ("methods", &grants.methods, &wishes.methods),
        ];
        for (kind, granted, wished) in patterns {
            wished.iter().filter(|wish| !includes(granted, wish)).for_each(|wish| note(format!("{kind} {wish}")));
        }
        let channels = wishes.channels.iter().filter(|wish| !grants.may_publish(wish));
        channels.for_each(|channel| note(format!("channels {channel}")));
        let hosts = wishes.hosts.iter().filter(|wish| !grants.hosts.iter().any(|granted| granted.what.includes(wish)));
        hosts.for_each(|host| note(format!("hosts {host}")));
        let variables =
            wishes.environment.iter().filter(|wish| !grants.environment.iter().any(|granted| granted.what == **wish));
        variables.for_each(|variable| note(format!("environment {variable}")));
        let folders =
            wishes.folders.iter().filter(|wish| !grants.folders.iter().any(|granted| granted.what.includes(wish)));
        folders.for_each(|folder| note(format!("folders {folder}")));
        lacking
    }
}

impl Wishes {
    fn check(told: described::Grants) -> Result<Self, LoadError> {
        let patterns = |kind: &str, texts: Vec<String>| -> Result<Vec<Pattern>, LoadError> {
            texts.iter().map(|text| pattern(&format!("wish to {kind}"), text)).collect()
        };
        Ok(Self {
            read: patterns("read", told.read)?,
            write: patterns("write", told.write)?,
            methods: patterns("call methods", told.methods)?,
            channels: told.channels,
            hosts: wishes("hosts", &told.hosts, HostGrant::parse)?,
            environment: told.environment,
            folders: wishes("folders", &told.folders, FolderGrant::parse)?,
        })
    }
}

fn wishes<T, E: std::fmt::Display>(
    kind: &str,
    texts: &[String],
    parse: impl Fn(&str) -> Result<T, E>,
) -> Result<Vec<T>, LoadError> {
    let parse = |text: &String| parse(text).map_err(|error| wrong(format!("its wish for {kind}: {text:?} {error}")));
    texts.iter().map(parse).collect()
}

fn wrong(reason: impl Into<String>) -> LoadError {
    LoadError::Description { reason: reason.into() }
}

fn check_count(told: &described::Description) -> Result<(), LoadError> {
    let wishes = &told.grants;
    let counts = [
        told.methods.len(),
        told.subscriptions.len(),
        told.transforms.len(),
        told.guards.len(),
        wishes.read.len(),
        wishes.write.len(),
        wishes.methods.len(),
        wishes.channels.len(),
        wishes.hosts.len(),
        wishes.environment.len(),
        wishes.folders.len(),
        told.views.len(),
        told.timers.len(),
        told.extra.len(),
    ];
    let count = counts.into_iter().fold(0, usize::saturating_add);
    if count > DESCRIBED_MAX {
        return Err(wrong(format!("it names {count} things, over the limit of {DESCRIBED_MAX}")));
    }
    let subscribed = told.subscriptions.iter().filter_map(|told| match told {
        described::Subscription::Commits(pattern) => Some(pattern),
        described::Subscription::Channel(_) => None,
    });
    let hooked = told.transforms.iter().chain(&told.guards).map(|hook| &hook.pattern);
    let wished = wishes.read.iter().chain(&wishes.write).chain(&wishes.methods);
    // Before any is compiled: each begins so, wherever else that may stand.
    let regexes: usize = subscribed.chain(hooked).chain(wished).map(|text| text.matches("~\"").count()).sum();
    if regexes > DESCRIBED_REGEXES_MAX {
        let reason =
            format!("its patterns have {regexes} regular expressions, over the limit of {DESCRIBED_REGEXES_MAX}");
        return Err(wrong(reason));
    }
    Ok(())
}

fn check_interfaces(told: &described::Description, interfaces: Interfaces) -> Result<(), LoadError> {
    let dotted = |names: &[String]| names.join(".");
    let subscription = |told: &described::Subscription| match told {
        described::Subscription::Commits(pattern) => format!("a subscription to commits at {pattern}"),
        described::Subscription::Channel(channel) => format!("a subscription to the channel {channel}"),
    };
    let lacking = |what: Option<String>, exported: bool, interface: &'static str| match what {
        Some(what) if !exported => Err(LoadError::Lacking { what, interface }),
        _ => Ok(()),
    };
    let method = told.methods.first().map(|method| format!("the method {}", dotted(&method.path)));
    lacking(method, interfaces.methods, "methods@0.1.0")?;
    lacking(told.subscriptions.first().map(subscription), interfaces.subscriber, "subscriber@0.1.0")?;
    let transform = told.transforms.first().map(|hook| format!("a transform of {}", hook.pattern));
    lacking(transform, interfaces.transform, "transform@0.1.0")?;
    let guard = told.guards.first().map(|hook| format!("a guard of {}", hook.pattern));
    lacking(guard, interfaces.guard, "guard@0.1.0")?;
    let view = told.views.first().map(|view| format!("the view {}", dotted(&view.path)));
    lacking(view, interfaces.view, "view@0.1.0")?;
    let timer = told.timers.first().map(|timer| format!("the timer {}", timer.name));
    lacking(timer, interfaces.timer, "timer@0.1.0")
}

fn checked_name(name: String) -> Result<String, LoadError> {
    let good = name.len() <= NAME_BYTES_MAX
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    if good {
        Ok(name)
    } else {
        let name: String = name.chars().take(NAME_BYTES_MAX).collect();
        Err(wrong(format!("{name:?} is no name of a plugin: 1 to {NAME_BYTES_MAX} of a-z, 0-9 and -, a letter first")))
    }
}

fn checked_version(version: String) -> Result<String, LoadError> {
    if version.len() <= SUMMARY_BYTES_MAX && is_semver(&version) {
        Ok(version)
    } else {
        let version: String = version.chars().take(NAME_BYTES_MAX).collect();
        Err(wrong(format!("{version:?} is no version: those of Semantic Versioning 2.0 look like 1.2.3")))
    }
}

/// Whether the text is a version as Semantic Versioning 2.0 (items 2, 9 and 10) says.
fn is_semver(text: &str) -> bool {
    let number = |part: &str| {
        part.bytes().all(|byte| byte.is_ascii_digit()) && !part.is_empty() && (part == "0" || !part.starts_with('0'))
    };
    let identifier =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let before_build =
        text.split_once('+').map_or(Some(text), |(version, build)| build.split('.').all(identifier).then_some(version));
    let core = before_build.and_then(|version| match version.split_once('-') {
        None => Some(version),
        Some((core, pre)) => {
            let good =
                |part: &str| identifier(part) && (number(part) || !part.bytes().all(|byte| byte.is_ascii_digit()));
            pre.split('.').all(good).then_some(core)
        }
    });
    core.is_some_and(|core| core.split('.').count() == 3 && core.split('.').all(number))
}

fn checked_summary(what: &str, summary: String) -> Result<String, LoadError> {
    if summary.len() > SUMMARY_BYTES_MAX {
        let bytes = summary.len();
        return Err(wrong(format!("{what} of {bytes} bytes is over the limit of {SUMMARY_BYTES_MAX}")));
    }
    Ok(summary)
}

fn checked_methods(told: Vec<described::Method>) -> Result<Vec<MethodDescription>, LoadError> {
    let mut seen = HashSet::new();
    let mut methods = Vec::with_capacity(told.len());
    for method in told {
        let dotted = method.path.join(".");
        let names = method.path.into_iter().map(Name::from).collect();
        let path = Path::from_names(names)
            .map_err(|error| wrong(format!("the method {dotted:?} has no good path: {error}")))?;
        if path.root().starts_with('%') {
            return Err(wrong(format!("the method {path} is at a path of clients' sessions, which begin with %")));
        }
        if !seen.insert(path.clone()) {
            return Err(wrong(format!("the method {path} is there twice")));
        }
        let parameters = method.parameters.map(|text| schema(&path, "parameters", &text)).transpose()?;
        let returns = method.returns.map(|text| schema(&path, "result", &text)).transpose()?;
        let summary = checked_summary(&format!("the summary of the method {path}"), method.summary)?;
        methods.push(MethodDescription { path, summary, parameters, returns });
    }
    Ok(methods)
}

fn checked_views(told: Vec<described::View>) -> Result<Vec<ViewDescription>, LoadError> {
    let mut views: Vec<ViewDescription> = Vec::with_capacity(told.len());
    for view in told {
        let dotted = view.path.join(".");
        let names = view.path.into_iter().map(Name::from).collect();
        let path =
            Path::from_names(names).map_err(|error| wrong(format!("the view {dotted:?} has no good path: {error}")))?;
        let nested = |other: &ViewDescription| path.is_at_or_below(&other.path) || other.path.is_at_or_below(&path);
        if let Some(other) = views.iter().find(|other| nested(other)) {
            return Err(wrong(format!(
                "the views {} and {path} are the same node, or one is below the other",
                other.path
            )));
        }
        let summary = checked_summary(&format!("the summary of the view {path}"), view.summary)?;
        views.push(ViewDescription { path, summary });
    }
    Ok(views)
}

fn checked_timers(told: Vec<described::Timer>) -> Result<Vec<TimerDescription>, LoadError> {
    let mut timers: Vec<TimerDescription> = Vec::with_capacity(told.len());
    for described::Timer { name, interval_ms } in told {
        let name = checked_summary("the name of a timer", name)?;
        if timers.iter().any(|other| other.name == name) {
            return Err(wrong(format!("the timer {name:?} is there twice")));
        }
        if !(TIMER_MS_MIN..=TIMER_MS_MAX).contains(&interval_ms) {
            let reason = format!("{interval_ms} ms is not from {TIMER_MS_MIN} to {TIMER_MS_MAX}");
            return Err(wrong(format!("the interval of the timer {name:?}: {reason}")));
        }
        timers.push(TimerDescription { name, interval_ms });
    }
    Ok(timers)
}

fn schema(path: &Path, of: &str, text: &str) -> Result<Json, LoadError> {
    match serde_json::from_str(text) {
        Ok(schema @ (Json::Object(_) | Json::Bool(_))) => Ok(schema),
        Ok(_) => {
            Err(wrong(format!("the JSON Schema of the {of} of the method {path} is neither an object nor a boolean")))
        }
        Err(error) => Err(wrong(format!("the JSON Schema of the {of} of the method {path} is no JSON: {error}"))),
    }
}

fn hooks(kind: &str, told: Vec<described::Hook>) -> Result<BTreeMap<i32, Vec<Pattern>>, LoadError> {
    let mut hooks: BTreeMap<i32, Vec<Pattern>> = BTreeMap::new();
    for hook in told {
        hooks.entry(hook.order).or_default().push(pattern(kind, &hook.pattern)?);
    }
    Ok(hooks)
}

fn pattern(kind: &str, text: &str) -> Result<Pattern, LoadError> {
    text.parse().map_err(|error| wrong(format!("a {kind} has the pattern {text:?}: {error}")))
}

#[cfg(test)]
mod tests;
