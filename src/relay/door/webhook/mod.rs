//! Takes the signed webhooks of shops, payment providers and other senders, and answers as they
//! expect.
//!
//! A body that is signed and is no sale is answered with 200: WooCommerce turns a webhook off after
//! some failures, and other senders would send the body again.

mod proof;
mod secrets;

use serde_json::{Value, json};

use super::answer::{Answer, Refusal};
use super::connection::Connection;
use super::intake::{Accepted, Intake, Stored, accept, together};
use super::storage_budget::StorageBudget;
use crate::event::{Problem, Trust};
use crate::relay::config::Config;
use crate::sources::json::{self, Element};
use crate::sources::mapping::Table;
use crate::sources::orders::{self, Sale, Shop, THIN_EVENT, Taken};
use crate::sources::{NoEntropy, Reading};

pub(super) use proof::Signed;
pub use secrets::WebhookSecrets;

/// A webhook: the sender of its requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Webhook {
    /// A shop or payment provider that the worker knows.
    Shop(Shop),
    /// Another sender, by its name in the setting `webhooks`.
    Named(String),
}

/// A request of a webhook, with the headers that its proof and its reading need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WebhookCall {
    webhook: Webhook,
    signature: Option<String>,
    timestamp: Option<String>,
    topic: Option<String>,
}

impl WebhookCall {
    /// Returns the call of a path below `{base}/webhooks/`, still without its headers. Returns `None`
    /// if no webhook has this name.
    pub fn from_path(config: &Config, name: &str) -> Option<Self> {
        let webhook = match Shop::from_name(name) {
            Some(shop) => Webhook::Shop(shop),
            None if config.webhooks.contains_key(name) => Webhook::Named(name.to_owned()),
            None => return None,
        };
        Some(Self { webhook, signature: None, timestamp: None, topic: None })
    }

    /// Returns the call with the headers of its request. `header` looks one up by its lower-case
    /// name.
    pub fn with_headers(self, config: &Config, header: &dyn Fn(&str) -> Option<String>) -> Self {
        // Shopify's newer webhooks have the same headers without "X-".
        let of_shopify = |name: &str| {
            header(&format!("x-shopify-{name}")).or_else(|| header(&format!("shopify-{name}")))
        };
        let (signature, timestamp, topic) = match &self.webhook {
            Webhook::Shop(Shop::WooCommerce) => (header("x-wc-webhook-signature"), None, None),
            Webhook::Shop(Shop::Shopify) => (of_shopify("hmac-sha256"), None, of_shopify("topic")),
            Webhook::Shop(Shop::Stripe) => (header("stripe-signature"), None, None),
            Webhook::Named(name) => match config.webhooks.get(name) {
                Some(own) => {
                    let at = |name: &str| header(&name.to_ascii_lowercase());
                    (at(&own.header), own.timestamp_header.as_deref().and_then(at), None)
                }
                None => (None, None, None),
            },
        };
        Self { signature, timestamp, topic, ..self }
    }

    fn table<'a>(&self, config: &'a Config) -> Option<&'a Table> {
        match &self.webhook {
            Webhook::Shop(shop) => config.table(shop.source()),
            Webhook::Named(name) => config.webhooks.get(name)?.table.as_ref(),
        }
    }
}

/// Reads the body of an authenticated webhook, and returns the event to store with the answer.
///
/// # Errors
/// Returns [`NoEntropy`], as every reader of events. Nothing may be stored then.
pub(super) fn take(
    config: &Config,
    connection: &Connection,
    call: &WebhookCall,
    signed: &Signed,
    body: &[u8],
    mut reading: Reading<'_>,
) -> Result<Intake, NoEntropy> {
    let Signed::Body(dataset) = signed else {
        let message = "the webhook reaches the worker: this ping has no order";
        return Ok(nothing(200, Problem::refused("webhook_ping", "", message)));
    };
    let Some(table) = call.table(config) else {
        let message = "expected a webhook of the configuration";
        return Ok(nothing(404, Problem::refused("not_found", "", message)));
    };
    let Element { value: Some(mut value), problems } = json::element(body, "") else {
        return Ok(unreadable(call));
    };
    table.keep_limits(&mut value, "", &problems);
    let sale = match &call.webhook {
        Webhook::Shop(shop) => Sale::of_shop(*shop, value, call.topic.as_deref(), table),
        Webhook::Named(_) if !value.is_object() => return Ok(unreadable(call)),
        Webhook::Named(_) => Ok(Sale::of_body(value)),
    };
    let mut sale = match sale {
        Ok(sale) => sale,
        Err(problem) if problem.code == THIN_EVENT => return Ok(nothing(400, problem)),
        Err(problem) => return Ok(nothing(200, problem)),
    };
    let denied = sale.denied.take();
    let mut main_body = String::new();
    if sale.is_test && denied.is_none() {
        match &config.test_order_event_code {
            Some(code) => main_body = json!({ "test_event_code": code }).to_string(),
            None => {
                let message = "this order is of the shop's test mode: it was left out; \"testOrderEventCode\" of the worker's configuration sends such orders as test events";
                return Ok(nothing(200, Problem::refused("test_order", "", message)));
            }
        }
    }
    let Taken { event, order, problems: found, origins } =
        orders::event(table, sale, body, &mut reading)?;
    let named = |one: Accepted| Accepted { order: Some(order.clone()), ..one };
    if let Some(denied) = denied {
        // The order memory forgets the visitor of an order that says no.
        let event = event.and_then(|event| Accepted::new(&event, Trust::Server, "").ok());
        let withdrawn: Vec<Accepted> = event.map(named).into_iter().collect();
        let dataset_id = config.dataset(dataset.as_deref()).filter(|_| !withdrawn.is_empty());
        let dataset_id = dataset_id.map(str::to_owned);
        return Ok(Intake { trust: Trust::Server, dataset_id, withdrawn, ..nothing(200, denied) });
    }
    let mut problems = together(problems, found);
    let received_bytes = connection.header_bytes.saturating_add(body.len());
    let mut stored = Stored {
        trust: Trust::Server,
        main_body,
        completes_orders: config.completes_orders(Trust::Server),
        budget: StorageBudget::of_request(received_bytes, connection),
    };
    let mut events = Vec::new();
    if let Some(mut event) = event {
        // The connection is the shop's. Its cookies and its user agent are nobody's, and a signature
        // does not cover them.
        connection.cut_user_agent(&mut event);
        let found = event.problems("").into_iter();
        let found = found.map(|problem| origins.located(problem, "")).collect();
        let accepted = accept(&event, "", &mut problems, found, &mut stored);
        events.extend(accepted.map(named));
    }
    let dataset_id = config.dataset(dataset.as_deref()).filter(|_| !events.is_empty());
    Ok(Intake {
        answer: taken(events.len(), &problems),
        dataset_id: dataset_id.map(str::to_owned),
        trust: Trust::Server,
        events,
        withdrawn: Vec::new(),
        people: Vec::new(),
        parcel: None,
    })
}

/// Returns the intake of a signed body that is not a JSON object. A shop sends one if it cannot read
/// the order itself, and would count any answer but 200 as a failure.
fn unreadable(call: &WebhookCall) -> Intake {
    let status = match call.webhook {
        Webhook::Shop(Shop::WooCommerce | Shop::Shopify) => 200,
        Webhook::Shop(Shop::Stripe) | Webhook::Named(_) => 400,
    };
    nothing(status, Problem::refused("invalid_body", "", "expected JSON: an object"))
}

/// Returns an intake without events. Its answer says why.
fn nothing(status: u16, problem: Problem) -> Intake {
    let problems = [problem];
    let answer = match status {
        200 => taken(0, &problems),
        status => shaped(status, &problems),
    };
    Intake::nothing(answer)
}

/// Returns the answer to a request that was understood, with the number of stored events. Each
/// reason for which something was left out is counted.
fn taken(events: usize, problems: &[Problem]) -> Answer {
    let body = if problems.is_empty() {
        json!({ "received": true, "events": events })
    } else {
        json!({ "received": true, "events": events, "problems": problems })
    };
    counting(Answer::json(200, body), problems)
}

/// Returns the answer for a refusal of the whole request, also if the worker itself failed.
pub(super) fn of_request(refusal: &Refusal) -> Answer {
    shaped(refusal.status, std::slice::from_ref(&refusal.problem)).with_facts_of(refusal)
}

fn shaped(status: u16, problems: &[Problem]) -> Answer {
    let first = problems.first();
    let message = first.map_or_else(String::new, |problem| match problem.path.as_str() {
        "" => problem.message.clone(),
        path => format!("{path}: {}", problem.message),
    });
    let code = first.map_or("invalid_request", |problem| problem.code);
    let body: Value = json!({ "received": false, "code": code, "message": message });
    counting(Answer::json(status, body), problems)
}

/// Counts each reason once, also those for which only a field was left out.
fn counting(mut answer: Answer, problems: &[Problem]) -> Answer {
    for problem in problems {
        if !answer.refused.contains(&problem.code) {
            answer.refused.push(problem.code);
        }
    }
    answer
}
