//! Passes text into and out of a page's module. wasm-bindgen could do it, for 130 more bytes of
//! Brotli output. `bind.ts` is the other side.
//!
//! Strings are passed as pointer and length, each in its own memory from `place`. A call returns
//! one string, as the address of an [`Answer`].

use core::cell::UnsafeCell;

/// Allocates memory for a text of `length` bytes, which the next call takes. It is uninitialised.
#[unsafe(no_mangle)]
pub(super) extern "C" fn place(length: usize) -> *mut u8 {
    Box::into_raw(Box::<[u8]>::new_uninit_slice(length)).cast()
}

/// Takes the text that the page wrote at a place.
///
/// # Safety
///
/// `at` must come from [`place`] with this `length`, hold UTF-8, and be taken once. If `length` is
/// 0, `at` may be any pointer but null.
pub(crate) unsafe fn taken(at: *mut u8, length: usize) -> String {
    // SAFETY: a boxed slice is as long as the vector that it becomes.
    unsafe { String::from_raw_parts(at, length, length) }
}

/// A text for the page: its address and its length in bytes.
#[repr(C)]
pub struct Answer {
    at: *const u8,
    length: usize,
}

struct Last(UnsafeCell<Answer>);

// SAFETY: a page's module runs on one thread.
unsafe impl Sync for Last {}

static LAST: Last = Last(UnsafeCell::new(Answer { at: core::ptr::null(), length: 0 }));

/// Returns the address of an [`Answer`] with this text. The text is leaked: nothing is freed here.
pub(crate) fn answer(text: String) -> *const Answer {
    let text = text.leak();
    let last = LAST.0.get();
    // SAFETY: nothing else refers to it while this module runs.
    unsafe { *last = Answer { at: text.as_ptr(), length: text.len() } };
    last
}
