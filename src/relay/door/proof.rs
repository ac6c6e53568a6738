//! Authenticates the sender of a request by its head or its body, and checks the rate limits of the
//! sender's address.

use super::admission::{Admitted, Door, DoorSecrets, Moment};
use super::answer::Refusal;
use super::connection::Connection;
use super::graph::GraphCaller;
use super::key_in_body;
use super::segment::{self, Caller, SegmentCall};
use super::sender::{KnownServer, Rejection, Sender};
use super::source::Source;
use super::webhook::Signed;
use crate::event::Problem;
use crate::relay::config::{Budget, Config};
use crate::sources::segment::Trust;

/// The authenticated sender of a request.
pub(super) enum Proof {
    /// A page or a server that posts to `{base}/events`.
    Sender(Sender),
    /// A client of the Graph API.
    Graph(KnownServer),
    /// A caller of Segment's API.
    Segment(Caller),
    /// A webhook whose signature is right.
    Webhook(Signed),
    /// None yet. The body may have the key, or a signature covers the body.
    InBody,
}

impl Door {
    /// Authenticates the sender by the head of a request. Returns a refusal if the key is wrong, or
    /// if a page's address has used up a budget.
    pub(super) fn proof(
        &mut self,
        moment: &Moment<'_>,
        source: &Source,
        connection: &Connection,
        query: &str,
    ) -> Result<Proof, Refusal> {
        let Moment { config, secrets, now_millis, .. } = moment;
        let wrong = |door: &mut Self, rejection| {
            Err(door.wrong_key(config, connection, rejection, *now_millis))
        };
        match source {
            Source::Events => match Sender::of(config, connection, &secrets.keys) {
                Ok(Sender::Page(origin)) => {
                    self.page(config, connection, *now_millis)?;
                    Ok(Proof::Sender(Sender::Page(origin)))
                }
                Ok(server) => Ok(Proof::Sender(server)),
                Err(rejection) => wrong(self, rejection),
            },
            Source::Graph { .. } => match GraphCaller::of_head(connection, query, &secrets.keys) {
                GraphCaller::Known(server) => Ok(Proof::Graph(server)),
                GraphCaller::Wrong(rejection) => wrong(self, rejection),
                GraphCaller::Unknown => in_body(config, connection),
            },
            Source::Webhook(call) => match call.check_secret(&secrets.webhooks) {
                Ok(()) => in_body(config, connection),
                Err(rejection) => wrong(self, rejection),
            },
            Source::Segment(call) if call.signature().is_some() => in_body(config, connection),
            Source::Segment(_) => match Caller::of_header(config, connection, &secrets.segment) {
                Some(Ok(caller)) => {
                    if caller.trust == Trust::Page {
                        self.page(config, connection, *now_millis)?;
                    }
                    Ok(Proof::Segment(caller))
                }
                Some(Err(rejection)) => wrong(self, rejection),
                None => in_body(config, connection),
            },
        }
    }

    /// Checks the size of a body. Authenticates the sender by the body if the head had no proof.
    /// Checks and charges the budgets of a page's address.
    pub(super) fn prove(
        &mut self,
        moment: &Moment<'_>,
        admitted: &mut Admitted,
        body: &[u8],
    ) -> Result<(), Refusal> {
        let Moment { config, secrets, now_millis, .. } = moment;
        let max_bytes = admitted.max_body_bytes;
        if body.len() > max_bytes as usize {
            return Err(too_large(&admitted.source, max_bytes));
        }
        let mut is_new_page = false;
        if matches!(admitted.proof, Proof::InBody) {
            let found = match &admitted.source {
                Source::Segment(call) => {
                    of_segment(config, &admitted.connection, secrets, call, body).map(|caller| {
                        is_new_page = caller.trust == Trust::Page;
                        Proof::Segment(caller)
                    })
                }
                Source::Webhook(call) => {
                    call.prove(config, &secrets.webhooks, body, *now_millis).map(Proof::Webhook)
                }
                _ => GraphCaller::of_body(admitted.content_type.as_deref(), body, &secrets.keys)
                    .map(Proof::Graph),
            };
            match found {
                Ok(proof) => admitted.proof = proof,
                Err(rejection) => {
                    return Err(self.wrong_key(
                        config,
                        &admitted.connection,
                        rejection,
                        *now_millis,
                    ));
                }
            }
        }
        let Some(address) = admitted.pays() else { return Ok(()) };
        if is_new_page {
            self.page(config, &admitted.connection, *now_millis)?;
            self.charge(config, address, Budget::Requests, 1, *now_millis);
        } else {
            // Since this request was admitted, other requests may have used up the events of the
            // address.
            self.within(config, &admitted.connection, &[Budget::Events], *now_millis)?;
        }
        let unpaid = (body.len() as u64).saturating_sub(admitted.charged_bytes);
        self.charge(config, address, Budget::Bytes, unpaid, *now_millis);
        Ok(())
    }

    /// Checks that the address of a page has not used up its requests, events or bytes.
    fn page(
        &self,
        config: &Config,
        connection: &Connection,
        now_millis: u64,
    ) -> Result<(), Refusal> {
        let budgets = [Budget::Requests, Budget::Events, Budget::Bytes];
        self.within(config, connection, &budgets, now_millis)
    }

    fn within(
        &self,
        config: &Config,
        connection: &Connection,
        budgets: &[Budget],
        now_millis: u64,
    ) -> Result<(), Refusal> {
        let Some(address) = connection.client_ip else { return Ok(()) };
        let check =
            |budget: &Budget| self.limiter.check(&config.rate_limit, address, *budget, now_millis);
        budgets.iter().try_for_each(check).map_err(Refusal::too_many)
    }

    /// Returns the refusal of a request with a wrong or missing key, and charges its address. It
    /// charges only the budget for wrong keys, so that other senders at the address are not slowed
    /// down. If that budget is used up, the refusal is a 429. A 403 costs nothing, nor does a
    /// request that a browser sent for another site.
    pub(super) fn wrong_key(
        &mut self,
        config: &Config,
        connection: &Connection,
        (status, problem): Rejection,
        now_millis: u64,
    ) -> Refusal {
        let is_free = status == 403 || connection.is_of_another_site(config);
        if let Some(address) = connection.client_ip.filter(|_| !is_free) {
            if let Err(seconds) =
                self.limiter.check(&config.rate_limit, address, Budget::WrongKeys, now_millis)
            {
                return Refusal::too_many(seconds);
            }
            self.charge(config, address, Budget::WrongKeys, 1, now_millis);
        }
        Refusal::new(status, problem)
    }

    /// Returns true if an address has used up its limit for wrong keys and for bodies that do not
    /// come. A right key may still come from it, so it is not refused.
    pub(super) fn is_suspect(
        &self,
        config: &Config,
        connection: &Connection,
        now_millis: u64,
    ) -> bool {
        self.within(config, connection, &[Budget::WrongKeys], now_millis).is_err()
    }

    pub(super) fn charge(
        &mut self,
        config: &Config,
        address: std::net::IpAddr,
        budget: Budget,
        amount: u64,
        now_millis: u64,
    ) {
        self.limiter.charge(&config.rate_limit, address, budget, amount, now_millis);
    }
}

/// Returns `Proof::InBody`, or a refusal if a browser sends the request for another site.
fn in_body(config: &Config, connection: &Connection) -> Result<Proof, Refusal> {
    if connection.is_of_another_site(config) {
        let message = "expected a request of a server, or of a page whose origin is in the worker's \"allowedOrigins\"";
        let problem = Problem::refused("origin_not_allowed", "Origin", message);
        return Err(Refusal::new(403, problem));
    }
    Ok(Proof::InBody)
}

/// Authenticates the caller of a Segment call by its body.
fn of_segment(
    config: &Config,
    connection: &Connection,
    secrets: &DoorSecrets,
    call: &SegmentCall,
    body: &[u8],
) -> Result<Caller, Rejection> {
    if let Some(signature) = call.signature() {
        return Caller::of_signature(&secrets.segment, signature, body).map_err(|rejection| {
            // Segment signs only the first call of a batch, so a batch never matches its signature.
            match body.trim_ascii_start().first() {
                Some(b'[') => (400, segment::is_a_list()),
                _ => rejection,
            }
        });
    }
    let mut write_key = None;
    let read = key_in_body::in_json(body, "writeKey", &mut write_key);
    if read.is_err() && write_key.is_none() {
        return Err((400, segment::not_an_object()));
    }
    Caller::of_write_key(config, connection, &secrets.segment, write_key.as_deref())
}

fn too_large(source: &Source, max_bytes: u32) -> Refusal {
    let (status, message) = match source {
        Source::Segment(_) => {
            (400, format!("expected at most {} KB, as Segment does", max_bytes / 1024))
        }
        Source::Webhook(_) => {
            (413, format!("expected at most {max_bytes} bytes (\"maxWebhookBodyBytes\")"))
        }
        _ => (413, format!("expected at most {max_bytes} bytes; send fewer events at once")),
    };
    Refusal::new(status, Problem::refused("body_too_large", "", message))
}
