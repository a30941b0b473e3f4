//! A guest that never returns: from a method, and from a transform.

use tega_plugin::{Changes, Rejection, Result};

fn spin() -> Result<()> {
    for_ever()
}

fn spin_transform(_: &mut Changes) -> Result<(), Rejection> {
    for_ever()
}

fn for_ever() -> ! {
    let mut rounds = 0_u64;
    loop {
        // Something to do, or the compiler would put a trap here.
        rounds = std::hint::black_box(rounds.wrapping_add(1));
    }
}

tega_plugin::plugin! {
    methods: {
        /// Never returns.
        "spin.call" => spin,
    },
    transforms: ["spin-transform"] => spin_transform,
}
