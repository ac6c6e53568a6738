//! Serialises the exact types of the ground floor to JSON, as their own text.

use serde::{Serialize, Serializer};

use crate::customer::Hashed;
use crate::identifiers::{EventId, Fbc, Fbp};

macro_rules! as_text {
    ($($type:ty),*) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    )*};
}

as_text!(EventId, Fbc, Fbp, Hashed);
