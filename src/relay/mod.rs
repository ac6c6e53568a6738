//! Request in, enriched events out; what an answer from Meta means; when to try again.
