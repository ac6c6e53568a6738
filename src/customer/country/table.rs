//! The table of countries: their codes, and how their phone numbers are written.
//!
//! A line of `phones.txt` has the alpha-2 code, the calling code, the trunk prefix, and the minimum
//! and the maximum number of digits of a national number. A country without a calling code has only
//! its alpha-2 code. Lines ascend by calling code.
//!
//! The trunk prefix is `0`, `1`, `8`, `06`, `none`, or `stays` for none in countries whose numbers
//! may start with a zero. The minimum is used only where the trunk prefix is `0` or `06`; it is 0
//! elsewhere. Sources: ISO 3166-1 and Kosovo's `XK`; ITU-T E.164 and the metadata of libphonenumber
//! (Apache-2.0), without number lengths that no subscriber has. The full metadata is several times
//! as large as all that a page loads.

/// The number of countries.
pub(super) const COUNT: usize = 250;
/// The length of an alpha-2 code.
pub(super) const CODE: usize = 2;
/// The maximum length of a calling code.
pub(super) const CALLING_CODE: usize = 3;

/// The start of a national number that is dialled inside its country.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Trunk {
    None,
    Zero,
    One,
    Eight,
    ZeroSix,
    /// There is none, and numbers may start with a zero that is part of them.
    ZeroStays,
}

/// The columns of the table. A page loads a quarter less of them than of lines (770 and 1,022
/// bytes), because each is compressed by itself.
struct Table {
    codes: [u8; CODE * COUNT],
    calling_codes: [u8; CALLING_CODE * COUNT],
    trunks: [Trunk; COUNT],
    fewest: [u8; COUNT],
    most: [u8; COUNT],
}

const TABLE: Table = Table::read(include_bytes!("phones.txt"));
// Each column is a static of its own, so that a module has only those that it reads.
static CODES_OF_TABLE: [u8; CODE * COUNT] = TABLE.codes;
static CALLING_CODES_OF_TABLE: [u8; CALLING_CODE * COUNT] = TABLE.calling_codes;
/// Alpha-2 codes, one after the other.
pub(super) const CODES: &str = text(&CODES_OF_TABLE);
/// Calling codes, one after the other, with spaces up to [`CALLING_CODE`].
pub(super) const CALLING_CODES: &str = text(&CALLING_CODES_OF_TABLE);
pub(super) static TRUNKS: [Trunk; COUNT] = TABLE.trunks;
/// The minimum number of digits.
pub(super) static FEWEST: [u8; COUNT] = TABLE.fewest;
/// The maximum number of digits.
pub(super) static MOST: [u8; COUNT] = TABLE.most;

/// Returns ASCII as text.
#[expect(clippy::panic, reason = "a wrong table does not compile")]
const fn text(column: &[u8]) -> &str {
    match core::str::from_utf8(column) {
        Ok(text) => text,
        Err(_) => panic!("the table is ASCII"),
    }
}

impl Table {
    /// Reads the lines, when the crate is compiled.
    #[expect(clippy::indexing_slicing, reason = "a wrong table does not compile")]
    const fn read(lines: &[u8]) -> Self {
        let mut table = Self {
            codes: [b' '; CODE * COUNT],
            calling_codes: [b' '; CALLING_CODE * COUNT],
            trunks: [Trunk::None; COUNT],
            fewest: [0; COUNT],
            most: [0; COUNT],
        };
        let (mut at, mut row, mut column, mut place) = (0, 0, 0, 0);
        while at < lines.len() {
            let byte = lines[at];
            at += 1;
            match (column, byte) {
                (_, b'\n') => (row, column, place) = (row + 1, 0, 0),
                (_, b' ') => (column, place) = (column + 1, 0),
                (_, b'+') => {}
                (0, _) => (table.codes[CODE * row + place], place) = (byte, place + 1),
                (1, _) => {
                    (table.calling_codes[CALLING_CODE * row + place], place) = (byte, place + 1);
                }
                (2, b'0') => table.trunks[row] = Trunk::Zero,
                (2, b'1') => table.trunks[row] = Trunk::One,
                (2, b'8') => table.trunks[row] = Trunk::Eight,
                (2, b'6') => table.trunks[row] = Trunk::ZeroSix,
                // The last letters of `none` and `stays`.
                (2, b'e') => table.trunks[row] = Trunk::None,
                (2, b'y') => table.trunks[row] = Trunk::ZeroStays,
                (3, _) => table.fewest[row] = 10 * table.fewest[row] + byte - b'0',
                (4, _) => table.most[row] = 10 * table.most[row] + byte - b'0',
                _ => {}
            }
        }
        assert!(row == COUNT);
        table
    }
}
