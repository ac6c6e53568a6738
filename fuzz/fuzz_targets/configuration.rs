//! See `requests::configuration` in the library.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| capi_bridge_fuzz::requests::configuration::any(input));
