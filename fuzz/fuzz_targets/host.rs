//! See `host` in the library.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| capi_bridge_fuzz::host::any(input));
