//! Channels of global scope, told to the nodes: each then listens to them as well, and tells this node what it hears.

use tega_tree::Path;

use super::subscriptions::Channel;

/// What stands for something else in a regular expression, or ends a word of a frame. The original's nodes take every channel for a
/// regular expression, and refuse every write from then on where one is none.
const UNSAFE: [char; 16] = ['\\', '^', '$', '*', '+', '?', '(', ')', '[', ']', '{', '}', '|', '"', ' ', '#'];

/// The frame that asks a node, or whoever has a session of global scope, to listen to a channel; none where the original's
/// nodes would take it for another. Its second line is for clients that take each frame to have one.
pub(super) fn frame(channel: &Channel) -> Option<String> {
    let key = channel.plain().filter(|key| Path::parse(key).is_ok())?;
    let is_safe = !key.contains(|c: char| UNSAFE.contains(&c) || c.is_control() || c.is_whitespace());
    is_safe.then(|| format!("SUBSCRIBE {key} global\nnull"))
}

/// The frames that answer a node which asks to be listened to, as the original has them: only nodes ask.
pub(super) fn answer(number: &str, roots: &[Path]) -> Vec<String> {
    let subscribe = |root: &Path| format!("SUBSCRIBE {} global", root.to_string().replace(' ', "\\u0020"));
    let mut frames: Vec<String> = roots.iter().map(subscribe).collect();
    frames.push(format!("RESPONSE {number} REFER None\nnull"));
    frames
}

#[cfg(test)]
mod tests {
    use super::super::subscriptions::Form;
    use super::*;

    #[test]
    fn only_what_the_originals_nodes_read_as_it_is_meant_is_told_to_them() {
        for (text, form, told) in [
            ("a", Form::Plain, Some("SUBSCRIBE a global\nnull")),
            ("a\\.b-1", Form::Plain, Some("SUBSCRIBE a.b-1 global\nnull")),
            ("p+q", Form::Plain, None),
            ("a..b", Form::Plain, None),
            ("h.\"10.0.0.1\"", Form::Plain, None),
            ("a", Form::Regex, None),
        ] {
            assert_eq!(frame(&Channel::new(text, form)).as_deref(), told, "{text}");
        }
    }
}
