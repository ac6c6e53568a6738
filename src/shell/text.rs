//! Text in and out of what a page loads. wasm-bindgen does more, in 130 bytes of Brotli output more;
//! `browser/binding.ts` is the other side.
//!
//! Texts go in as where they lie and how long they are, each at a [`place`] of its own; one comes out
//! as the address of an [`Answer`].

use core::cell::UnsafeCell;

/// A place for a text of so many bytes, which the next call takes: nothing is there yet.
#[unsafe(no_mangle)]
pub(super) extern "C" fn place(length: usize) -> *mut u8 {
    Box::into_raw(Box::<[u8]>::new_uninit_slice(length)).cast()
}

/// The text that was written at a place.
///
/// # Safety
///
/// `at` is what [`place`] gave for this length, holds UTF-8 by now, and is taken once; of no length, it
/// is anything but null.
pub(super) unsafe fn taken(at: *mut u8, length: usize) -> String {
    // SAFETY: a boxed slice is as long as the vector that it becomes.
    unsafe { String::from_raw_parts(at, length, length) }
}

/// Where a text lies and how long it is.
#[repr(C)]
pub struct Answer {
    at: *const u8,
    length: usize,
}

struct Last(UnsafeCell<Answer>);

// SAFETY: a page's module runs on one thread.
unsafe impl Sync for Last {}

static LAST: Last = Last(UnsafeCell::new(Answer { at: core::ptr::null(), length: 0 }));

/// Hands a text to the page, where it stays: nothing is freed there.
pub(super) fn answer(text: String) -> *const Answer {
    let text = text.leak();
    let last = LAST.0.get();
    // SAFETY: nothing else refers to it while this module runs.
    unsafe { *last = Answer { at: text.as_ptr(), length: text.len() } };
    last
}
