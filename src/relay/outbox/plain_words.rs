//! Lists the words of Meta's documented errors. Of a message from Meta, only these words are
//! stored. Meta's messages repeat values, and a value may be a name, a street or a token. The list
//! contains none of those.

/// The words, in sorted order.
#[rustfmt::skip]
const WORDS: [&str; 459] = [
    "a", "about", "above", "accept", "accepted", "access", "account", "accounts", "action",
    "actions", "active", "address", "advertiser", "after", "again", "agent", "all", "allowed",
    "already", "also", "an", "and", "another", "any", "api", "app", "application", "apps",
    "appsecret", "are", "argument", "array", "as", "at", "attempt", "authorization",
    "authorized", "available", "bad", "batch", "be", "because", "been", "before", "being",
    "below", "between", "blocked", "body", "both", "business", "but", "by", "call", "called",
    "calling", "calls", "can", "cannot", "capability", "changed", "channel", "character",
    "characters", "check", "checkpoint", "client", "code", "codes", "column", "confirmed",
    "contact", "contain", "contains", "content", "contents", "conversion", "conversions",
    "correct", "could", "country", "create", "ct", "currency", "current", "currently", "custom",
    "data", "dataset", "datasets", "date", "day", "days", "db", "debug", "decimal", "decode",
    "deleted", "deprecated", "developer", "developers", "device", "did", "digit", "digits",
    "disabled", "document", "documentation", "does", "doesn't", "don't", "due", "each", "either",
    "em", "email", "empty", "enabled", "encoded", "ended", "endpoint", "enter", "error",
    "errors", "event", "events", "exceeded", "exist", "existing", "exists", "expected", "expire",
    "expired", "expires", "extended", "external", "extinfo", "facebook", "failed", "failure",
    "false", "fbc", "fbp", "few", "field", "fields", "file", "fn", "for", "format", "found",
    "from", "future", "ge", "get", "given", "granted", "graph", "greater", "group", "had", "has",
    "hash", "hashed", "have", "header", "help", "here", "hour", "hours", "how", "http", "https",
    "id", "id's", "identifier", "ids", "if", "in", "incorrect", "index", "information", "input",
    "instagram", "integer", "internal", "invalid", "ip", "is", "iso", "issue", "issues", "it",
    "item", "items", "its", "json", "key", "keys", "larger", "last", "later", "lead", "least",
    "length", "less", "like", "limit", "limited", "limits", "list", "ln", "loading", "log",
    "logged", "login", "long", "longer", "lower", "lowercase", "malformed", "manage", "many",
    "match", "maximum", "message", "messages", "messaging", "meta", "method", "minimum",
    "minute", "minutes", "missing", "month", "more", "most", "multiple", "must", "name", "need",
    "needed", "needs", "new", "no", "node", "non", "nonexistent", "not", "nothing", "now",
    "null", "number", "numbers", "oauth", "oauthexception", "object", "objects", "occurred",
    "of", "off", "older", "on", "once", "one", "only", "operation", "option", "options", "or",
    "order", "other", "our", "out", "over", "page", "parameter", "parameters", "parse", "past",
    "path", "per", "perform", "performed", "permission", "permissions", "permitted", "ph",
    "phone", "pixel", "pixels", "platform", "please", "policy", "positive", "post", "present",
    "price", "privacy", "processed", "processing", "proof", "properly", "property", "provide",
    "provided", "providing", "purchase", "quantity", "query", "rate", "reached", "read",
    "reading", "reason", "received", "refer", "rejected", "removed", "request", "requested",
    "requests", "require", "required", "requires", "resource", "response", "restricted",
    "results", "retry", "revoked", "same", "scope", "second", "seconds", "secret", "see", "send",
    "sending", "sent", "server", "service", "session", "set", "sha256", "should", "show", "size",
    "slow", "some", "something", "soon", "source", "specified", "specify", "st", "standard",
    "state", "status", "still", "store", "stored", "string", "subcode", "submitted", "such",
    "support", "supported", "system", "temporarily", "temporary", "terms", "than", "that", "the",
    "their", "them", "then", "there", "these", "they", "this", "those", "through", "time",
    "times", "timestamp", "to", "token", "tokens", "too", "trace", "tracking", "transaction",
    "true", "try", "trying", "type", "types", "unable", "unavailable", "under", "unexpected",
    "unique", "unix", "unknown", "unless", "unsupported", "until", "up", "update", "updated",
    "upgrade", "upload", "uploaded", "url", "usage", "use", "used", "user", "username", "users",
    "using", "utf-8", "valid", "validate", "validated", "validating", "value", "values",
    "verification", "verified", "verify", "version", "versions", "via", "wait", "warning", "was",
    "we", "website", "were", "what", "whatsapp", "when", "where", "whether", "which", "while",
    "who", "whose", "with", "within", "without", "wrong", "you", "your", "zero", "zp",
];

/// Returns true if a word cannot identify a person: a code, a word of the list, or a path of such
/// words, for example `data[0].user_data.em`. Ignores punctuation around the word.
pub(super) fn is_plain(word: &str) -> bool {
    let bare = word.trim_matches(|letter: char| ".,:;!?()\"'`*".contains(letter));
    // `(#100)` is an error code.
    if let Some(code) = bare.strip_prefix('#') {
        return (1..=7).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_digit());
    }
    let lower = bare.to_lowercase();
    let is_known = |part: &str| WORDS.binary_search(&part).is_ok();
    if is_known(&lower) {
        return true;
    }
    let mut parts = lower.split(['.', '_', '/', '-', '[', ']']).filter(|part| !part.is_empty());
    // A number is allowed as an index. A number by itself may be a house number or a phone number.
    let has_index = lower.contains('[');
    let is_index =
        |part: &str| has_index && part.len() <= 4 && part.bytes().all(|byte| byte.is_ascii_digit());
    parts.next().is_some_and(is_known) && parts.all(|part| is_known(part) || is_index(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_can_be_searched() {
        assert!(WORDS.is_sorted());
    }

    #[test]
    fn words_of_meta_are_plain_and_values_are_not() {
        for word in ["Invalid", "parameter:", "(#100)", "data[0].custom_data.value", "value's"] {
            assert_eq!(is_plain(word), word != "value's", "{word}");
        }
        for word in [
            "Jane",
            "Straße",
            "12",
            "1234567",
            "[12]",
            "jane@example.com",
            "",
            "-",
            "#x",
            "data[x]",
        ] {
            assert!(!is_plain(word), "{word}");
        }
    }
}
