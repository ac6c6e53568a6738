//! `external_id`: an id of the advertiser's own.

use super::characters::Classes;
use super::forms::Forms;
use super::reason::Reason;

/// Meta's document knows no rule: the id is its owner's, case and all; only spaces around it go.
/// Meta's parameter builder drops all whitespace and lower-cases: its form is the second one.
#[cfg_attr(feature = "customer", inline(never))]
pub(super) fn read(raw: &str, forms: &mut Forms<'_>) -> Result<(), Reason> {
    let options = forms.options;
    let id = options.trimmed(raw, Classes::SPACE);
    forms.add(id)?;
    forms.add(&options.without(&options.folded(id), Classes::SPACE))
}
