//! The lists that a page loads. `src/shell/browser/customer.ts` is the other side.

use super::List;
use crate::customer::lent::written;

#[expect(unsafe_code, reason = "declares what the page lends")]
mod page {
    #[link(wasm_import_module = "page")]
    unsafe extern "C" {
        /// Writes the meaning of a word to `into`, which has room for eight bytes, and returns its
        /// length; 0 if there is none. If the list is not loaded, the page notes that the value
        /// needs it, and reads the value again later.
        pub safe fn meaning(
            list: super::List,
            word: *const u8,
            length: usize,
            into: *mut u8,
        ) -> usize;
    }
}

pub(super) fn meaning(list: List, word: &str) -> Option<String> {
    let meaning = written(8, |into| page::meaning(list, word.as_ptr(), word.len(), into));
    (!meaning.is_empty()).then_some(meaning)
}
