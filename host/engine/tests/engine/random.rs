//! Seeded numbers, and how many seeds a run takes.

/// The SplitMix64 generator, so that a seed that is printed gives the same run again.
#[derive(Clone, Debug)]
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(bound).unwrap()).unwrap()
    }

    /// Whether a thing happens that happens so many times of a hundred.
    pub(crate) fn percent(&mut self, times: usize) -> bool {
        self.below(100) < times
    }

    /// One of some things.
    pub(crate) fn pick<'a, T>(&mut self, things: &'a [T]) -> &'a T {
        &things[self.below(things.len())]
    }
}

/// The seeds of a test: so many from a first one on, or the one that `TEGA_SEED` named when the test was built.
pub(crate) fn seeds(first: u64, count: u64) -> Vec<u64> {
    match option_env!("TEGA_SEED") {
        Some(seed) => vec![seed.parse().unwrap()],
        None => (first..first + count * FACTOR).collect(),
    }
}

/// How many times as many seeds a long run takes.
const FACTOR: u64 = if cfg!(feature = "soak") { 20 } else { 1 };
