//! A call of a method, and the functions that answer one.

use std::fmt::Display;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::arguments::Arguments;
use crate::error::{Error, Result};
use crate::path::{self, Path};
use crate::raw::types::Author;

/// A call of a method as it came: for a function that wants to know who calls, or takes whatever arguments there are.
///
/// ```
/// use serde::Deserialize;
/// use tega_plugin::{Author, AuthorKind, Call, Error, Result};
///
/// #[derive(Deserialize)]
/// struct Reserve {
///     device: String,
/// }
///
/// fn reserve(call: Call) -> Result<String> {
///     let Reserve { device } = call.args()?;
///     match &call.caller {
///         Author { name: Some(name), proven: true, .. } => Ok(format!("{device} is {name}'s")),
///         other => Err(Error::invalid(format!("{other} has no session of its own"))),
///     }
/// }
///
/// let caller = Author { kind: AuthorKind::Client, name: Some("ada".into()), proven: true };
/// let path = tega_plugin::path!["ports", "reserve"];
/// let call = Call { path, positional: r#"["ne1"]"#.into(), named: "{}".into(), caller };
/// assert_eq!(reserve(call).unwrap(), "ne1 is ada's");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The method's path.
    pub path: Path,
    /// The arguments without a name: a JSON array.
    pub positional: String,
    /// The arguments with a name: a JSON object.
    pub named: String,
    /// Who calls.
    pub caller: Author,
}

impl Call {
    /// The arguments as a struct of the author's: positional ones fill its fields in their order, named ones by name.
    ///
    /// # Errors
    ///
    /// [`ErrorCode::Invalid`](crate::ErrorCode::Invalid) with a message that names the argument that is missing or of
    /// another type.
    pub fn args<T: DeserializeOwned>(&self) -> Result<T> {
        // Nearly every call. What doesn't fit is read again below, because serde_json alone can't say which argument it
        // is.
        if self.positional == "[]"
            && let Ok(args) = serde_json::from_str(&self.named)
        {
            return Ok(args);
        }
        let invalid = |error: &dyn Display| Error::invalid(format!("{}: {error}", path::text(&self.path)));
        let positional = serde_json::from_str(&self.positional).map_err(|error| invalid(&error))?;
        let named = serde_json::from_str(&self.named).map_err(|error| invalid(&error))?;
        T::deserialize(Arguments::new(positional, named)).map_err(|error| invalid(&error))
    }
}

/// What a function that answers a method may take: any type that serde reads, for the arguments, or the whole [`Call`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be the arguments of a method",
    note = "it derives `serde::Deserialize`, and is not borrowed; or it is `tega_plugin::Call`"
)]
pub trait FromCall: Sized {
    /// Takes what is wanted out of a call.
    ///
    /// # Errors
    ///
    /// [`ErrorCode::Invalid`](crate::ErrorCode::Invalid) where the arguments don't fit.
    fn from_call(call: Call) -> Result<Self>;
}

impl<T: DeserializeOwned> FromCall for T {
    fn from_call(call: Call) -> Result<Self> {
        call.args()
    }
}

impl FromCall for Call {
    fn from_call(call: Call) -> Result<Self> {
        Ok(call)
    }
}

/// The arguments of a method that takes none.
#[derive(Debug)]
pub struct NoArguments(());

impl FromCall for NoArguments {
    fn from_call(call: Call) -> Result<Self> {
        call.args().map(Self)
    }
}

/// A function that answers a method; `Form` only tells the two forms apart.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't answer a method",
    note = "a method is `fn() -> Result<R>`, `fn(arguments: A) -> Result<R>` or `fn(call: Call) -> Result<R>`",
    note = "the error is `tega_plugin::Error`"
)]
pub trait Method<Form> {
    /// What it takes.
    type Arguments;
    /// What it gives.
    type Answer;

    /// Calls the function.
    ///
    /// # Errors
    ///
    /// What the function returns.
    fn invoke(self, arguments: Self::Arguments) -> Result<Self::Answer>;
}

impl<F, R> Method<()> for F
where
    F: FnOnce() -> Result<R>,
{
    type Arguments = NoArguments;
    type Answer = R;

    fn invoke(self, _: NoArguments) -> Result<R> {
        self()
    }
}

impl<F, A, R> Method<(A,)> for F
where
    F: FnOnce(A) -> Result<R>,
{
    type Arguments = A;
    type Answer = R;

    fn invoke(self, arguments: A) -> Result<R> {
        self(arguments)
    }
}

/// Answers a call with JSON text.
pub(crate) fn answer<Form, F>(method: F, call: Call) -> Result<String>
where
    F: Method<Form, Arguments: FromCall, Answer: Serialize>,
{
    let arguments = FromCall::from_call(call)?;
    Ok(serde_json::to_string(&method.invoke(arguments)?)?)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::{AuthorKind, path};

    #[derive(Deserialize)]
    struct Sum {
        a: u32,
        b: u32,
    }

    fn sum(sum: Sum) -> Result<u32> {
        Ok(sum.a + sum.b)
    }

    fn caller(call: Call) -> Result<Option<String>> {
        Ok(call.caller.name)
    }

    fn nothing() -> Result<()> {
        Ok(())
    }

    fn call(positional: &str, named: &str) -> Call {
        let caller = Author { kind: AuthorKind::Client, name: Some("ada".into()), proven: false };
        Call { path: path!["math", "sum"], positional: positional.into(), named: named.into(), caller }
    }

    #[test]
    fn a_method_is_a_function_of_nothing_of_arguments_or_of_the_call() {
        assert_eq!(answer(nothing, call("[]", "{}")), Ok("null".into()));
        assert_eq!(answer(sum, call("[]", r#"{"a": 1, "b": 2}"#)), Ok("3".into()));
        assert_eq!(answer(sum, call("[1]", r#"{"b": 2}"#)), Ok("3".into()));
        assert_eq!(answer(caller, call("[1]", "{}")), Ok(r#""ada""#.into()));
    }

    #[test]
    fn wrong_arguments_are_invalid_and_the_message_names_method_and_argument() {
        let check = |positional, named, message: &str| {
            assert_eq!(answer(sum, call(positional, named)), Err(Error::invalid(message)));
        };
        check("[]", "{}", "math.sum: missing field `a`");
        check("[1]", "{}", "math.sum: missing field `b`");
        check("[]", r#"{"a": 1, "b": "2"}"#, r#"math.sum: argument `b`: invalid type: string "2", expected u32"#);
        let error = answer(nothing, call("[]", r#"{"a": 1}"#)).unwrap_err();
        assert_eq!(error, Error::invalid("math.sum: takes no named arguments, but `a` is given"));
    }
}
