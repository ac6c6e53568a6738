//! See `customer` in the library.
#![no_main]

use capi_bridge::customer::Field;

libfuzzer_sys::fuzz_target!(|input: &[u8]| capi_bridge_fuzz::customer::any(
    Field::ExternalId,
    input
));
