//! Splits a body into its calls: one call, a batch, or the call that the webhook passes on.

use serde_json::{Map, Value};

use crate::event::Problem;
use crate::sources::json::{Document, Element};
use crate::sources::segment::Call;

/// The maximum size of one call, in bytes. This limit and the two below, of a batch's bytes and
/// calls, are Segment's own.
const MAX_CALL_BYTES: usize = 32 * 1024;
const MAX_BATCH_BYTES: usize = 500 * 1024;
const MAX_BATCH_CALLS: usize = 2_500;

/// The endpoint of a call: one of Segment's paths, in full or as analytics.js shortens it, or the
/// webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SegmentCall {
    /// One call, whose kind is in the path.
    One(Call),
    /// A batch of calls, each with its `type`.
    Batch,
    /// One call with its `type`. The value is its `X-Signature` header.
    Webhook(Option<String>),
}

impl SegmentCall {
    /// Returns the endpoint of a path below `/v1/`.
    #[must_use]
    pub fn from_path(name: &str) -> Option<Self> {
        let one = |call| Some(Self::One(call));
        match name {
            "t" => one(Call::Track),
            "p" => one(Call::Page),
            "s" => one(Call::Screen),
            "i" => one(Call::Identify),
            "g" => one(Call::Group),
            "a" => one(Call::Alias),
            "b" | "batch" | "import" => Some(Self::Batch),
            name => Call::from_name(name).and_then(one),
        }
    }

    /// Returns the maximum size of the body, in bytes.
    #[must_use]
    pub fn max_body_bytes(&self) -> usize {
        match self {
            Self::Batch => MAX_BATCH_BYTES,
            Self::One(_) | Self::Webhook(_) => MAX_CALL_BYTES,
        }
    }
}

/// One call of a body.
pub(super) struct Item {
    /// The place of the call, such as `batch[3]`; empty for the body itself.
    pub path: String,
    /// The call and its kind, or the problem for which it is refused. If the problem is `None`,
    /// `problems` has it.
    pub call: Result<(Call, Value), Option<Problem>>,
    /// The problems of its JSON.
    pub problems: Vec<Problem>,
}

/// The calls of a body.
pub(super) struct Calls {
    /// The calls.
    pub items: Vec<Item>,
    /// The fields that a batch has for all of its calls.
    pub shared: Map<String, Value>,
    /// The problems of the JSON of those fields.
    pub problems: Vec<Problem>,
}

/// Reads the calls of a body.
pub(super) fn calls(call: &SegmentCall, document: Document) -> Result<Calls, Problem> {
    let Document { fields: message, list, problems } = document;
    match call {
        SegmentCall::One(call) => {
            let call = Ok((*call, Value::Object(message)));
            Ok(Calls::one(Item { path: String::new(), call, problems }))
        }
        SegmentCall::Webhook(_) => {
            let call = typed(Value::Object(message), "").map_err(Some);
            Ok(Calls::one(Item { path: String::new(), call, problems }))
        }
        SegmentCall::Batch => {
            let Some(messages) = list else {
                let expected = "expected a list of calls";
                return Err(Problem::refused("invalid_request", "batch", expected));
            };
            if messages.len() > MAX_BATCH_CALLS {
                let expected = "expected at most 2500 calls, as Segment does";
                return Err(Problem::refused("batch_too_long", "batch", expected));
            }
            let shared = message.get("context").map_or(0, |context| context.to_string().len());
            if shared > MAX_CALL_BYTES {
                let expected = "expected at most 32 KB: each of the calls has it";
                return Err(Problem::refused("call_too_large", "context", expected));
            }
            let items = messages.into_iter().enumerate().map(item).collect();
            Ok(Calls { items, shared: message, problems })
        }
    }
}

impl Calls {
    fn one(item: Item) -> Self {
        Self { items: vec![item], shared: Map::new(), problems: Vec::new() }
    }
}

/// Reads one call of a batch.
fn item((index, element): (usize, Element)) -> Item {
    let path = format!("batch[{index}]");
    let call = match element.value {
        None => Err(None),
        Some(call) if call.to_string().len() > MAX_CALL_BYTES => {
            let expected = "expected at most 32 KB, as Segment does";
            Err(Some(Problem::refused("call_too_large", path.as_str(), expected)))
        }
        Some(call) => typed(call, &path).map_err(Some),
    };
    Item { path, call, problems: element.problems }
}

fn typed(message: Value, path: &str) -> Result<(Call, Value), Problem> {
    match message.get("type").and_then(Value::as_str).and_then(Call::from_name) {
        Some(call) => Ok((call, message)),
        None => {
            let at = format!("{path}.type").trim_start_matches('.').to_owned();
            let expected =
                "expected \"track\", \"page\", \"screen\", \"identify\", \"group\" or \"alias\"";
            Err(Problem::refused("invalid_type", at, expected))
        }
    }
}
