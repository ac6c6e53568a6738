//! A stand-in for Meta that validates and deduplicates.
