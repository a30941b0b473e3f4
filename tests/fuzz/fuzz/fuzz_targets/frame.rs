//! See `tega_fuzz::frame`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tega_fuzz::frame(bytes));
