//! `st`: states and provinces.

use super::city::business_sdk;
use super::country::Country;
use super::forms::Forms;
use super::lists::List;
use super::name::words;
use super::reason::Reason;
use super::set::Set;
use super::text::Text;

/// Meta: the two-letter code in the United States, elsewhere the name in lower case without
/// punctuation, special characters and spaces. Meta's parameter builder has codes for Canada's
/// provinces too: the code, then the name as documented, so that `ON` and `Ontario` share a hash.
///
/// Names are looked up whole, and not at all for other countries: Florida is in Uruguay as well.
/// The parameter builder's two first letters of any other name (`ba` for Bayern) are no code of
/// anyone's and are not sent.
pub(super) fn read<T: Text>(
    clean: T,
    country: Option<Country>,
    forms: &mut Forms<'_, T>,
) -> Result<(), Reason> {
    let name = words(clean)?;
    if country.is_none_or(|country| country.is(*b"us") || country.is(*b"ca")) {
        // ISO 3166-2: US-CA, CA-ON.
        if let Some(code) = clean.after("us-").or_else(|| clean.after("ca-"))
            && code.length() == 2
            && code.has_only(Set::Lower)
        {
            return forms.add(code);
        }
        // A code is no name.
        if name.length() > 2
            && let Some(known) = name.meaning(List::States)
        {
            let (country, code) = known.cut(2);
            forms.add(code)?;
            return if country.is("us") { Ok(()) } else { forms.add(name) };
        }
    }
    forms.add(name)?;
    forms.add(business_sdk(clean))
}
