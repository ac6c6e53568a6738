//! The WebAssembly module for pages that listen to their `dataLayer`: turns pushes into events with
//! [`crate::sources::data_layer`].
//!
//! All values stay in the page, and a `Kept` refers to each. So this module has no JSON, and neither
//! reads nor writes numbers: the page's browser can do all of it.

mod kept;

use kept::Kept;

use crate::sources::data_layer::Pushed;
use crate::sources::mapping::{Json, Table};

/// Reads GA4's table, in which the page has put changes as under `mappings.ga4` in the worker's
/// configuration. A change that cannot be read is an error of the page, with its path and the reason.
#[unsafe(no_mangle)]
extern "C" fn read_table(table: Kept) -> &'static Table {
    let table = Table::read(table)
        .unwrap_or_else(|error| kept::fail(&(error.path + ": " + &error.message)));
    Box::leak(Box::new(table))
}

/// Returns Meta's event for a push, or 0 if there is none. `pushed` is the object, or the list of
/// arguments of `gtag`. `held` is an object with the values of earlier pushes that apply to later
/// events.
#[unsafe(no_mangle)]
extern "C" fn read_push(table: &'static Table, pushed: Kept, held: Kept) -> Option<Kept> {
    let pushed = Pushed::read(pushed)?;
    pushed.hold(|key, value| held.set(key, value), |fields| held.assign(fields));
    let event = table.pushed(pushed, |key| held.field(key), kept::parse)?;
    Some(Kept::object(vec![
        ("eventName", Kept::text(event.event_name)),
        ("eventId", Kept::text(&event.event_id)),
        ("parameters", Kept::object(event.parameters)),
        ("customer", Kept::object(event.customer)),
    ]))
}
