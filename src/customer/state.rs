//! `st`: states and provinces.

use super::city::business_sdk;
use super::country::Country;
use super::forms::Forms;
use super::lists::look_up;
use super::name::words;
use super::reason::Reason;
use super::text::{after, joined};

/// Meta: the two-letter code in the United States, elsewhere the name in lower case without
/// punctuation, special characters and spaces. Meta's parameter builder has codes for Canada's
/// provinces too: the code, then the name as documented, so that `ON` and `Ontario` share a hash.
///
/// Names are looked up whole, and not at all for other countries: Florida is in Uruguay as well.
/// The parameter builder's two first letters of any other name (`ba` for Bayern) are no code of
/// anyone's and are not sent.
#[cfg_attr(feature = "customer", inline(never))]
pub(super) fn read(
    clean: &str,
    country: Option<Country>,
    forms: &mut Forms<'_>,
) -> Result<(), Reason> {
    let name = words(clean, forms.options).ok_or(Reason::NO_LETTERS)?;
    if country.is_none_or(|country| country.is("us") || country.is("ca")) {
        // ISO 3166-2: US-CA, CA-ON.
        if let Some(code) = after(clean, "us-").or_else(|| after(clean, "ca-"))
            && code.len() == 2
            && code.bytes().all(|byte| byte.is_ascii_lowercase())
        {
            return forms.add(code);
        }
        // A code is no name.
        if name.len() > 2 {
            for country in ["us", "ca"] {
                let key = joined(&[country, &name]);
                if let Some(code) = look_up(forms.options.lists.states, Reason::NEEDS_STATES, &key)?
                {
                    forms.add(code)?;
                    return if country == "us" { Ok(()) } else { forms.add(&name) };
                }
            }
        }
    }
    forms.add(&name)?;
    forms.add(&business_sdk(clean, forms.options))
}
