//! The versions of the Graph API. Source: `http-api.md` section 2, `quality-and-tokens.md` section 4
//! (Meta, "Versions" and "Marketing API version history").

/// The newest version that Meta had released when this was written: 2026-11-04.
pub(super) const NEWEST: u32 = 27;
/// The number of versions above the newest that are taken, with a warning. Meta releases about
/// three a year.
const MAX_AHEAD: u32 = 9;
/// The first day of each version's end in the Graph API, as Unix seconds at midnight UTC. The
/// Conversions API follows the Graph API, not the Marketing API ("Using the API").
const ENDS: [(u32, u64); 7] = [
    (19, 1_779_321_600), // 2026-05-21
    (20, 1_790_208_000), // 2026-09-24
    (21, 1_800_489_600), // 2027-01-21
    (22, 1_810_771_200), // 2027-05-20
    (23, 1_822_953_600), // 2027-10-08
    (24, 1_834_444_800), // 2028-02-18
    (25, 1_848_441_600), // 2028-07-29
];

/// Meta's treatment of a request by its version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Served,
    /// It is newer than this sandbox.
    TooNewToKnow,
    Ended,
    /// Meta never had it.
    Unknown,
}

/// Judges a version such as `v27.0`.
pub(super) fn judge(version: &str, now_millis: u64) -> Verdict {
    let number = version.strip_prefix('v').unwrap_or_default();
    let (major, minor) = number.split_once('.').unwrap_or((number, "0"));
    let Ok(major) = major.parse::<u32>() else { return Verdict::Unknown };
    // Only versions 1 and 2 had other minor numbers than 0.
    if major == 0 || (minor.bytes().any(|digit| digit != b'0') && major > 2) {
        return Verdict::Unknown;
    }
    let end = ENDS.iter().find(|(ended, _)| *ended == major).map(|(_, at)| at * 1000);
    match major {
        _ if end.is_some_and(|end| now_millis >= end) => Verdict::Ended,
        _ if major < ENDS[0].0 => Verdict::Ended,
        _ if major > NEWEST + MAX_AHEAD => Verdict::Unknown,
        _ if major > NEWEST => Verdict::TooNewToKnow,
        _ => Verdict::Served,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_served_until_its_end() {
        let of = |version, now_millis| judge(version, now_millis);
        let autumn_2026 = 1_790_000_000_000;
        for version in ["v20.0", "v24.0", "v26.0", "v27.0", "v27"] {
            assert_eq!(of(version, autumn_2026), Verdict::Served, "{version}");
        }
        for version in ["v2.12", "v16.0", "v19.0"] {
            assert_eq!(of(version, autumn_2026), Verdict::Ended, "{version}");
        }
        assert_eq!(of("v20.0", 1_790_208_000_000), Verdict::Ended);
        assert_eq!(of("v29.0", autumn_2026), Verdict::TooNewToKnow);
        for version in ["v0.0", "v26.5", "v260.0", "v99999999999.0"] {
            assert_eq!(of(version, autumn_2026), Verdict::Unknown, "{version}");
        }
    }
}
