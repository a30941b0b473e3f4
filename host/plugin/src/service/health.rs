//! How a plugin fares: well, held back after it failed, or quarantined.
//!
//! A trap, a deadline or a limit holds a plugin back for a second, and for twice as long each further time in a row, up to a minute.
//! After five minutes' worth of the longest it is quarantined: one call is let through now and then, and three good ones end it.
//!
//! Invariant: calls that were under way together and failed together count once.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::limits::{HOLD_MS, HOLD_MS_MAX, HOLDS_AT_MAX, QUARANTINE_GOOD_CALLS, QUARANTINE_TRY_MS};

/// How a plugin fares.
#[derive(Debug, Default)]
pub(crate) struct Health {
    /// Whether it never failed since it was last well: then no call has to look further.
    unwell: AtomicBool,
    /// Counts up with each failure that counts.
    episode: AtomicU64,
    course: Mutex<Course>,
}

#[derive(Debug, Default)]
struct Course {
    condition: Condition,
    /// The last pause, in milliseconds; 0 while it is well.
    hold_ms: u64,
    /// How often in a row it was held back for the longest time.
    at_longest: u32,
    reason: String,
    restarts: u64,
}

#[derive(Clone, Copy, Debug, Default)]
enum Condition {
    /// It is called.
    #[default]
    Well,
    /// It is not called before then.
    HeldBack(Instant),
    /// It is called once then, and did well so often since.
    Quarantined(Instant, u32),
}

/// That a call may be made. Where it is dropped before anything is told of the call, because that was given up or ended for others'
/// reasons, it is as if it had not been.
#[derive(Debug)]
pub(crate) struct Admission<'h> {
    health: &'h Health,
    episode: u64,
    /// When it could be called, where this is the one call that a quarantine lets through.
    tries: Option<Instant>,
}

/// That no call may be made now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    /// How it failed the last time.
    pub(crate) reason: String,
    /// How long it is left alone yet.
    pub(crate) remaining: Duration,
    /// Whether it is quarantined.
    pub(crate) is_quarantined: bool,
}

impl Health {
    /// Whether a call may be made now.
    pub(crate) fn admit(&self, now: Instant) -> Result<Admission<'_>, Held> {
        let admission = Admission { health: self, episode: self.episode.load(Ordering::Acquire), tries: None };
        if !self.unwell.load(Ordering::Acquire) {
            return Ok(admission);
        }
        let mut course = self.course();
        match course.condition {
            Condition::HeldBack(until) | Condition::Quarantined(until, _) if now < until => {
                Err(course.held(now, until))
            }
            Condition::Well => Ok(admission),
            Condition::HeldBack(_) => {
                course.condition = Condition::Well;
                course.restarts += 1;
                Ok(admission)
            }
            Condition::Quarantined(until, good) => {
                course.condition = Condition::Quarantined(now + Duration::from_millis(QUARANTINE_TRY_MS), good);
                course.restarts += 1;
                Ok(Admission { tries: Some(until), ..admission })
            }
        }
    }

    /// A call that was admitted went well.
    pub(crate) fn good(&self, mut admission: Admission<'_>) {
        admission.tries = None;
        if !self.unwell.load(Ordering::Acquire) || admission.episode != self.episode.load(Ordering::Acquire) {
            return;
        }
        let mut course = self.course();
        match course.condition {
            Condition::Well => self.heal(&mut course),
            Condition::Quarantined(_, good) if good + 1 >= QUARANTINE_GOOD_CALLS => self.heal(&mut course),
            Condition::Quarantined(next, good) => course.condition = Condition::Quarantined(next, good + 1),
            // It was held back meanwhile.
            Condition::HeldBack(_) => {}
        }
    }

    /// A call that was admitted failed. Gives how long the plugin is left alone now; none where that was known already.
    pub(crate) fn failed(&self, mut admission: Admission<'_>, reason: &str, now: Instant) -> Option<Duration> {
        admission.tries = None;
        let mut course = self.course();
        let (episode, next) = (admission.episode, admission.episode + 1);
        self.episode.compare_exchange(episode, next, Ordering::AcqRel, Ordering::Acquire).ok()?;
        self.unwell.store(true, Ordering::Release);
        reason.clone_into(&mut course.reason);
        let pause_ms = course.fail(now);
        Some(Duration::from_millis(pause_ms))
    }

    /// What held it back is forgotten.
    pub(crate) fn forgive(&self) {
        let mut course = self.course();
        self.episode.fetch_add(1, Ordering::AcqRel);
        self.heal(&mut course);
    }

    /// Whether and how it is held back.
    pub(crate) fn held(&self, now: Instant) -> Option<Held> {
        let course = self.course();
        match course.condition {
            Condition::HeldBack(until) if now < until => Some(course.held(now, until)),
            Condition::Quarantined(until, _) => Some(course.held(now, until)),
            Condition::Well | Condition::HeldBack(_) => None,
        }
    }

    /// How often it was tried again.
    pub(crate) fn restarts(&self) -> u64 {
        self.course().restarts
    }

    /// A call that a quarantine let through came to nothing: another is let through in its place.
    fn give_back(&self, episode: u64, until: Instant) {
        let mut course = self.course();
        if let Condition::Quarantined(_, good) = course.condition
            && episode == self.episode.load(Ordering::Acquire)
        {
            course.condition = Condition::Quarantined(until, good);
        }
    }

    fn heal(&self, course: &mut Course) {
        *course = Course { restarts: course.restarts, ..Course::default() };
        self.unwell.store(false, Ordering::Release);
    }

    fn course(&self) -> MutexGuard<'_, Course> {
        // Each change is of plain numbers and one text, so a panic leaves it whole.
        self.course.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Admission<'_> {
    fn drop(&mut self) {
        if let Some(until) = self.tries {
            self.health.give_back(self.episode, until);
        }
    }
}

impl Course {
    /// Gives the pause, in milliseconds.
    fn fail(&mut self, now: Instant) -> u64 {
        let quarantined = matches!(self.condition, Condition::Quarantined(..)) || self.at_longest >= HOLDS_AT_MAX;
        if quarantined {
            self.condition = Condition::Quarantined(now + Duration::from_millis(QUARANTINE_TRY_MS), 0);
            return QUARANTINE_TRY_MS;
        }
        self.hold_ms = if self.hold_ms == 0 { HOLD_MS } else { (self.hold_ms * 2).min(HOLD_MS_MAX) };
        self.at_longest += u32::from(self.hold_ms == HOLD_MS_MAX);
        self.condition = Condition::HeldBack(now + Duration::from_millis(self.hold_ms));
        self.hold_ms
    }

    fn held(&self, now: Instant, until: Instant) -> Held {
        Held {
            reason: self.reason.clone(),
            remaining: until.saturating_duration_since(now),
            is_quarantined: matches!(self.condition, Condition::Quarantined(..)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fails a plugin so often in a row, each time as soon as it is called again, and gives the pauses in seconds.
    fn fail(health: &Health, now: &mut Instant, times: usize) -> Vec<u64> {
        let pause = |_| {
            let pause = health.failed(health.admit(*now).unwrap(), "it trapped", *now).unwrap();
            *now += pause;
            pause.as_secs()
        };
        (0..times).map(pause).collect()
    }

    #[test]
    fn pauses_double_up_to_a_minute_and_five_of_those_lead_to_quarantine() {
        let (health, mut now) = (Health::default(), Instant::now());
        assert_eq!(fail(&health, &mut now, 11), [1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60]);
        assert!(health.held(now).is_none());
        assert_eq!(fail(&health, &mut now, 2), [300, 300]);
        assert!(health.held(now).unwrap().is_quarantined);
        assert_eq!(health.restarts(), 12);
    }

    #[test]
    fn three_good_calls_end_a_quarantine_and_one_at_a_time_is_let_through() {
        let (health, mut now) = (Health::default(), Instant::now());
        fail(&health, &mut now, 12);
        for _ in 0..3 {
            let admission = health.admit(now).unwrap();
            let held = health.admit(now).unwrap_err();
            assert_eq!(
                (held.remaining.as_secs(), held.is_quarantined, held.reason.as_str()),
                (300, true, "it trapped")
            );
            health.good(admission);
            now += Duration::from_secs(300);
        }
        assert!(health.held(now).is_none());
        assert_eq!(fail(&health, &mut now, 1), [1]);
    }

    #[test]
    fn a_call_that_is_given_up_leaves_its_try_to_another() {
        let (health, mut now) = (Health::default(), Instant::now());
        fail(&health, &mut now, 12);
        drop(health.admit(now).unwrap());
        let admission = health.admit(now).unwrap();
        assert_eq!(health.admit(now).unwrap_err().remaining.as_secs(), 300);
        health.good(admission);
        assert_eq!(health.admit(now).unwrap_err().remaining.as_secs(), 300);
        now += Duration::from_secs(300);
        // Of one that is given up late, nothing is left.
        let late = health.admit(now).unwrap();
        health.forgive();
        fail(&health, &mut now, 12);
        health.failed(health.admit(now).unwrap(), "it trapped", now).unwrap();
        drop(late);
        assert_eq!(health.admit(now).unwrap_err().remaining.as_secs(), 300);
    }

    #[test]
    fn a_good_call_ends_the_doubling() {
        let (health, mut now) = (Health::default(), Instant::now());
        assert_eq!(fail(&health, &mut now, 3), [1, 2, 4]);
        health.good(health.admit(now).unwrap());
        assert_eq!(fail(&health, &mut now, 2), [1, 2]);
        health.forgive();
        assert!(health.held(now).is_none());
        assert_eq!(fail(&health, &mut now, 1), [1]);
    }

    #[test]
    fn calls_that_fail_together_count_once_and_a_late_good_one_heals_nothing() {
        let (health, now) = (Health::default(), Instant::now());
        let [one, two, three] = [(); 3].map(|()| health.admit(now).unwrap());
        assert_eq!(health.failed(one, "it trapped", now), Some(Duration::from_secs(1)));
        assert_eq!(health.failed(two, "it trapped", now), None);
        health.good(three);
        assert_eq!(health.admit(now).unwrap_err().remaining, Duration::from_secs(1));
    }
}
