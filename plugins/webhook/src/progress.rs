//! Which hooks are done with the commit that is being told: where one fails, the daemon tells the commit again, and the others are
//! not sent it twice.

use std::collections::BTreeMap;

use tega_plugin::Result;

use crate::delivery::Outcome;

/// How far the commit that is being told has come. It is kept in memory: after a restart hooks may be sent a commit again.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// What is being told.
    of: String,
    done: BTreeMap<String, Outcome>,
}

impl Progress {
    /// Sends to each hook that is not done yet; one that fails does not keep the others from it. Gives how it ended for each.
    ///
    /// # Errors
    ///
    /// The first one's.
    pub(crate) fn go_on<'h>(
        &mut self,
        of: String,
        hooks: impl Iterator<Item = &'h str>,
        mut send: impl FnMut(&str) -> Result<Option<Outcome>>,
    ) -> Result<&BTreeMap<String, Outcome>> {
        if self.of != of {
            *self = Self { of, done: BTreeMap::new() };
        }
        let mut failed = None;
        for hook in hooks {
            if self.done.contains_key(hook) {
                continue;
            }
            match send(hook) {
                Ok(Some(outcome)) => {
                    self.done.insert(hook.to_owned(), outcome);
                }
                Ok(None) => {}
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        failed.map_or(Ok(&self.done), Err)
    }
}

#[cfg(test)]
mod tests {
    use tega_plugin::Error;

    use super::*;

    #[test]
    fn a_hook_that_is_done_is_not_sent_to_again_until_the_next_commit() {
        let (mut progress, mut sent) = (Progress::default(), Vec::new());
        let mut tell = |of: &str, b_fails: bool| {
            let told = progress.go_on(of.to_owned(), ["a", "b", "c"].into_iter(), |hook| {
                sent.push(format!("{of}{hook}"));
                match hook {
                    "b" if b_fails => Err(Error::failed("down")),
                    "c" => Ok(None),
                    _ => Ok(Some(Outcome::Taken)),
                }
            });
            told.map(BTreeMap::len)
        };
        assert_eq!(tell("1", true), Err(Error::failed("down")));
        assert_eq!(tell("1", true), Err(Error::failed("down")));
        assert_eq!(tell("1", false), Ok(2));
        assert_eq!(tell("2", false), Ok(2));
        assert_eq!(sent, ["1a", "1b", "1c", "1b", "1c", "1b", "1c", "2a", "2b", "2c"]);
    }
}
