//! Customer information: normalise, hash.
