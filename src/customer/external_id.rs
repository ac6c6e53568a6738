//! `external_id`: an id of the advertiser's own.

use super::forms::Forms;
use super::reason::Reason;
use super::set::Set;
use super::text::Text;

/// Meta's document knows no rule: the id is its owner's, case and all; only spaces around it go.
/// Meta's parameter builder drops all whitespace and lower-cases: its form is the second one.
pub(super) fn read<T: Text>(raw: T, forms: &mut Forms<'_, T>) -> Result<(), Reason> {
    let id = raw.trimmed(Set::Space);
    forms.add(id)?;
    forms.add(id.folded().removed(Set::Space, true))
}
