//! A guest whose start never returns.

use tega_plugin::{Result, StartReason};

fn spin(_: StartReason) -> Result<()> {
    let mut rounds = 0_u64;
    loop {
        // Something to do, or the compiler would put a trap here.
        rounds = std::hint::black_box(rounds.wrapping_add(1));
    }
}

fn nothing() -> Result<()> {
    Ok(())
}

tega_plugin::plugin! {
    start: spin,
    methods: {
        /// Can't be called, because the guest never started.
        "spin-start.call" => nothing,
    },
}
