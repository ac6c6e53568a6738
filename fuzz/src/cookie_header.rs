//! Cookie headers, on pages with a click and without one.

use capi_bridge::identifiers::{Fbc, Fbp, Visit, cookie};

use crate::visit::{self, Jar, NOW};

/// The input is the header.
pub fn any(input: &[u8]) {
    let header = crate::text(input);
    let jar = Jar::of(&header);
    let values = |name| jar.0.iter().filter(move |pair| pair.0 == name).map(|pair| pair.1.as_str());
    for name in ["_fbp", "_fbc", "theme"] {
        assert_eq!(cookie(&header, name), values(name).next(), "{name}");
    }
    for value in values("_fbp").filter_map(|value| Fbp::parse(value).ok().map(|id| (value, id))) {
        assert_eq!(value.0, value.1.as_str());
    }
    for (value, fbc) in
        values("_fbc").filter_map(|value| Fbc::parse(value).ok().map(|id| (value, id)))
    {
        assert_eq!(value, fbc.as_str());
        assert!(crate::utf16_length(&fbc.click_id()) <= 500);
    }

    for domain in &visit::domains() {
        for url in ["", "https://example.co.uk/?fbclid=IwAR2.AbC_dEf-123"] {
            let visit = visit::visit(url, "", &header, domain);
            let found = visit.identifiers();
            visit::is_well_formed(&visit, &found);
            visit::changes_nothing_when_repeated(&visit, &found);
            if url.is_empty() {
                assert_eq!(found.fbc, Fbc::in_cookies(&header, NOW));
                // With entropy there always is one: the oldest, else a new one.
                assert!(found.fbp.is_some());
                assert_eq!(
                    Visit { mint: None, ..visit }.identifiers().fbp,
                    Fbp::in_cookies(&header)
                );
            }
            let reversed = Jar(jar.0.iter().rev().cloned().collect()).header();
            assert_eq!(found, Visit { cookies: &reversed, ..visit }.identifiers());

            // Clocks that are wrong, hosts that remember.
            for (now_millis, last_written_millis) in
                [(0, None), (NOW - 1, Some(0)), (NOW, Some(u64::MAX)), (u64::MAX, Some(NOW))]
            {
                let visit = Visit { now_millis, last_written_millis, https: false, ..visit };
                visit::is_well_formed(&visit, &visit.identifiers());
            }
        }
    }
}
