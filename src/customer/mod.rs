//! Customer information: normalise, hash.

mod field;
mod options;
mod reason;
mod sha256;
mod stages;
mod text;

pub use field::Field;
pub use options::Options;
pub use reason::Reason;
pub use sha256::sha256_hex;
pub use stages::{Hashed, Normalized, Raw};
