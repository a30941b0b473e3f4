//! The import `settings`.

use crate::bindings::host::settings;
use crate::state::State;

impl settings::Host for State {
    fn get(&mut self) -> String {
        self.identity.settings.clone()
    }
}
