//! The macro that makes a plugin out of functions.

/// Makes a plugin out of the functions named in it, and exports the parts they need and no others.
///
/// All sections may be left out; those that are there stand in this order, each with its comma.
///
/// ```no_run
/// # use serde::{Deserialize, Serialize};
/// # use tega_plugin::{Changes, Commit, Error, Message, Rejection, Result, StartReason};
/// # #[derive(Deserialize)] struct Greet { name: String }
/// # fn greet(greet: Greet) -> Result<String> { Ok(greet.name) }
/// # fn begin(_: StartReason) -> Result<()> { Ok(()) }
/// # fn end() {}
/// # fn note(_: Commit) -> Result<()> { Ok(()) }
/// # fn hear(_: Message) -> Result<()> { Ok(()) }
/// # fn catch_up(_: u64, _: u64) -> Result<()> { Ok(()) }
/// # fn normalise(_: &mut Changes) -> Result<(), Rejection> { Ok(()) }
/// # fn check(_: &Changes) -> Result<(), Rejection> { Ok(()) }
/// tega_plugin::plugin! {
///     // The package's name, version and description, where they aren't given.
///     name: "hello",
///     version: "1.0.0",
///     summary: "Greets.",
///     // What the plugin wishes to be allowed; any of the four may be left out. The operator's file says what it gets.
///     wants: {
///         read: ["inventory"],
///         write: ["report.*.state"],
///         methods: ["mail.send"],
///         channels: ["alerts"],
///     },
///     // fn(StartReason) -> Result<()>: once for each instance, before anything else.
///     start: begin,
///     // fn(): once for each instance, at its end.
///     stop: end,
///     // fn(), fn(A) or fn(Call) -> Result<R>: the methods it answers, each with its path, and its summary as a
///     // comment. `parameters:` and `returns:` take JSON Schemas as text.
///     methods: {
///         /// Greets somebody by name.
///         "hello.greet" => greet, parameters: r#"{"properties": {"name": {"type": "string"}}}"#,
///     },
///     // fn(Commit) -> Result<()>: after each commit that touches a node of these patterns.
///     commits: ["inventory"] => note,
///     // fn(Message) -> Result<()>: messages on these channels.
///     messages: ["hello"] => hear,
///     // fn(first: u64, last: u64) -> Result<()>: commits that can't be delivered any more.
///     gap: catch_up,
///     // fn(&mut Changes) -> Result<(), Rejection>: changes or refuses commits that touch a node of these patterns.
///     // Transforms run in their order, 100 where it is not given.
///     transforms: ["inventory.*.mac"] order 50 => normalise,
///     // fn(&Changes) -> Result<(), Rejection>: accepts or refuses the whole, after all transforms.
///     guards: ["inventory"] => check,
/// }
/// ```
#[macro_export]
macro_rules! plugin {
    (
        $(name: $name:expr,)?
        $(version: $version:expr,)?
        $(summary: $summary:expr,)?
        $(wants: {
            $(read: [$($read:expr),* $(,)?] $(,)?)?
            $(write: [$($write:expr),* $(,)?] $(,)?)?
            $(methods: [$($uses:expr),* $(,)?] $(,)?)?
            $(channels: [$($channel:expr),* $(,)?] $(,)?)?
        },)?
        $(start: $start:path,)?
        $(stop: $stop:path,)?
        $(methods: { $(
            $(#[doc = $doc:literal])+
            $path:literal => $method:path $(, parameters: $parameters:expr)? $(, returns: $returns:expr)?
        ),+ $(,)? },)?
        $(commits: [$($commits:expr),+ $(,)?] => $on_commit:path,)?
        $(messages: [$($messages:expr),+ $(,)?] => $on_message:path,)?
        $(gap: $on_gap:path,)?
        $(transforms: [$($transforms:expr),+ $(,)?] $(order $transform_order:literal)? => $transform:path,)?
        $(guards: [$($guards:expr),+ $(,)?] $(order $guard_order:literal)? => $guard:path,)?
    ) => {
        const _: () = {
            use $crate::raw::lifecycle::exports::tega::plugin::lifecycle as __contract;

            const __NAME: &str = [$($name,)? ::core::env!("CARGO_PKG_NAME")][0];

            #[derive(Debug)]
            struct __Plugin;

            impl __contract::Guest for __Plugin {
                fn describe() -> __contract::Description {
                    $crate::glue::begin(__NAME);
                    __contract::Description {
                        name: __NAME.into(),
                        version: [$($version,)? ::core::env!("CARGO_PKG_VERSION")][0].into(),
                        summary: [$($summary,)? ::core::env!("CARGO_PKG_DESCRIPTION")][0].into(),
                        methods: ::std::vec![$($($crate::glue::method(
                            $path,
                            ::core::concat!($($doc),+),
                            ::core::option::Option::None$(.or(::core::option::Option::Some($parameters.into())))?,
                            ::core::option::Option::None$(.or(::core::option::Option::Some($returns.into())))?,
                        )),+)?],
                        subscriptions: $crate::glue::subscriptions(&[$($($commits),+)?], &[$($($messages),+)?]),
                        transforms: $crate::glue::hooks(&[$($($transforms),+)?], [$($($transform_order,)?)? 100][0]),
                        guards: $crate::glue::hooks(&[$($($guards),+)?], [$($($guard_order,)?)? 100][0]),
                        views: ::std::vec![],
                        timers: ::std::vec![],
                        grants: __contract::Grants {
                            read: $crate::glue::texts(&[$($($($read),*)?)?]),
                            write: $crate::glue::texts(&[$($($($write),*)?)?]),
                            methods: $crate::glue::texts(&[$($($($uses),*)?)?]),
                            channels: $crate::glue::texts(&[$($($($channel),*)?)?]),
                            hosts: ::std::vec![],
                            environment: ::std::vec![],
                            folders: ::std::vec![],
                        },
                        extra: ::std::vec![],
                    }
                }

                fn start(reason: __contract::StartReason) -> ::core::result::Result<(), $crate::raw::types::Error> {
                    $crate::glue::begin(__NAME);
                    $($start(reason).map_err($crate::Error::into_raw)?;)?
                    let _ = reason;
                    ::core::result::Result::Ok(())
                }

                fn stop() {
                    $($stop();)?
                }
            }

            $crate::raw::lifecycle::export!(__Plugin with_types_in $crate::raw::lifecycle);
            $crate::__methods! { __Plugin $({ $($path => $method),+ })? }
            $crate::__subscriber! { __Plugin [$($on_commit)?] [$($on_message)?] [$($on_gap)?] }
            $crate::__transform! { __Plugin $($transform)? }
            $crate::__guard! { __Plugin $($guard)? }
        };
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __methods {
    ($plugin:ident) => {};
    ($plugin:ident { $($path:literal => $method:path),+ }) => {
        impl $crate::raw::methods::exports::tega::plugin::methods::Guest for $plugin {
            fn call(
                path: $crate::Path,
                positional: ::std::string::String,
                named: ::std::string::String,
                caller: $crate::Author,
            ) -> ::core::result::Result<::std::string::String, $crate::raw::types::Error> {
                let call = $crate::Call { path, positional, named, caller };
                $(if $crate::glue::calls(&call, $path) {
                    return $crate::glue::answer($method, call);
                })+
                ::core::result::Result::Err($crate::glue::no_such_method(&call))
            }
        }

        $crate::raw::methods::export!($plugin with_types_in $crate::raw::methods);
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __subscriber {
    ($plugin:ident [] [] []) => {};
    ($plugin:ident [$($on_commit:path)?] [$($on_message:path)?] [$($on_gap:path)?]) => {
        impl $crate::raw::subscriber::exports::tega::plugin::subscriber::Guest for $plugin {
            fn on_commit(commit: $crate::Commit) -> ::core::result::Result<(), $crate::raw::types::Error> {
                let hear: fn($crate::Commit) -> $crate::Result<()> = [$($on_commit,)? $crate::glue::ignore_commit][0];
                hear(commit).map_err($crate::Error::into_raw)
            }

            fn on_message(message: $crate::Message) -> ::core::result::Result<(), $crate::raw::types::Error> {
                let hear: fn($crate::Message) -> $crate::Result<()> = [$($on_message,)? $crate::glue::ignore_message][0];
                hear(message).map_err($crate::Error::into_raw)
            }

            fn on_gap(first: u64, last: u64) -> ::core::result::Result<(), $crate::raw::types::Error> {
                let hear: fn(u64, u64) -> $crate::Result<()> = [$($on_gap,)? $crate::glue::note_gap][0];
                hear(first, last).map_err($crate::Error::into_raw)
            }
        }

        $crate::raw::subscriber::export!($plugin with_types_in $crate::raw::subscriber);
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __transform {
    ($plugin:ident) => {};
    ($plugin:ident $transform:path) => {
        impl $crate::raw::transform::exports::tega::plugin::transform::Guest for $plugin {
            fn transform(
                changes: ::std::vec::Vec<$crate::Change>,
                author: $crate::Author,
            ) -> ::core::result::Result<
                ::std::vec::Vec<$crate::raw::transform::exports::tega::plugin::transform::Edit>,
                $crate::raw::types::Rejection,
            > {
                let mut changes = $crate::Changes::new(changes, author);
                $transform(&mut changes).map_err($crate::Rejection::into_raw)?;
                ::core::result::Result::Ok(changes.into_edits())
            }
        }

        $crate::raw::transform::export!($plugin with_types_in $crate::raw::transform);
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __guard {
    ($plugin:ident) => {};
    ($plugin:ident $guard:path) => {
        impl $crate::raw::guard::exports::tega::plugin::guard::Guest for $plugin {
            fn check(
                changes: ::std::vec::Vec<$crate::Change>,
                author: $crate::Author,
            ) -> ::core::result::Result<(), $crate::raw::types::Rejection> {
                $guard(&$crate::Changes::new(changes, author)).map_err($crate::Rejection::into_raw)
            }
        }

        $crate::raw::guard::export!($plugin with_types_in $crate::raw::guard);
    };
}
