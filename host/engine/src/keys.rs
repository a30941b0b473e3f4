//! Idempotency keys: which requests were committed already, so that one that is sent again is not done again.
//!
//! Invariant: what is known follows from the commits alone, so it is the same after a restart as before.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tega_tree::{Map, Version};

use crate::limits::{IDEMPOTENCY_KEYS_MAX, IDEMPOTENCY_VERSIONS_MAX};
use crate::{CommitError, ConfirmId, Revision};

/// A key with which a client names one request of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdempotencyKey {
    /// The key, as the client chose it.
    pub key: String,
    /// What tells its request from another one with the same key: a digest of all that it asks for.
    pub digest: String,
}

/// What became of a request with a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keyed {
    /// Which request it was.
    pub request: IdempotencyKey,
    /// The commit that it led to.
    pub revision: Revision,
    /// The roots that this touched, with the versions they had since.
    pub versions: Vec<(String, Version)>,
    /// What to confirm it by, where it is a confirmed commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirm: Option<ConfirmId>,
}

/// The newest keys. A clone is one reference.
#[derive(Clone, Debug, Default)]
pub(crate) struct Keys {
    by_key: Map<Arc<str>, Arc<Keyed>>,
    /// The key of each commit that has one: the first is the oldest.
    by_revision: Map<Revision, Arc<str>>,
    /// The versions that are known with them.
    versions: usize,
}

impl Keys {
    /// What became of the request with a key, as far as that is known still.
    pub(crate) fn get(&self, key: &str) -> Option<&Arc<Keyed>> {
        self.by_key.get(key)
    }

    /// All that are known, the oldest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Keyed> {
        self.by_revision.iter().filter_map(|(_, key)| self.get(key)).map(|keyed| &**keyed)
    }

    /// Whether a request was committed already.
    ///
    /// # Errors
    /// [`CommitError::Repeated`] where it was, [`CommitError::KeyReused`] where another one with its key was.
    pub(crate) fn check(&self, request: &IdempotencyKey) -> Result<(), CommitError> {
        match self.get(&request.key) {
            None => Ok(()),
            Some(earlier) if earlier.request == *request => {
                Err(CommitError::Repeated { earlier: Box::new(Keyed::clone(earlier)) })
            }
            Some(_) => Err(CommitError::KeyReused { key: request.key.clone() }),
        }
    }

    /// Takes in a further one, and forgets the oldest where there are too many, or where they touched too many roots.
    pub(crate) fn insert(&mut self, keyed: Keyed) {
        let key: Arc<str> = keyed.request.key.as_str().into();
        self.versions += keyed.versions.len();
        self.by_revision.insert(keyed.revision, Arc::clone(&key));
        self.by_key.insert(key, Arc::new(keyed));
        while self.has_too_many()
            && let Some((oldest, key)) = self.by_revision.first().map(|(oldest, key)| (*oldest, Arc::clone(key)))
        {
            self.by_revision.remove(&oldest);
            let versions = self.get(&key).map_or(0, |forgotten| forgotten.versions.len());
            self.versions = self.versions.saturating_sub(versions);
            self.by_key.remove(&*key);
        }
    }

    /// The newest stays, however many roots it touched.
    fn has_too_many(&self) -> bool {
        let count = self.by_revision.len();
        count > IDEMPOTENCY_KEYS_MAX || (count > 1 && self.versions > IDEMPOTENCY_VERSIONS_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_keys_are_forgotten() {
        let mut keys = Keys::default();
        let most = IDEMPOTENCY_KEYS_MAX as u64;
        for revision in 1..=most + 2 {
            let request = IdempotencyKey { key: format!("k{revision}"), digest: "0a".to_owned() };
            keys.insert(Keyed { request, revision: Revision(revision), versions: Vec::new(), confirm: None });
        }
        assert_eq!(keys.iter().count(), IDEMPOTENCY_KEYS_MAX);
        assert!(keys.get("k1").is_none() && keys.get("k2").is_none());
        assert_eq!(keys.get("k3").unwrap().revision, Revision(3));
        assert_eq!(keys.iter().next().unwrap().request.key, "k3");
    }

    #[test]
    fn those_of_commits_that_touched_many_roots_are_forgotten_sooner() {
        let mut keys = Keys::default();
        let many = IDEMPOTENCY_VERSIONS_MAX / 2;
        for (revision, roots, left) in [(1, 1, 1), (2, many, 2), (3, many, 2), (4, 3 * many, 1), (5, 1, 1)] {
            let request = IdempotencyKey { key: format!("k{revision}"), digest: "0a".to_owned() };
            let versions = (0..roots).map(|root| (format!("r{root}"), Version(0))).collect();
            keys.insert(Keyed { request, revision: Revision(revision), versions, confirm: None });
            assert_eq!(keys.iter().count(), left, "{revision}");
            assert_eq!(keys.versions, keys.iter().map(|known| known.versions.len()).sum::<usize>());
        }
    }
}
