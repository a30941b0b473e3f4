//! The macro that makes a plugin out of functions.

/// Makes a plugin out of the functions named in it, and exports the parts they need and no others.
///
/// All sections may be left out; those that are there stand in this order, each with its comma. A list of patterns, of
/// channels or of wishes ([`Texts`](crate::Texts)), the nodes of a view ([`Paths`](crate::Paths)) and an interval
/// ([`Interval`](crate::Interval)) may be any expression, found once when the plugin is described: from its settings, for
/// instance. It may be a `Result`; on an error the plugin does not start, and the error says why.
///
/// ```no_run
/// # use serde::{Deserialize, Serialize};
/// # use tega_plugin::{Changes, Commit, Error, Message, Path, Rejection, Result, StartReason, Tick, View, path, settings};
/// # #[derive(Deserialize)] struct Greet { name: String }
/// # #[derive(Deserialize)] struct Settings { guarded: Vec<String> }
/// # fn greet(greet: Greet) -> Result<String> { Ok(greet.name) }
/// # fn begin(_: StartReason) -> Result<()> { Ok(()) }
/// # fn end() {}
/// # fn note(_: Commit) -> Result<()> { Ok(()) }
/// # fn hear(_: Message) -> Result<()> { Ok(()) }
/// # fn catch_up(_: u64, _: u64) -> Result<()> { Ok(()) }
/// # fn normalise(_: &mut Changes) -> Result<(), Rejection> { Ok(()) }
/// # fn guarded() -> Result<Vec<String>> { Ok(settings::get::<Settings>()?.guarded) }
/// # fn check(_: &Changes) -> Result<(), Rejection> { Ok(()) }
/// # fn count() -> Result<Option<u32>> { Ok(Some(1)) }
/// # fn totals() -> Result<Vec<Path>> { Ok(vec![path!["report", "a"], path!["report", "b"]]) }
/// # fn total(_: View) -> Result<Option<u32>> { Ok(None) }
/// # fn sweep(_: Tick) -> Result<()> { Ok(()) }
/// tega_plugin::plugin! {
///     // The package's name, version and description, where they aren't given.
///     name: "hello",
///     version: "1.0.0",
///     summary: "Greets.",
///     // What the plugin wishes to be allowed, any of the seven. The operator's file says what it gets.
///     wants: {
///         read: ["inventory"],
///         write: ["report.*.state"],
///         methods: ["mail.send"],
///         channels: ["alerts"],
///         hosts: ["example.org"],
///         environment: ["TZ"],
///         folders: ["/etc/hello"],
///     },
///     // fn(StartReason) -> Result<()>: once for each instance, before anything else.
///     start: begin,
///     // fn(): once for each instance, at its end.
///     stop: end,
///     // fn(), fn(A) or fn(Call) -> Result<R>: the methods it answers, each with its path, and its summary as a
///     // comment. Where A and R derive `JsonSchema`, they are described by it; `parameters:` and `returns:` take other
///     // JSON Schemas as text.
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
///     transforms: ["inventory.*.mac"] => normalise, order: 50,
///     // fn(&Changes) -> Result<(), Rejection>: accepts or refuses the whole, after all transforms.
///     guards: guarded() => check,
///     // fn() or fn(View) -> Result<Option<T>>: the nodes it computes when they are read, each with its summary; `at`
///     // takes an expression.
///     views: {
///         /// How many there are.
///         "report.count" => count,
///         /// What a site comes to.
///         at totals() => total,
///     },
///     // fn() or fn(Tick) -> Result<()>: at each interval.
///     timers: {
///         "sweep" every "10s" => sweep,
///     },
/// }
/// ```
///
/// A function of another form, or with arguments that can't be read, does not compile:
///
/// ```compile_fail,E0277
/// struct Greet { name: String } // lacks #[derive(serde::Deserialize)]
/// fn greet(greet: Greet) -> tega_plugin::Result<String> { Ok(greet.name) }
/// tega_plugin::plugin! {
///     methods: {
///         /// Greets somebody by name.
///         "hello.greet" => greet,
///     },
/// }
/// ```
///
/// ```compile_fail,E0277
/// fn greet(name: String, greeting: String) -> tega_plugin::Result<String> { Ok(greeting + &name) }
/// tega_plugin::plugin! {
///     methods: {
///         /// Greets somebody by name.
///         "hello.greet" => greet, // takes a struct with both
///     },
/// }
/// ```
#[macro_export]
macro_rules! plugin {
    (
        $(name: $name:expr,)?
        $(version: $version:expr,)?
        $(summary: $summary:expr,)?
        $(wants: { $($wish:ident: $wished:expr),* $(,)? },)?
        $(start: $start:path,)?
        $(stop: $stop:path,)?
        $(methods: { $(
            $(#[doc = $doc:literal])+
            $path:literal => $method:path $(, parameters: $parameters:expr)? $(, returns: $returns:expr)?
        ),+ $(,)? },)?
        $(commits: $commits:expr => $on_commit:path,)?
        $(messages: $messages:expr => $on_message:path,)?
        $(gap: $on_gap:path,)?
        $(transforms: $transforms:expr => $transform:path $(, order: $transform_order:literal)?,)?
        $(guards: $guards:expr => $guard:path $(, order: $guard_order:literal)?,)?
        $(views: { $(
            $(#[doc = $view_doc:literal])+
            $($view_path:literal)? $(at $view_paths:expr)? => $view:path
        ),+ $(,)? },)?
        $(timers: { $($timer:literal every $interval:expr => $tick:path),+ $(,)? },)?
    ) => {
        const _: () = {
            use $crate::raw::lifecycle::exports::tega::plugin::lifecycle as __contract;

            const __NAME: &str = [$($name,)? ::core::env!("CARGO_PKG_NAME")][0];
            const __VERSION: &str = [$($version,)? ::core::env!("CARGO_PKG_VERSION")][0];
            const __SUMMARY: &str = [$($summary,)? ::core::env!("CARGO_PKG_DESCRIPTION")][0];

            #[derive(Debug)]
            struct __Plugin;

            #[allow(unused_imports, unused_mut, clippy::needless_borrow, reason = "each plugin needs some of it")]
            fn __described() -> $crate::Result<__contract::Description> {
                use $crate::glue::{NoParameters as _, NoReturns as _, Parameters as _, Returns as _};
                let mut plugin = $crate::glue::description(__NAME, __VERSION, __SUMMARY);
                $($(plugin.grants.$wish = $crate::Texts::texts($wished)?;)*)?
                $($(plugin.methods.push($crate::glue::method(
                    $path,
                    ::core::concat!($($doc),+),
                    ::core::option::Option::None$(.or(::core::option::Option::Some($parameters.into())))?
                        .or_else(|| (&$crate::glue::described($method)).parameters()),
                    ::core::option::Option::None$(.or(::core::option::Option::Some($returns.into())))?
                        .or_else(|| (&$crate::glue::described($method)).returns()),
                ));)+)?
                $($crate::glue::commits(&mut plugin, $commits)?;)?
                $($crate::glue::channels(&mut plugin, $messages)?;)?
                $(plugin.transforms = $crate::glue::hooks($transforms, [$($transform_order,)? 100][0])?;)?
                $(plugin.guards = $crate::glue::hooks($guards, [$($guard_order,)? 100][0])?;)?
                $($($crate::glue::views(&mut plugin, $($view_path)? $($view_paths)?, ::core::concat!($($view_doc),+))?;)+)?
                $($($crate::glue::timer(&mut plugin, $timer, $interval)?;)+)?
                ::core::result::Result::Ok(plugin)
            }

            impl __contract::Guest for __Plugin {
                fn describe() -> __contract::Description {
                    $crate::glue::begin(__NAME);
                    // What could not be found is told by `start`, which can fail.
                    __described().unwrap_or_else(|_| $crate::glue::description(__NAME, __VERSION, __SUMMARY))
                }

                fn start(reason: __contract::StartReason) -> ::core::result::Result<(), $crate::raw::types::Error> {
                    $crate::glue::begin(__NAME);
                    $($($crate::glue::found($crate::Texts::texts($wished))?;)*)?
                    $($crate::glue::found($crate::Texts::texts($commits))?;)?
                    $($crate::glue::found($crate::Texts::texts($messages))?;)?
                    $($crate::glue::found($crate::Texts::texts($transforms))?;)?
                    $($crate::glue::found($crate::Texts::texts($guards))?;)?
                    $($($($crate::glue::found($crate::Paths::paths($view_paths))?;)?)+)?
                    $($($crate::glue::found($crate::Interval::interval($interval))?;)+)?
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
            $crate::__view! { __Plugin $({ $($($view_path)? $($view_paths)? => $view),+ })? }
            $crate::__timer! { __Plugin $({ $($timer => $tick),+ })? }
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

#[doc(hidden)]
#[macro_export]
macro_rules! __view {
    ($plugin:ident) => {};
    ($plugin:ident { $($paths:expr => $view:path),+ }) => {
        impl $crate::raw::view::exports::tega::plugin::view::Guest for $plugin {
            fn value(
                path: $crate::Path,
                reader: $crate::Author,
            ) -> ::core::result::Result<::core::option::Option<::std::string::String>, $crate::raw::types::Error> {
                let view = $crate::View { path, reader };
                $({
                    static PATHS: ::std::sync::OnceLock<::std::vec::Vec<$crate::Path>> = ::std::sync::OnceLock::new();
                    if $crate::glue::shows(&PATHS, || $paths, &view) {
                        return $crate::glue::value($view, view);
                    }
                })+
                ::core::result::Result::Err($crate::glue::no_such_view(&view))
            }
        }

        $crate::raw::view::export!($plugin with_types_in $crate::raw::view);
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __timer {
    ($plugin:ident) => {};
    ($plugin:ident { $($timer:literal => $tick:path),+ }) => {
        impl $crate::raw::timer::exports::tega::plugin::timer::Guest for $plugin {
            fn tick(timer: ::std::string::String, time_us: u64) -> ::core::result::Result<(), $crate::raw::types::Error> {
                let tick = $crate::Tick { timer, time_us };
                $(if tick.timer == $timer {
                    return $crate::glue::tick($tick, tick);
                })+
                ::core::result::Result::Err($crate::glue::no_such_timer(&tick))
            }
        }

        $crate::raw::timer::export!($plugin with_types_in $crate::raw::timer);
    };
}
