//! Limited data use: restricts what Meta may do with events of people in the United States.

use serde::Serialize;

/// Data processing options (Meta, "Data Processing Options for US Users").
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DataProcessing {
    /// `["LDU"]` to limit data use, empty to say that it is not limited.
    #[serde(rename = "data_processing_options")]
    pub options: Vec<String>,
    /// 1 for the United States, 0 to let Meta geolocate.
    #[serde(rename = "data_processing_options_country")]
    pub country: u16,
    /// 1000 and above for a state, 0 to let Meta geolocate.
    #[serde(rename = "data_processing_options_state")]
    pub state: u16,
}

/// Meta's codes of states. Meta has none for the other states.
const STATES: [(&str, u16); 14] = [
    ("CA", 1000),
    ("CO", 1001),
    ("CT", 1002),
    ("FL", 1003),
    ("OR", 1004),
    ("TX", 1005),
    ("MT", 1006),
    ("DE", 1007),
    ("NE", 1008),
    ("NH", 1009),
    ("NJ", 1010),
    ("MN", 1011),
    ("MD", 1012),
    ("RI", 1013),
];

impl DataProcessing {
    /// Returns limited data use for a person at a place: the country and, below it, the region of
    /// ISO 3166, as far as they are known. If Meta has no code for the place, Meta geolocates.
    ///
    /// ```
    /// use capi_bridge::event::DataProcessing;
    ///
    /// let limited = DataProcessing::limited(Some("US"), Some("CA"));
    /// assert_eq!((limited.country, limited.state), (1, 1000));
    /// let elsewhere = DataProcessing::limited(Some("DE"), Some("BE"));
    /// assert_eq!((elsewhere.country, elsewhere.state), (0, 0));
    /// ```
    #[must_use]
    pub fn limited(country: Option<&str>, region: Option<&str>) -> Self {
        let state = STATES
            .iter()
            .find(|(name, _)| country == Some("US") && region == Some(name))
            .map_or(0, |(_, code)| *code);
        Self { options: vec!["LDU".to_owned()], country: u16::from(state > 0), state }
    }
}

/// Returns true if Meta knows a country and a state code, and they fit together.
#[must_use]
pub(crate) fn is_sound(country: i64, state: i64) -> bool {
    let is_state = state == 0 || (1000..1100).contains(&state);
    (0..=1).contains(&country) && is_state && !(country == 0 && state > 0)
}
