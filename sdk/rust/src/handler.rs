//! Views and timers: what their functions are given, and which forms the functions may have.

use crate::error::Result;
use crate::path::Path;
use crate::raw::types::Author;

/// A view that somebody reads.
///
/// ```
/// use tega_plugin::{Result, View};
///
/// // Of a plugin with `views: { at paths() => shown }`: one function for several nodes.
/// fn shown(view: View) -> Result<Option<String>> {
///     Ok(view.path.last().map(|site| format!("all is well at {site}")))
/// }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// Which node is read, for a function that computes several.
    pub path: Path,
    /// Who reads it.
    pub reader: Author,
}

/// The interval of a timer has passed.
///
/// ```
/// use tega_plugin::Tick;
///
/// fn is_over(until_s: u64, tick: &Tick) -> bool {
///     until_s <= tick.time_us / 1_000_000
/// }
///
/// assert!(is_over(10, &Tick { timer: "sweep".into(), time_us: 10_000_000 }));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// The timer's name.
    pub timer: String,
    /// The time now, in microseconds since 1970-01-01T00:00:00Z.
    pub time_us: u64,
}

/// A function for a view ([`View`] in, `Option` of a value out) or a timer ([`Tick`] in, nothing out); `Form` only tells the
/// two forms apart.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't stand here",
    note = "for a view it is `fn() -> Result<Option<T>>` or `fn(view: View) -> Result<Option<T>>`",
    note = "for a timer it is `fn() -> Result<()>` or `fn(tick: Tick) -> Result<()>`",
    note = "the error is `tega_plugin::Error`"
)]
pub trait Handler<Input, Form> {
    /// What it answers.
    type Output;

    /// Calls the function.
    ///
    /// # Errors
    ///
    /// What the function returns.
    fn handle(self, input: Input) -> Result<Self::Output>;
}

impl<F, I, O> Handler<I, ()> for F
where
    F: FnOnce() -> Result<O>,
{
    type Output = O;

    fn handle(self, _: I) -> Result<O> {
        self()
    }
}

impl<F, I, O> Handler<I, (I,)> for F
where
    F: FnOnce(I) -> Result<O>,
{
    type Output = O;

    fn handle(self, input: I) -> Result<O> {
        self(input)
    }
}
