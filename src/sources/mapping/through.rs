//! Reads an event of another source through its table, like any other event.

use serde_json::Value;

use super::{Applied, Mapped, Origins, Table};
use crate::event::{ActionSource, Problem};
use crate::sources::{NoEntropy, Read};

/// Returns the problem of an event that a row leaves out with a reason. It is counted.
pub(in crate::sources) fn no_sale(code: &'static str, path: &str) -> Problem {
    let message = "expected a sale: Meta has no event for a refund or a cancelled order, so none was sent; a row of \"mappings\" can send a custom event";
    Problem::refused(code, path, message)
}

/// Reads an event through a table. `read` then reads the event in Meta's shape. An event that the
/// table leaves out gives no event, and a problem only if its row has a reason.
///
/// # Errors
/// As `read`.
pub fn through(
    table: &Table,
    value: &Value,
    path: &str,
    read: impl FnOnce(Value) -> Result<Read, NoEntropy>,
) -> Result<(Read, Origins), NoEntropy> {
    let nothing = |problems| Ok((Read { event: None, problems }, Origins::default()));
    let mut mapped = match table.apply("track", value, path) {
        Applied::Mapped(mapped) => mapped,
        Applied::LeftOut => {
            let code = table.left_out_as("track", value);
            return nothing(code.map(|code| no_sale(code, path)).into_iter().collect());
        }
        Applied::Nameless => {
            let at = format!("{path}.{}", table.name.first().unwrap_or_default());
            let message = "expected the event's name";
            return nothing(vec![Problem::refused("missing_event_name", at, message)]);
        }
    };
    mapped.settle_time(path);
    let Mapped { mut event, mut problems, origins } = mapped;
    if problems.iter().any(|problem| !problem.event_kept) {
        return nothing(problems);
    }
    // Events of these sources are from pages, unless a server that forwards them says otherwise.
    event.entry("action_source").or_insert_with(|| ActionSource::Website.name().into());
    let read = read(Value::Object(event))?;
    problems.extend(read.problems.into_iter().map(|problem| origins.located(problem, path)));
    Ok((Read { event: read.event, problems }, origins))
}
