//! See `tega_fuzz::path`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tega_fuzz::path(bytes));
