//! `external_id`: an id of the advertiser's own.

use super::forms::Forms;
use super::reason::Reason;
use super::set::Set;
use super::text::Text;

/// Adds the forms of an external id. Meta documents no rule, so the id keeps its case; only white
/// space around it is removed. Meta's parameter builder removes all white space and lower-cases;
/// its form is the second one.
pub(super) fn read<T: Text>(raw: T, forms: &mut Forms<'_, T>) -> Result<(), Reason> {
    let id = raw.trimmed(Set::Space);
    forms.add(id)?;
    forms.add(id.folded().removed(Set::Space, true))
}
