//! Frees what the writer lets go of, in a thread of its own: freeing a large tree takes as long as making it.

use std::sync::mpsc::{Sender, channel};

/// The writer's end of it. The thread ends, once all is freed, after this was dropped.
#[derive(Debug)]
pub(crate) struct Reaper(Sender<Box<dyn Send>>);

impl Reaper {
    pub(crate) fn start() -> std::io::Result<Self> {
        let (sender, receiver) = channel::<Box<dyn Send>>();
        let free = move || receiver.into_iter().for_each(drop);
        std::thread::Builder::new().name("tega-reaper".to_owned()).spawn(free)?;
        Ok(Self(sender))
    }

    /// Has something freed, soon.
    pub(crate) fn take(&self, what: impl Send + 'static) {
        // The thread ends only after the sender did; were it gone, what it was to free is freed here.
        let _ = self.0.send(Box::new(what));
    }
}
