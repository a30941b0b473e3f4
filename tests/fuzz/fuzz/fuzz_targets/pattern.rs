//! See `tega_fuzz::pattern`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tega_fuzz::pattern(bytes));
