//! What the validator's hash maps get for randomness.
//!
//! A plugin has no source of randomness yet, and these numbers are not secret: who knows them can make a schema whose
//! members' names collide. That costs whoever may write schemas a commit that runs into the guard's deadline, and
//! nothing else; values are kept in ordered maps.
#![allow(unsafe_code, reason = "getrandom asks for a function of this form")]

/// Fills `bytes` bytes from `to` on, always with the same numbers.
///
/// # Safety
///
/// `to` points to as many bytes that may be written.
#[unsafe(no_mangle)]
unsafe extern "Rust" fn __getrandom_v03_custom(to: *mut u8, bytes: usize) -> Result<(), getrandom::Error> {
    // SAFETY: getrandom gives a buffer of its own of that length.
    let buffer = unsafe { core::slice::from_raw_parts_mut(to.cast::<core::mem::MaybeUninit<u8>>(), bytes) };
    // splitmix64, from a number picked by a fair die.
    let mut state: u64 = 0x9e37_79b9_7f4a_7c15;
    for chunk in buffer.chunks_mut(8) {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut number = state;
        number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        number ^= number >> 31;
        for (byte, random) in chunk.iter_mut().zip(number.to_le_bytes()) {
            byte.write(random);
        }
    }
    Ok(())
}
