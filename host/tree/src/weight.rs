//! What a node takes in memory, about.

use crate::{Content, Name, Node, Value};

/// How many nodes and values are looked at, at most.
const LOOKED_AT_MAX: usize = 1_000;

/// How many children of a container, the first ones, or items of an array, are looked at; the others are taken to be like them.
const SAMPLES_MAX: usize = 32;

/// Names and strings up to this length are held in place.
const INLINE_BYTES_MAX: usize = 23;

/// What a piece of memory of its own takes beside its bytes: the counts of who shares it, and the allocator's own.
const PIECE_BYTES: usize = 32;

/// What a full page takes for each entry beside it.
const PAGE_SHARE_BYTES: usize = 4;

impl Node {
    /// Estimates the bytes that the node and all below it take in memory, as if nothing were shared with others.
    ///
    /// It is an estimate, in bounded time: about a thousand nodes are looked at, however many there are. Of a wide container the
    /// first children stand for the others; where few are much larger than most, the estimate can be far off. Equal nodes have equal
    /// weights, however they came about.
    pub fn weight(&self) -> usize {
        size_of::<Self>() + below(self, LOOKED_AT_MAX)
    }
}

/// The bytes beside the node itself.
fn below(node: &Node, budget: usize) -> usize {
    let container = match &node.content {
        Content::Leaf(value) => return beside(value, budget),
        Content::Container(container) => container,
    };
    let looked_at = container.len().min(SAMPLES_MAX).min(budget);
    let each = (budget - looked_at).checked_div(looked_at).unwrap_or(0);
    let seen =
        container.children.iter().take(looked_at).map(|(name, node)| piece(name.len()) + below(node, each)).sum();
    let entries = container.len() * (size_of::<(Name, Node)>() + PAGE_SHARE_BYTES);
    2 * PIECE_BYTES + entries + scaled(seen, looked_at, container.len())
}

/// The bytes of a value beside the value itself.
fn beside(value: &Value, budget: usize) -> usize {
    match value {
        Value::Null | Value::Bool(_) => 0,
        Value::Number(number) => piece(number.as_str().len()),
        Value::String(text) => piece(text.len()),
        Value::Array(items) => {
            let seen = |index: usize, each| beside(&items[index], each);
            PIECE_BYTES + size_of_val::<[Value]>(items) + sampled(items.len(), budget, seen)
        }
        Value::Object(members) => {
            let seen = |index: usize, each| {
                let (name, value) = &members[index];
                piece(name.len()) + beside(value, each)
            };
            PIECE_BYTES + size_of_val::<[(Name, Value)]>(members) + sampled(members.len(), budget, seen)
        }
    }
}

/// The sum over a list of which some items, evenly spread, are looked at.
fn sampled(len: usize, budget: usize, seen: impl Fn(usize, usize) -> usize) -> usize {
    let looked_at = len.min(SAMPLES_MAX).min(budget);
    let each = (budget - looked_at).checked_div(looked_at).unwrap_or(0);
    let sum = (0..looked_at).map(|index| seen(index * (len / looked_at), each)).sum();
    scaled(sum, looked_at, len)
}

/// What `len` take where `looked_at` of them take `seen`.
fn scaled(seen: usize, looked_at: usize, len: usize) -> usize {
    if looked_at == len { seen } else { seen.checked_div(looked_at).unwrap_or(0).saturating_mul(len) }
}

/// The bytes of a text beside its place.
fn piece(len: usize) -> usize {
    if len > INLINE_BYTES_MAX { len + PIECE_BYTES } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Version;

    fn weight(text: &str) -> usize {
        Node::from_value(&Value::from_json(text.as_bytes()).unwrap(), Version(0)).weight()
    }

    #[test]
    fn many_weigh_as_much_as_their_number_says() {
        let wide = |len: usize| {
            let members: Vec<String> = (0..len).map(|n| format!("\"{n:07}\":\"{}\"", "x".repeat(n % 100))).collect();
            format!("{{{}}}", members.join(","))
        };
        for len in [10, 1_000, 50_000] {
            let exact = len * (size_of::<(Name, Node)>() + 4) + (0..len).map(|n| piece(n % 100)).sum::<usize>();
            let found = weight(&wide(len));
            assert!(found > exact / 2 && found < exact * 2 + 200, "{len}: {found}, {exact}");
        }
        let array = format!("[{}1]", "1,".repeat(99_999));
        let exact = 100_000 * size_of::<Value>();
        assert!((exact..exact + 200).contains(&weight(&array)));
        assert!(weight(&format!("{{\"a\":{},\"b\":{}}}", wide(50_000), wide(10_000))) > 2 * weight(&wide(20_000)));
        assert_eq!(weight("1"), size_of::<Node>());
    }
}
