//! Texts that a page writes into the memory of its module.

/// Returns the text that `write` writes to an address, by the length that it returns. There is room
/// for `room` bytes.
#[expect(unsafe_code, reason = "the page writes into memory that is reserved for it")]
pub(crate) fn written(room: usize, write: impl FnOnce(*mut u8) -> usize) -> String {
    let mut text = Vec::with_capacity(room);
    let length = write(text.as_mut_ptr());
    // SAFETY: the page encodes a text of at most `room` bytes as UTF-8, and returns its length.
    unsafe {
        text.set_len(length);
        String::from_utf8_unchecked(text)
    }
}
