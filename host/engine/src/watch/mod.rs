//! Watching: what of each commit the watcher of patterns is told, from any position that the log still holds.
//!
//! Per watch: ordered by revision; each commit once and whole; none left out without a word; resumable from any position; told
//! where the database stands although nothing matched. A watcher that is slow catches up from the log, and is reset only where
//! that is gone. It costs the writer nothing.

mod follow;
mod items;
mod recorded;
mod watcher;

pub use follow::{FollowError, Followed, Follower, Logged};
pub use items::{Item, ItemKind, items};
pub use recorded::Untold;
pub use watcher::{Watch, WatchEvent, Watched};
