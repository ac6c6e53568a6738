//! See `requests::documents` in the library.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| capi_bridge_fuzz::requests::documents::any(input));
