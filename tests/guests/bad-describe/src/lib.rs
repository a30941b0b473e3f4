//! A guest whose description gives it a name that no plugin may have.

use tega_plugin::Result;

fn nothing() -> Result<()> {
    Ok(())
}

tega_plugin::plugin! {
    name: "Bad Describe!",
    methods: {
        /// Can't be called, because the guest is refused.
        "bad.call" => nothing,
    },
}
