//! The JSON values of a page, which this module asks for what it needs of them.
//!
//! `browser/datalayer/binding.ts` is the other side.

use core::num::NonZeroU32;
use std::borrow::Cow;

use crate::sources::mapping::{Json, View};
use crate::sources::whole_float;

/// A JSON value that the page keeps, by its place in a list of the page.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Kept(NonZeroU32);

/// The functions that the page provides. A value is passed as its place, and `None` is 0. A string of
/// this module is passed as the address and the length of its UTF-8.
mod page {
    use super::Kept;

    #[link(wasm_import_module = "page")]
    unsafe extern "C" {
        /// Returns the kind of a value: the position of its variant in [`super::View`].
        pub safe fn kind(value: Kept) -> u32;
        /// Returns the number of a number.
        pub safe fn number_of(value: Kept) -> f64;
        /// Returns the number of elements, of fields or of a text's bytes.
        pub safe fn size(value: Kept) -> usize;
        /// Writes the text whose size was asked for last.
        pub unsafe fn copy(at: *mut u8);
        pub safe fn field(value: Kept, at: *const u8, length: usize) -> Option<Kept>;
        pub safe fn name(value: Kept, index: usize) -> Option<Kept>;
        pub safe fn element(value: Kept, index: usize) -> Option<Kept>;
        pub safe fn parse_json(at: *const u8, length: usize) -> Option<Kept>;
        pub safe fn make_text(at: *const u8, length: usize) -> Kept;
        pub safe fn make_number(number: f64) -> Kept;
        /// Makes a list of the values at an address.
        pub safe fn make_list(at: *const Kept, length: usize) -> Kept;
        pub safe fn make_object() -> Kept;
        pub safe fn set(object: Kept, at: *const u8, length: usize, value: Kept);
        /// Sets all fields of another object.
        pub safe fn assign(object: Kept, other: Kept);
        /// Throws an error.
        pub safe fn fail(at: *const u8, length: usize) -> !;
    }
}

/// Parses JSON in text. Returns `None` if it is not JSON.
pub fn parse(text: &str) -> Option<Kept> {
    page::parse_json(text.as_ptr(), text.len())
}

/// Throws an error in the page. This instance of the module is then of no more use.
pub fn fail(message: &str) -> ! {
    page::fail(message.as_ptr(), message.len())
}

impl Kept {
    /// Sets a field of an object.
    pub fn set(self, name: &str, value: Self) {
        page::set(self, name.as_ptr(), name.len(), value);
    }

    /// Sets all fields of another object.
    pub fn assign(self, other: Self) {
        page::assign(self, other);
    }

    /// Returns a copy of the text of a text. It is not freed: the page drops this module's memory.
    fn copied(self) -> &'static str {
        let length = page::size(self);
        let mut bytes = Vec::with_capacity(length);
        // SAFETY: the page writes as many bytes as it said, and UTF-8.
        unsafe {
            page::copy(bytes.as_mut_ptr());
            bytes.set_len(length);
            String::from_utf8_unchecked(bytes).leak()
        }
    }
}

impl Json<'static> for Kept {
    type Number = f64;
    type Made = Self;

    const CHECKS_USER_DATA: bool = false;

    fn view(self) -> View<'static, f64> {
        match page::kind(self) {
            0 => View::Null,
            1 => View::Bool,
            2 => View::Number(page::number_of(self)),
            3 => View::Text(self.copied()),
            4 => View::List(page::size(self)),
            _ => View::Object(page::size(self)),
        }
    }

    fn field(self, name: &str) -> Option<Self> {
        page::field(self, name.as_ptr(), name.len())
    }

    fn name(self, index: usize) -> Option<Cow<'static, str>> {
        Some(Cow::Borrowed(page::name(self, index)?.copied()))
    }

    fn element(self, index: usize) -> Option<Self> {
        page::element(self, index)
    }

    fn trimmed(text: &str) -> &str {
        // The tables of Unicode's blanks would be 5 % of this module.
        text.trim_ascii()
    }

    fn parse(digits: &str) -> Option<f64> {
        // `Number()` of the page, because JSON has no leading zeros and no point without digits beside it.
        Some(page::number_of(Self::text(digits))).filter(|number| number.is_finite())
    }

    fn float(number: &f64) -> f64 {
        *number
    }

    fn digits(number: &f64) -> Option<Cow<'static, str>> {
        whole_float(*number)?;
        Some(Cow::Borrowed(page::make_number(*number).copied()))
    }

    fn made(self) -> Self {
        self
    }

    fn text(text: &str) -> Self {
        page::make_text(text.as_ptr(), text.len())
    }

    fn number(number: f64) -> Self {
        page::make_number(number)
    }

    fn whole(number: u32) -> Self {
        page::make_number(number.into())
    }

    fn list(values: Vec<Self>) -> Self {
        page::make_list(values.as_ptr(), values.len())
    }

    fn object(fields: Vec<(&str, Self)>) -> Self {
        let object = page::make_object();
        for (name, value) in fields {
            object.set(name, value);
        }
        object
    }
}
