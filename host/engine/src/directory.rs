//! The directory of methods: which method answers at which path.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use tega_tree::Path;

use crate::port::Method;

/// Why a method can't be entered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DirectoryError {
    /// Another answers there already.
    #[error("the method {path} is already one of {owner}")]
    Taken {
        /// The path.
        path: Path,
        /// Who answers there.
        owner: String,
    },
}

/// The methods by path. A clone is another handle to the same directory.
#[derive(Clone, Debug, Default)]
pub struct Directory(Arc<RwLock<BTreeMap<Path, Arc<dyn Method>>>>);

impl Directory {
    /// Enters all these methods, or none of them.
    ///
    /// # Errors
    /// [`DirectoryError::Taken`].
    pub fn enter(&self, methods: Vec<(Path, Arc<dyn Method>)>) -> Result<(), DirectoryError> {
        let mut table = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let mut entered = table.clone();
        for (path, method) in methods {
            if let Some(holder) = entered.insert(path.clone(), method) {
                return Err(DirectoryError::Taken { path, owner: holder.author().to_string() });
            }
        }
        *table = entered;
        Ok(())
    }

    /// Removes the methods of a plugin.
    pub fn remove_plugin(&self, name: &str) {
        let mut table = self.0.write().unwrap_or_else(PoisonError::into_inner);
        table.retain(|_, method| !method.author().is_plugin(name));
    }

    /// The method at a path.
    pub fn method(&self, path: &Path) -> Option<Arc<dyn Method>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(path).cloned()
    }
}
