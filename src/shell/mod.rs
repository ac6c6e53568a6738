//! Thin shells, one per host: exports for JavaScript, and beside them the TypeScript that patches,
//! stores and sends. What a shell needs to know, it asks the floors below.

#[cfg(feature = "browser")]
pub mod browser;
#[cfg(feature = "edge")]
pub mod edge;
#[cfg(feature = "sandbox")]
pub mod sandbox;

/// Bytes of the host's cryptographic random source, the only door to entropy; `None` on a host
/// without one.
#[cfg(feature = "edge")]
fn entropy<const N: usize>() -> Option<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).ok()?;
    Some(bytes)
}
