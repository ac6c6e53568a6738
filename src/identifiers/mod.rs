//! Browser identifiers: cookies, `fbp`, `fbc`, click ids, cookie domains, event ids.
