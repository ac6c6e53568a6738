//! `external_id`: an id of the advertiser's own.

use super::options::Options;
use super::reason::Reason;

/// Meta's document knows no rule: the id is its owner's, case and all; only spaces around it go.
/// Meta's parameter builder drops all whitespace and lower-cases: its form is the second one.
pub(super) fn forms(raw: &str, options: &Options<'_>) -> Result<Vec<String>, Reason> {
    let id = raw.trim();
    let lower: String = options.folded(id).split_whitespace().collect();
    Ok(vec![id.to_owned(), lower])
}
