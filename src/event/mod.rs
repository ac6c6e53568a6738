//! The Conversions API event: model, validation, limited data use.
