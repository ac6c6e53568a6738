//! `external_id`: an id of the advertiser's own.

use super::forms::Forms;
use super::reason::Reason;
use super::text::{is_space, trimmed, without};
use super::unicode::folded;

/// Adds the forms of an external id. Meta documents no rule, so the id keeps its case; only white
/// space around it is removed. Meta's parameter builder removes all white space and lower-cases;
/// its form is the second one.
pub(super) fn read(raw: &str, forms: &mut Forms) -> Result<(), Reason> {
    let id = trimmed(raw);
    forms.add(id.to_owned())?;
    forms.add(without(&folded(id), is_space))
}
