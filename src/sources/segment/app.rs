//! Adds the fields that an event of an app needs beyond a website's (Meta, "App Data Parameters").
//! They are read from `context`, as Segment's mobile libraries write it.

use serde_json::{Map, Value, json};

use crate::sources::mapping::Mapped;

/// The path of each of the sixteen texts of `extinfo`. An empty path means that Segment does not
/// send the text.
const EXTINFO: [&str; 16] = [
    "", // the version of extinfo, by the system
    "app.namespace",
    "app.version",
    "app.build",
    "os.version",
    "device.model",
    "locale",
    "", // the abbreviation of the time zone
    "network.carrier",
    "screen.width",
    "screen.height",
    "screen.density",
    "",
    "",
    "",
    "timezone",
];

/// The source's paths of the fields that Meta may miss.
const ORIGINS: [(&str, &str); 4] = [
    ("app_data.advertiser_tracking_enabled", "context.device.adTrackingEnabled"),
    ("app_data.extinfo", "context.os.version"),
    ("app_data.extinfo[0]", "context.device.type"),
    ("app_data.extinfo[4]", "context.os.version"),
];

/// The other paths in `context` that are read.
const OTHERS: [&str; 4] =
    ["device.type", "os.name", "device.adTrackingEnabled", "device.advertisingId"];

/// Returns the paths in `context` that are read here.
pub(super) fn paths() -> impl Iterator<Item = &'static str> {
    EXTINFO.into_iter().filter(|path| !path.is_empty()).chain(OTHERS)
}

/// Adds `app_data` to an event of an app, and the advertising id if the person allowed tracking.
pub(super) fn complete(mapped: &mut Mapped, message: &Value) {
    let Mapped { event, origins, .. } = mapped;
    if event.get("action_source").and_then(Value::as_str) != Some("app") {
        return;
    }
    for (field, origin) in ORIGINS {
        origins.name(field, origin);
    }
    let Some(context) = message.get("context") else { return };
    let value = |path: &str| path.split('.').try_fold(context, |value, key| value.get(key));
    let text = |path: &str| match value(path) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    };
    let mut extinfo = EXTINFO.map(text);
    let system = format!("{} {}", text("device.type"), text("os.name")).to_ascii_lowercase();
    extinfo[0] = match system {
        system if system.contains("android") => "a2".to_owned(),
        system if system.contains("ios") || system.contains("ipados") => "i2".to_owned(),
        _ => String::new(),
    };
    let mut app_data = Map::from_iter([("extinfo".to_owned(), json!(extinfo))]);
    // A missing answer is not guessed: the event is refused, and the problem names the field.
    if let Some(Value::Bool(allowed)) = value("device.adTrackingEnabled") {
        app_data.insert("advertiser_tracking_enabled".to_owned(), u8::from(*allowed).into());
        let id = text("device.advertisingId");
        if *allowed && !id.is_empty() {
            let user_data = event.entry("user_data").or_insert_with(|| json!({}));
            if let Value::Object(user_data) = user_data {
                user_data.entry("madid").or_insert_with(|| id.into());
            }
        }
    }
    event.insert("app_data".to_owned(), app_data.into());
}
