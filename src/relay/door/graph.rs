//! Implements the Graph API's `POST /{version}/{dataset}/events`. A program that posts to Meta can
//! post to the worker if its base address is changed. Its access token is then a bridge key, never
//! Meta's token.

use serde_json::Value;

use super::connection::Connection;
use super::graph_answer;
use super::intake::{Intake, Judged, Stored, judge, of_server};
use super::key_in_body;
use super::multipart;
use super::sender::{BridgeKeys, KnownServer, Rejection, bearer};
use super::source::trace_id;
use super::storage_budget::StorageBudget;
use crate::event::{Problem, Trust};
use crate::relay::config::{Config, MAX_EVENTS_PER_REQUEST};
use crate::sources::graph::{Call, Parameters};
use crate::sources::{NoEntropy, Reading};

/// The parameter, and the member of a body, that holds the key.
const ACCESS_TOKEN: &str = "access_token";

/// The caller, by the head of its request.
pub(super) enum GraphCaller {
    /// A server with a right key.
    Known(KnownServer),
    /// A sender with a wrong key.
    Wrong(Rejection),
    /// The head has no key. The body may have one.
    Unknown,
}

impl GraphCaller {
    /// Looks for the key in the header, else in the query. If the header has a key, the query is
    /// not read.
    pub(super) fn of_head(connection: &Connection, query: &str, keys: &BridgeKeys) -> Self {
        let header = connection.authorization.as_deref().and_then(bearer);
        let header = header.filter(|key| !key.is_empty()).map(str::to_owned);
        let in_query =
            || key_in_body::in_form(query.as_bytes(), ACCESS_TOKEN).filter(|key| !key.is_empty());
        match header.or_else(in_query) {
            None => Self::Unknown,
            Some(shown) => known(Some(&shown), keys).map_or_else(Self::Wrong, Self::Known),
        }
    }

    /// Looks for the key in the body, without parsing it.
    pub(super) fn of_body(
        content_type: Option<&str>,
        body: &[u8],
        keys: &BridgeKeys,
    ) -> Result<KnownServer, Rejection> {
        let declared = content_type.unwrap_or_default();
        let trimmed = body.trim_ascii();
        let shown = if let Some(boundary) = key_in_body::boundary(declared) {
            key_in_body::in_multipart(body, &boundary, ACCESS_TOKEN)
        } else if trimmed.starts_with(b"{") || declared.to_ascii_lowercase().contains("json") {
            let mut found = None;
            // If the JSON is broken, a key before the fault counts. The sender then gets an error
            // about the JSON, not about the key.
            let _ = key_in_body::in_json(trimmed, ACCESS_TOKEN, &mut found);
            found
        } else {
            key_in_body::in_form(trimmed, ACCESS_TOKEN)
        };
        known(shown.as_deref().filter(|key| !key.is_empty()), keys)
    }
}

fn known(shown: Option<&str>, keys: &BridgeKeys) -> Result<KnownServer, Rejection> {
    let refused = |code, message| Problem::refused(code, ACCESS_TOKEN, message);
    let Some(shown) = shown else {
        let message = "expected the worker's BRIDGE_KEY as access token, in the header `Authorization: Bearer`, in the body or in the query";
        return Err((400, refused("missing_access_token", message)));
    };
    KnownServer::with_key(shown, keys).ok_or_else(|| {
        let message = "expected the worker's BRIDGE_KEY as access token, never a token of Meta's: that one is a secret of the worker";
        (401, refused("wrong_bridge_key", message))
    })
}

/// A call of an authenticated sender.
pub(super) struct Posted<'a> {
    pub dataset_id: &'a str,
    pub query: &'a str,
    pub content_type: Option<&'a str>,
    pub body: &'a [u8],
}

/// Reads the events of a call, and returns those to store with the answer.
///
/// # Errors
/// Returns [`NoEntropy`] if there was no entropy for a trace id, or for the id of an event that
/// came without one. Nothing may be stored then.
pub(super) fn take(
    config: &Config,
    connection: &Connection,
    posted: &Posted<'_>,
    reading: &mut Reading<'_>,
) -> Result<Intake, NoEntropy> {
    let trace = trace_id(reading.entropy)?;
    let refused = |status, problem: &Problem| {
        let problems = std::slice::from_ref(problem);
        Ok(Intake::nothing(graph_answer::refused(status, problems, &trace)))
    };
    let form = posted.content_type.and_then(key_in_body::boundary).map(|boundary| {
        let mut form = form_urlencoded::Serializer::new(String::new());
        for part in multipart::parts(posted.body, &boundary) {
            form.append_pair(&part.name, &String::from_utf8_lossy(part.value));
        }
        form.finish()
    });
    let call = match &form {
        // A multipart body without parts goes to the arm below, where its type is an error.
        Some(form) if !form.is_empty() => Call {
            query: posted.query,
            content_type: Some("application/x-www-form-urlencoded"),
            body: form.as_bytes(),
        },
        _ => Call { query: posted.query, content_type: posted.content_type, body: posted.body },
    };
    let mut parameters = match Parameters::read(call) {
        Ok(parameters) => parameters,
        Err(problem) => return refused(400, &problem),
    };
    let Some(dataset_id) = config.dataset(Some(posted.dataset_id)) else {
        let message = "expected a dataset id that the worker's configuration lists under \"datasets\": /v27.0/<dataset id>/events";
        return refused(400, &Problem::refused("unknown_dataset", "dataset id", message));
    };
    let data = match parameters.events() {
        Ok(data) => data,
        Err(problem) => return refused(400, &problem),
    };
    if data.is_empty() || data.len() > MAX_EVENTS_PER_REQUEST {
        return refused(
            400,
            &Problem::refused("invalid_batch", "data", "expected 1 to 1000 events"),
        );
    }

    let (main_body, mut problems) = parameters.main_body();
    let received = [connection.header_bytes, posted.query.len(), posted.body.len()];
    let stored = Stored {
        trust: Trust::Server,
        main_body: if main_body.is_empty() {
            String::new()
        } else {
            Value::from(main_body).to_string()
        },
        completes_orders: config.completes_orders(Trust::Server),
        budget: StorageBudget::of_request(received.into_iter().sum(), connection),
    };
    let Judged { events, withdrawn, problems: found } =
        judge(data, None, stored, |value, path| of_server(connection, value, path, reading))?;
    problems.extend(found);
    let answer = match events.is_empty() {
        true => graph_answer::refused(400, &problems, &trace),
        false => graph_answer::received(events.len(), &problems, &trace),
    };
    let is_stored = !events.is_empty() || !withdrawn.is_empty();
    Ok(Intake {
        answer,
        dataset_id: is_stored.then(|| dataset_id.to_owned()),
        trust: Trust::Server,
        events,
        withdrawn,
        people: Vec::new(),
        parcel: None,
    })
}
