//! Thin shells, one per host: exports for JavaScript, and beside them the TypeScript that patches,
//! stores and sends. What a shell needs to know, it asks the floors below.

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
#[cfg(feature = "browser")]
pub mod text;

/// What a page loads has one thread and little memory: a free list serves it.
#[cfg(all(feature = "datalayer", target_family = "wasm"))]
#[global_allocator]
static ALLOCATOR: lol_alloc::AssumeSingleThreaded<lol_alloc::FreeListAllocator> =
    // SAFETY: a page's module runs on one thread; it is built without shared memory.
    unsafe { lol_alloc::AssumeSingleThreaded::new(lol_alloc::FreeListAllocator::new()) };

/// Identifiers free nothing: the page drops their instances whole.
#[cfg(all(feature = "browser", not(feature = "datalayer"), target_family = "wasm"))]
#[global_allocator]
static ALLOCATOR: lol_alloc::AssumeSingleThreaded<lol_alloc::LeakingAllocator> =
    // SAFETY: a page's module runs on one thread; it is built without shared memory.
    unsafe { lol_alloc::AssumeSingleThreaded::new(lol_alloc::LeakingAllocator::new()) };

/// Bytes of the host's cryptographic random source, the only door to entropy; `None` on a host
/// without one.
///
/// The host is asked for many at a time: once takes as long as all else that an id needs. What was
/// given out is wiped.
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

/// What there is to say to a host without a random source.
#[cfg(feature = "core")]
fn no_entropy() -> wasm_bindgen::JsError {
    wasm_bindgen::JsError::new("this host has no cryptographic random source")
}

/// Unix milliseconds from a host's clock; what is no time is the beginning of time.
#[cfg(any(feature = "browser", feature = "core"))]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "as saturates, NaN is 0"
)]
fn millis(host: f64) -> u64 {
    host as u64
}
