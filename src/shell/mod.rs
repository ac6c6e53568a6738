//! Thin shells, one per host: exports for JavaScript, and beside them the TypeScript that patches,
//! stores and sends. The rules are in the floors below.

#![allow(unsafe_code, reason = "a global allocator is declared by an unsafe trait")]

#[cfg(feature = "core")]
use std::cell::RefCell;

#[cfg(feature = "browser")]
pub mod browser;
#[cfg(feature = "core")]
pub mod core;
#[cfg(feature = "customer")]
pub mod customer;
#[cfg(feature = "datalayer")]
pub mod datalayer;
#[cfg(feature = "edge")]
pub mod edge;
#[cfg(feature = "sandbox")]
pub mod sandbox;
pub mod wasm;

/// The allocator of the page's modules for identifiers, customer information and its `dataLayer`. It
/// frees nothing: the page drops whole instances.
#[cfg(all(
    any(feature = "browser", feature = "customer", feature = "datalayer"),
    target_family = "wasm"
))]
#[global_allocator]
static ALLOCATOR: lol_alloc::AssumeSingleThreaded<lol_alloc::LeakingAllocator> =
    // SAFETY: a page's module runs on one thread; it is built without shared memory.
    unsafe { lol_alloc::AssumeSingleThreaded::new(lol_alloc::LeakingAllocator::new()) };

/// Returns bytes of the host's cryptographic random source, the only source of entropy; `None` on a
/// host without one.
///
/// Asks the host for 512 bytes at a time, because one request takes as long as everything else that
/// an id needs. Wipes the bytes that it returned.
#[cfg(feature = "core")]
fn entropy<const N: usize>() -> Option<[u8; N]> {
    thread_local! {
        static POOL: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    }
    POOL.with_borrow_mut(|pool| {
        if pool.len() < N {
            let mut fresh = [0; 512];
            getrandom::fill(&mut fresh).ok()?;
            pool.extend_from_slice(&fresh);
        }
        let taken = pool.len().checked_sub(N)?;
        let bytes = pool.get(taken..)?.try_into().ok()?;
        pool.get_mut(taken..)?.fill(0);
        pool.truncate(taken);
        Some(bytes)
    })
}

/// Returns the error for a host without a cryptographic random source.
#[cfg(feature = "core")]
fn no_entropy() -> wasm_bindgen::JsError {
    wasm_bindgen::JsError::new("this host has no cryptographic random source")
}

/// Converts a host's time to Unix milliseconds. NaN and negative times become 0.
#[cfg(any(feature = "browser", feature = "core"))]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "as saturates, NaN is 0"
)]
fn millis(host: f64) -> u64 {
    host as u64
}
