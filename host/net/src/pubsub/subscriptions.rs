//! The channels of a socket.

use tega_engine::Revision;
use tega_tree::{Path, Pattern};

use super::closing::Closing;
use crate::NetOptions;

/// How a channel is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// As a path: `a.b`, or `a\.b` as the original's own nodes send it.
    Plain,
    /// As regular expressions, split at each `\.`.
    Regex,
    /// As a pattern: `a.*.c`. The original had none.
    Pattern,
}

/// How a session is told of commits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Telling {
    /// By the original's frames: one for each commit.
    Original,
    /// With positions to resume from: one frame for each channel that a commit touched.
    Resumable,
}

/// A channel as a client names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Channel {
    /// As it was written.
    text: String,
    form: Form,
    /// What messages are sent to: `a.b` for `a\.b`.
    pub(super) key: String,
}

impl Channel {
    pub(super) fn new(text: &str, form: Form) -> Self {
        Self { text: text.to_owned(), form, key: without_escapes(text) }
    }

    /// Whether both name one channel.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        match (self.form, other.form) {
            (Form::Plain, Form::Plain) => self.key == other.key,
            // To an expression a dot and an escaped dot are two things.
            (form, same) => form == same && self.text == other.text,
        }
    }

    /// As the original lists it: as a regular expression, so a plain one with its dots escaped.
    pub(super) fn escaped(&self) -> String {
        match self.form {
            Form::Plain => with_escapes(&self.key),
            Form::Regex | Form::Pattern => self.text.clone(),
        }
    }

    /// As it was written.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// As a path, where it is not a regular expression.
    pub(super) fn plain(&self) -> Option<&str> {
        (self.form == Form::Plain).then_some(self.key.as_str())
    }

    /// The nodes it stands for; none where its text is no path, and it is good for messages only.
    fn pattern(&self) -> Result<Option<Pattern>, Closing> {
        match self.form {
            Form::Plain => Ok(Path::parse(&self.key).ok().map(|path| Pattern::from(&path))),
            Form::Regex => {
                Pattern::parse_regex(&self.text).map(Some).map_err(|error| Closing::policy(error.to_string()))
            }
            Form::Pattern => Pattern::parse(&self.text).map(Some).map_err(|error| Closing::policy(error.to_string())),
        }
    }
}

/// A channel that is listened to.
#[derive(Debug)]
pub(super) struct Subscription {
    channel: Channel,
    pattern: Option<Pattern>,
    /// The commits after this one are told by the original's frames; none are where a watch tells of them.
    after: Option<Revision>,
}

impl Subscription {
    /// The nodes whose changes in a commit are to be told by the original's frames.
    pub(super) fn pattern_for(&self, revision: Revision) -> Option<&Pattern> {
        self.pattern.as_ref().filter(|_| self.after.is_some_and(|after| revision > after))
    }
}

/// The channels of a socket, in the order they were subscribed to.
#[derive(Debug, Default)]
pub(super) struct Subscriptions(Vec<Subscription>);

impl Subscriptions {
    pub(super) fn iter(&self) -> std::slice::Iter<'_, Subscription> {
        self.0.iter()
    }

    /// Adds a channel, of which the commits after a revision are told by the original's frames, or, without one, by a watch: gives
    /// the nodes that it is to watch. Of the former, one that is there already stays as it is; the latter [makes
    /// place](Self::make_place) first.
    ///
    /// # Errors
    /// Where there are too many, or an expression is not valid.
    pub(super) fn add(
        &mut self,
        channel: Channel,
        after: Option<Revision>,
        options: &NetOptions,
    ) -> Result<Option<Pattern>, Closing> {
        let (limit, regex_limit) = (options.subscriptions_max, options.regex_subscriptions_max);
        if after.is_some() && self.position(&channel).is_some() {
            return Ok(None);
        }
        if self.0.len() >= limit {
            return Err(Closing::policy(format!("a session has at most {limit} subscriptions, which is the limit")));
        }
        let regexes = self.0.iter().filter(|subscription| subscription.channel.form != Form::Plain).count();
        if channel.form != Form::Plain && regexes >= regex_limit {
            let reason = format!("a session has at most {regex_limit} channels of expressions");
            return Err(Closing::policy(reason));
        }
        let pattern = channel.pattern()?;
        let watched = pattern.clone().filter(|_| after.is_none());
        self.0.push(Subscription { channel, pattern, after });
        Ok(watched)
    }

    /// Removes a channel, and gives it as it was written.
    pub(super) fn remove(&mut self, channel: &Channel) -> Option<Channel> {
        let position = self.position(channel)?;
        Some(self.0.remove(position).channel)
    }

    /// Removes what a channel that is to be watched takes the place of, and gives it: the same channel, however it is written, and
    /// one of the same text, for that is what the frames name.
    pub(super) fn make_place(&mut self, channel: &Channel) -> Vec<Channel> {
        let makes_place = |other: &Channel| other.is_same(channel) || other.text == channel.text;
        self.0.extract_if(.., |other| makes_place(&other.channel)).map(|other| other.channel).collect()
    }

    /// A whole root was told as it is at a revision: of the commits up to that, the channel that is the root needs no more.
    pub(super) fn told(&mut self, root: &Path, revision: Revision) {
        let is_root = |channel: &Channel| {
            channel.form == Form::Plain && Path::parse(&channel.key).is_ok_and(|path| path == *root)
        };
        for subscription in self.0.iter_mut().filter(|subscription| is_root(&subscription.channel)) {
            subscription.after = subscription.after.map(|after| after.max(revision));
        }
    }

    /// Removes all, and gives their keys.
    pub(super) fn clear(&mut self) -> Vec<String> {
        self.0.drain(..).map(|subscription| subscription.channel.key).collect()
    }

    /// Whether messages to this key are listened to.
    pub(super) fn has_key(&self, key: &str) -> bool {
        self.0.iter().any(|subscription| subscription.channel.key == key)
    }

    /// Whether any is to be told of commits by the original's frames.
    pub(super) fn want_commits(&self) -> bool {
        self.0.iter().any(|subscription| subscription.pattern.is_some() && subscription.after.is_some())
    }

    fn position(&self, channel: &Channel) -> Option<usize> {
        self.0.iter().position(|subscription| subscription.channel.is_same(channel))
    }
}

/// The text with each dot outside of quotes as `\.`.
fn with_escapes(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 8);
    let (mut quoted, mut after_backslash) = (false, false);
    for c in text.chars() {
        if c == '.' && !quoted {
            escaped.push('\\');
        }
        quoted ^= c == '"' && !after_backslash;
        after_backslash = c == '\\' && quoted && !after_backslash;
        escaped.push(c);
    }
    escaped
}

/// The text with each `\.` outside of quotes as a dot.
fn without_escapes(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut quoted = false;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match (c, rest.peek()) {
            ('\\', Some('.')) if !quoted => continue,
            ('\\', Some(_)) if quoted => {
                plain.push(c);
                plain.extend(rest.next());
                continue;
            }
            ('"', _) => quoted = !quoted,
            _ => {}
        }
        plain.push(c);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_to_write_a_dot_name_one_channel() {
        for (text, key) in [
            ("a.b", "a.b"),
            ("a\\.b\\.c", "a.b.c"),
            ("a\\b", "a\\b"),
            (r#"a."x\\.y"\.b"#, r#"a."x\\.y".b"#),
            (r#""q\"\\."\."#, r#""q\"\\."."#),
            ("\\", "\\"),
        ] {
            assert_eq!(without_escapes(text), key, "{text}");
            assert_eq!(without_escapes(&with_escapes(key)), key, "{text}");
        }
        assert_eq!(with_escapes(r#"a.b."10.0\".0".c"#), r#"a\.b\."10.0\".0"\.c"#);
    }

    #[test]
    fn a_channel_that_is_no_path_is_still_one() {
        let mut subscriptions = Subscriptions::default();
        let options = |subscriptions_max| NetOptions { subscriptions_max, ..NetOptions::default() };
        subscriptions.add(Channel::new("a..b", Form::Plain), Some(Revision(0)), &options(3)).unwrap();
        assert!(subscriptions.has_key("a..b") && !subscriptions.want_commits());
        subscriptions.add(Channel::new("a.b", Form::Plain), Some(Revision(0)), &options(3)).unwrap();
        subscriptions.add(Channel::new("a\\.b", Form::Plain), Some(Revision(0)), &options(3)).unwrap();
        subscriptions.add(Channel::new("a\\.b", Form::Regex), Some(Revision(0)), &options(3)).unwrap();
        assert_eq!(subscriptions.iter().count(), 3);
        assert!(subscriptions.add(Channel::new("(", Form::Regex), Some(Revision(0)), &options(4)).is_err());
        assert!(subscriptions.add(Channel::new("c", Form::Plain), Some(Revision(0)), &options(3)).is_err());
        assert!(subscriptions.add(Channel::new("a.b", Form::Regex), Some(Revision(0)), &options(4)).is_ok());
        assert_eq!(subscriptions.iter().count(), 4);
        subscriptions.remove(&Channel::new("a.b", Form::Regex));
        subscriptions.remove(&Channel::new("a.b", Form::Plain));
        assert!(subscriptions.has_key("a.b") && subscriptions.want_commits());
        assert_eq!(subscriptions.clear(), ["a..b", "a.b"]);
    }
}
