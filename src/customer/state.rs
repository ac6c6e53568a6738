//! `st`: states and provinces.

use super::city::business_sdk;
use super::country::Country;
use super::forms::Forms;
use super::lists::List;
use super::name::words;
use super::reason::Reason;
use super::set::Set;
use super::text::Text;

/// Adds the forms of a state. Meta: the two-letter code in the United States; elsewhere the name in
/// lower case without punctuation, special characters and spaces. Meta's parameter builder also has
/// codes for Canada's provinces. For them, the code comes first and the documented name second, so
/// that `ON` and `Ontario` share a hash.
///
/// Only whole names are looked up, and only if the country is the United States, Canada or not
/// known: Florida is also in Uruguay. The parameter builder takes the first two letters of any
/// other name (`ba` for Bayern). They are not a code, so they are not added.
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
        // A text of two letters is a code, not a name.
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
