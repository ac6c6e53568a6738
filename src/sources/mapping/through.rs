//! Reads an event of another source through its table, like any other event.

use serde_json::Value;

use super::{Applied, Mapped, Origins, Table};
use crate::event::{ActionSource, Problem};
use crate::sources::{NoEntropy, Read};

/// Reads an event through a table. `read` then reads the event in Meta's shape. An event that the
/// table leaves out gives neither an event nor a problem.
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
        Applied::LeftOut => return nothing(Vec::new()),
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
