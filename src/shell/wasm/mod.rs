//! The border between a host and a module: the Rust side of the TypeScript beside it.

#[cfg(any(feature = "browser", feature = "customer"))]
pub mod text;
