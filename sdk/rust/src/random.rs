//! Random numbers, fit for keys and tokens. Wants the feature `wasi`.

use wasip2::random::random;

/// So many random bytes.
pub fn bytes(count: usize) -> Vec<u8> {
    random::get_random_bytes(u64::try_from(count).unwrap_or(u64::MAX))
}

/// A random number of 64 bits.
pub fn number() -> u64 {
    random::get_random_u64()
}
