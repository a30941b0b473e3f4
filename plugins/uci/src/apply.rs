//! What turns one configuration into another with no more than what differs, so that watchers hear of no more.

use tega_plugin::Path;

use crate::json::Json;

/// One step.
#[derive(Debug, PartialEq)]
pub(crate) enum Step {
    /// Writes a node.
    Put(Path, Json),
    /// Removes a node.
    Delete(Path),
}

/// The steps from what is at a path, if something is, to what should be there.
pub(crate) fn steps(path: &Path, old: Option<&Json>, new: &Json, steps: &mut Vec<Step>) {
    match (old, new) {
        (Some(old), new) if old == new => {}
        (Some(Json::Map(old)), Json::Map(new)) if !old.is_empty() && !new.is_empty() => {
            let below = |name: &String| [path.as_slice(), std::slice::from_ref(name)].concat();
            // What comes is there before what goes has gone: a container that became empty would go too.
            new.iter().for_each(|(name, new)| self::steps(&below(name), old.get(name), new, steps));
            let gone = old.keys().filter(|name| !new.contains_key(*name));
            steps.extend(gone.map(|name| Step::Delete(below(name))));
        }
        (_, new) => steps.push(Step::Put(path.clone(), new.clone())),
    }
}
