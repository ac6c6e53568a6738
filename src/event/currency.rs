//! Currency codes of ISO 4217.

/// The codes, sorted, each followed by a space.
///
/// Source: ISO 4217 list one of 2024-06-25 (npm `currency-codes` 2.2.0), and `XCG`, which replaced
/// `ANG` in 2025 (CLDR 48.2, `currencyData.json`). The withdrawn codes `HRK`, `SLL`, `VEF` and
/// `ZWL` stay because Meta's SDK for Node 24.0.1 takes them (`currency-codes` 1.5.1). `XTS` (tests)
/// and `XXX` (no currency) are left out, because no price uses them.
const CODES: &str = "\
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV \
    BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUC CUP CVE \
    CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD \
    HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD \
    KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN \
    MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD \
    RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STN SVC SYP SZL THB TJS \
    TMT TND TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED VEF VES VND VUV \
    WST XAF XAG XAU XBA XBB XBC XBD XCD XCG XDR XOF XPD XPF XPT XSU XUA YER ZAR ZMW \
    ZWG ZWL ";

/// Spellings that are not codes but can mean only one currency, and the code that they mean.
const MEANT: [(&str, &str); 17] = [
    ("CNH", "CNY"),
    ("DHS", "AED"),
    ("EURO", "EUR"),
    ("EUROS", "EUR"),
    ("NIS", "ILS"),
    ("NT$", "TWD"),
    ("NTD", "TWD"),
    ("RMB", "CNY"),
    ("RUR", "RUB"),
    ("SFR", "CHF"),
    ("STG", "GBP"),
    ("TL", "TRY"),
    ("UKP", "GBP"),
    ("US$", "USD"),
    ("YEN", "JPY"),
    ("€", "EUR"),
    ("₽", "RUB"),
];

/// Returns true if a text is a code, in capitals.
#[must_use]
pub(crate) fn is_currency(text: &str) -> bool {
    let (codes, _) = CODES.as_bytes().as_chunks::<4>();
    let code = <[u8; 3]>::try_from(text.as_bytes());
    code.is_ok_and(|[a, b, c]| codes.binary_search(&[a, b, c, b' ']).is_ok())
}

/// Returns a sentence that says what was expected in place of a text that is not a code.
#[must_use]
pub(crate) fn expected_currency(text: &str) -> String {
    let meant = MEANT.iter().find(|(spelling, _)| text.trim().eq_ignore_ascii_case(spelling));
    match meant {
        Some((_, code)) => {
            format!("expected a currency code of ISO 4217; the code of this currency is \"{code}\"")
        }
        None => "expected a currency code of ISO 4217, such as \"EUR\"".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_are_sorted_and_each_is_found() {
        let codes: Vec<&str> = CODES.split_whitespace().collect();
        assert!(codes.is_sorted() && CODES.len() == codes.len() * 4);
        assert!(codes.iter().all(|code| is_currency(code)));
    }

    #[test]
    fn iso_codes_are_known_and_other_spellings_are_not() {
        for code in ["EUR", "USD", "AED", "CNY", "XCG", "SLE", "ZWG", "KWD", "XOF"] {
            assert!(is_currency(code), "{code}");
        }
        for other in ["DHS", "RMB", "eur", "EU", "EURO", "", "€", "XXX", "ABC", "E1R", "EU "] {
            assert!(!is_currency(other), "{other}");
        }
    }

    #[test]
    fn a_spelling_with_one_meaning_is_told_its_code() {
        assert!(MEANT.iter().all(|(spelling, code)| !is_currency(spelling) && is_currency(code)));
        assert!(expected_currency("dhs ").contains("\"AED\""));
        assert!(expected_currency("RMB").contains("\"CNY\""));
        assert!(expected_currency("jane@example.com").ends_with("such as \"EUR\""));
    }
}
