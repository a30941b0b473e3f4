//! One window: what its numbers come to, and the form it is kept in.

use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

/// The largest whole number below which a 64-bit floating point number holds every one: 2^53.
const WHOLE_MAX: f64 = 9_007_199_254_740_992.0;

/// What the numbers of a window come to.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct Window {
    /// How many there were.
    pub(crate) count: u64,
    #[serde(serialize_with = "short")]
    pub(crate) min: f64,
    #[serde(serialize_with = "short")]
    pub(crate) max: f64,
    #[serde(serialize_with = "short")]
    pub(crate) mean: f64,
    #[serde(serialize_with = "short")]
    pub(crate) sum: f64,
    /// The newest.
    #[serde(serialize_with = "short")]
    pub(crate) last: f64,
    /// Whether its time is over.
    pub(crate) closed: bool,
    /// How many came after that.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) late: u64,
}

impl Window {
    /// A window with one number.
    pub(crate) fn of(number: f64) -> Self {
        Self { count: 1, min: number, max: number, mean: number, sum: number, last: number, closed: false, late: 0 }
    }

    /// Adds what came after.
    pub(crate) fn add(&mut self, later: &Self) {
        self.count += later.count;
        self.min = self.min.min(later.min);
        self.max = self.max.max(later.max);
        self.sum = finite(self.sum + later.sum);
        #[expect(clippy::cast_precision_loss, reason = "a mean of more than 2^53 numbers is not exact")]
        let count = self.count as f64;
        self.mean = self.sum / count;
        self.last = later.last;
        if self.closed {
            self.late += later.count;
        }
    }
}

/// A sum beyond what a number holds stays at the end of them, because JSON has no infinity.
fn finite(number: f64) -> f64 {
    number.clamp(f64::MIN, f64::MAX)
}

/// Writes a whole number as one.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it so")]
fn short<S: serde::Serializer>(number: &f64, to: S) -> Result<S::Ok, S::Error> {
    let number = *number;
    #[expect(clippy::cast_possible_truncation, reason = "it is whole, and small enough")]
    let value = match number.fract() == 0.0 && number.abs() < WHOLE_MAX {
        true => Value::from(number as i64),
        false => Number::from_f64(number).map_or(Value::Null, Value::Number),
    };
    value.serialize(to)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it so")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}
