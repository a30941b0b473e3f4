//! See `tega_fuzz::record`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tega_fuzz::record(bytes));
