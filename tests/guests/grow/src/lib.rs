//! A guest that takes memory until it gets no more.

use tega_plugin::Result;

const MIB: usize = 1024 * 1024;

/// Takes memory as a careless plugin does: when it gets no more, that is a trap.
fn trap() -> Result<usize> {
    let mut taken = Vec::new();
    loop {
        taken.push(std::hint::black_box(vec![1_u8; MIB]));
    }
}

/// Takes memory as a careful plugin does, keeps it, and answers how much it got, in MiB.
fn ask() -> Result<usize> {
    let mut taken: usize = 0;
    loop {
        let mut block = Vec::<u8>::new();
        if block.try_reserve_exact(MIB).is_err() {
            return Ok(taken);
        }
        block.resize(MIB, 1);
        std::mem::forget(std::hint::black_box(block));
        taken += 1;
    }
}

tega_plugin::plugin! {
    methods: {
        /// Takes memory until it gets no more, and traps.
        "grow.trap" => trap,
        /// Takes memory until it gets no more, and answers how many MiB it got.
        "grow.ask" => ask,
    },
}
