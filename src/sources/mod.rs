//! Other people's shapes, turned into events.
