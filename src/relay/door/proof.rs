//! Who sends a request, by its head or by its body, and whether that one has something left of its budgets.

use super::admission::{Admitted, Door, DoorSecrets, Moment};
use super::answer::Refusal;
use super::connection::Connection;
use super::graph::GraphCaller;
use super::key_in_body;
use super::segment::{self, Caller, SegmentCall};
use super::sender::{KnownServer, Rejection, Sender};
use super::source::Source;
use crate::event::Problem;
use crate::relay::config::{Budget, Config};
use crate::sources::segment::Trust;

/// The proof of who sent a request.
pub(super) enum Proof {
    /// A page or a server, by the head.
    Sender(Sender),
    /// A client of the Graph API, by the head.
    Graph(KnownServer),
    /// Segment, by the head.
    Segment(Caller),
    /// Not yet: it is in the body.
    InBody,
}

impl Door {
    /// Finds out by the head who sends, or why that one may not.
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

    /// Checks the size of a body, finds the proof in it where the head had none, and checks what a page's
    /// address has left.
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
            // Other requests of this address may have been taken since it was admitted.
            self.within(config, &admitted.connection, &[Budget::Events], *now_millis)?;
        }
        let unpaid = (body.len() as u64).saturating_sub(admitted.charged_bytes);
        self.charge(config, address, Budget::Bytes, unpaid, *now_millis);
        Ok(())
    }

    /// Checks that the address of a page has something left of each budget.
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

    /// A request that is not let in. Only a key that is wrong, or that should be there, costs its address
    /// something, and only of the budget for wrong keys: who shares the address is not slowed down. What
    /// another site makes a browser send costs nothing.
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

/// Admits a request whose proof may be in the body, unless a browser sends it for another site.
fn in_body(config: &Config, connection: &Connection) -> Result<Proof, Refusal> {
    if connection.is_of_another_site(config) {
        let message = "expected a request of a server, or of a page whose origin is in the worker's \"allowedOrigins\"";
        let problem = Problem::refused("origin_not_allowed", "Origin", message);
        return Err(Refusal::new(403, problem));
    }
    Ok(Proof::InBody)
}

/// Finds the caller of a Segment call by its body.
fn of_segment(
    config: &Config,
    connection: &Connection,
    secrets: &DoorSecrets,
    call: &SegmentCall,
    body: &[u8],
) -> Result<Caller, Rejection> {
    if let Some(signature) = call.signature() {
        return Caller::of_signature(&secrets.segment, signature, body).map_err(|rejection| {
            // Segment signs the first call of a batch alone: then no signature is right.
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
        _ => (413, format!("expected at most {max_bytes} bytes; send fewer events at once")),
    };
    Refusal::new(status, Problem::refused("body_too_large", "", message))
}
