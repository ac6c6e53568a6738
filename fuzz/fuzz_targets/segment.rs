//! See `requests::segment` in the library.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| capi_bridge_fuzz::requests::segment::any(input));
