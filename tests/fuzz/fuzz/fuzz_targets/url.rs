//! See `tega_fuzz::url`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tega_fuzz::url(bytes));
