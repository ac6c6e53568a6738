//! The door: the one entry point for pages, servers, clients of the Graph API, Segment and webhooks.
//!
//! [`Door::admit`] decides by the head of a request. [`Door::take`] reads the body. The sender is
//! authenticated once, in one of the two. [`Admitted`] is the state of the request in between.

use super::answer::{Answer, Refusal};
use super::bodies::{BodiesInFlight, Held, Share};
use super::connection::{Connection, Place};
use super::failure::{self, Failure};
use super::graph;
use super::intake::{self, Intake};
use super::proof::Proof;
use super::rate_limit::RateLimiter;
use super::refusals::Refusals;
use super::rewriting;
use super::segment::{self, Caller, SegmentCall, SegmentSecrets};
use super::sender::{AllowedOrigin, BridgeKeys, KnownServer, Sender};
use super::source::{Shape, Source, path_and_query};
use super::webhook::{self, WebhookSecrets};
use crate::event::Problem;
use crate::relay::config::{BackEnd, Budget, Config, ConfigError, SecretUse};
use crate::sources::segment::Trust;
use crate::sources::{NoEntropy, Reading};

/// The wait before a retry if there was no memory for a body, in seconds.
const BUSY_FOR_SECONDS: u64 = 2;

/// The secrets that authenticate senders. It has no `Debug`, so that they cannot be printed.
#[derive(Default)]
pub struct DoorSecrets {
    pub(super) keys: BridgeKeys,
    pub(super) segment: SegmentSecrets,
    pub(super) webhooks: WebhookSecrets,
}

impl DoorSecrets {
    /// Returns the back end that may send the same events as the pages of a dataset.
    fn back_end(&self, config: &Config, dataset: Option<&str>) -> BackEnd {
        if dataset.is_some_and(|dataset| self.webhooks.has_shop_for(config, dataset)) {
            BackEnd::Shop
        } else if !self.keys.is_empty() || self.segment.has_server() {
            BackEnd::Server
        } else {
            BackEnd::None
        }
    }

    /// Parses the secrets as [`DoorSecrets::read`] does. If one cannot be used, also returns its
    /// error. Then the secrets have the bridge keys alone, so that an operator can ask for the
    /// status.
    pub fn read_usable<'a>(
        config: &Config,
        named: impl IntoIterator<Item = (&'a str, &'a str)> + Clone,
    ) -> (Self, Option<ConfigError>) {
        match Self::read(config, named.clone()) {
            Ok(secrets) => (secrets, None),
            Err(error) => {
                let keys = Self::keys(named).unwrap_or_default();
                (Self { keys, ..Self::default() }, Some(error))
            }
        }
    }

    fn keys<'a>(
        named: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<BridgeKeys, ConfigError> {
        let mut keys = named.into_iter().filter(|(name, _)| {
            matches!(SecretUse::of_name(name), Some((SecretUse::BridgeKey, _)))
        });
        BridgeKeys::read(keys.next().map_or("", |(_, secret)| secret))
    }

    /// Parses the secrets by their names. Ignores other names.
    ///
    /// # Errors
    /// Returns an error if a secret has a key of fewer than 32 bytes, which could be guessed, or if
    /// its name has a dataset that is not listed.
    pub fn read<'a>(
        config: &Config,
        named: impl IntoIterator<Item = (&'a str, &'a str)> + Clone,
    ) -> Result<Self, ConfigError> {
        Ok(Self {
            keys: Self::keys(named.clone())?,
            segment: SegmentSecrets::read(config, named.clone())?,
            webhooks: WebhookSecrets::read(config, named)?,
        })
    }
}

/// The head of a request.
pub struct Head<'a> {
    /// The method.
    pub method: &'a str,
    /// The URL.
    pub url: &'a str,
    /// Looks up a header by its lower-case name.
    pub header: &'a dyn Fn(&str) -> Option<String>,
    /// The address at the other end of the connection.
    pub peer: Option<&'a str>,
    /// The country and region of that address.
    pub place: Place,
}

/// The door's decision about the head of a request.
pub enum Admission {
    /// The path is not the door's.
    NotOurs,
    /// The body is to be read.
    Admitted(Box<Admitted>),
    /// This is the answer, and the body is not read.
    Answer(Answer),
}

/// A request whose body may be read. Has no `Debug`: a key may be in its query.
pub struct Admitted {
    pub(super) source: Source,
    pub(super) connection: Connection,
    pub(super) proof: Proof,
    pub(super) max_body_bytes: u32,
    held: Held,
    pub(super) content_type: Option<String>,
    query: String,
    /// The bytes that were already charged to the address.
    pub(super) charged_bytes: u64,
}

/// The reason why a body was not read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unread {
    /// It took longer than `bodyTimeoutMillis`.
    Slow,
    /// The connection broke.
    Broken,
    /// The bodies in flight fill the memory that they may have.
    Busy,
}

/// The door of one worker. It counts the use of addresses, the bodies in memory and the refusals.
#[derive(Default)]
pub struct Door {
    pub(super) limiter: RateLimiter,
    bodies: BodiesInFlight,
    refusals: Refusals,
    saw_private_peer: bool,
}

impl Admitted {
    /// Returns the maximum size of the body, in bytes.
    #[must_use]
    pub fn max_body_bytes(&self) -> u32 {
        self.max_body_bytes
    }

    /// Counts bytes that arrive. Returns false if there is no memory for them, or if they are more
    /// than a body may have. The caller must then stop reading the body.
    pub fn hold(&mut self, config: &Config, bytes: u32) -> bool {
        // A host reads one byte more than the limit, so that it knows that a body is too large.
        bytes <= self.max_body_bytes.saturating_add(1) && self.hold_any(config, bytes.into())
    }

    fn hold_any(&mut self, config: &Config, bytes: u64) -> bool {
        self.held.add(bytes, config.max_body_bytes_in_flight.into())
    }

    /// Returns the address whose budgets a page's request uses. A server's request uses none.
    pub(super) fn pays(&self) -> Option<std::net::IpAddr> {
        let is_page = match &self.proof {
            Proof::Sender(sender) => matches!(sender, Sender::Page(_)),
            Proof::Segment(caller) => caller.trust == Trust::Page,
            Proof::Graph(_) | Proof::Webhook(_) | Proof::InBody => false,
        };
        self.connection.client_ip.filter(|_| is_page)
    }
}

/// The facts that a decision needs in addition to the request.
pub struct Moment<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// The secrets that senders have to show.
    pub secrets: &'a DoorSecrets,
    /// The current time, in Unix milliseconds.
    pub now_millis: u64,
    /// Returns random bytes, for trace ids and for the ids of events that came without one.
    pub entropy: &'a mut dyn FnMut() -> Option<[u8; 16]>,
}

impl Door {
    /// Decides by the head of a request whether its body is read.
    ///
    /// # Errors
    /// Returns [`NoEntropy`] if there was no entropy for a trace id.
    pub fn admit(
        &mut self,
        moment: &mut Moment<'_>,
        head: &Head<'_>,
    ) -> Result<Admission, NoEntropy> {
        let (path, query) = path_and_query(head.url);
        let (config, secrets) = (moment.config, moment.secrets);
        let Some(source) = Source::of_path(config, &secrets.segment, path) else {
            return Ok(Admission::NotOurs);
        };
        let connection =
            Connection::read(config, head.header, head.peer, head.place.clone(), moment.now_millis);
        self.saw_private_peer |= connection.is_peer_private;
        if head.method == "OPTIONS" && source.shape().is_for_pages() {
            let answer = preflight(config, &connection, source.shape());
            self.count(&answer);
            return Ok(Admission::Answer(answer));
        }
        if head.method != "POST" {
            let refusal = Refusal::method(head.method, source.methods());
            return self
                .refused(moment, source.shape(), &connection, &refusal)
                .map(Admission::Answer);
        }
        let source = match source {
            Source::Segment(SegmentCall::Webhook(_)) => {
                Source::Segment(SegmentCall::Webhook((head.header)("x-signature")))
            }
            Source::Webhook(call) => Source::Webhook(call.with_headers(config, head.header)),
            other => other,
        };
        let proof = match self.proof(moment, &source, &connection, query) {
            Ok(proof) => proof,
            Err(refusal) => {
                return self
                    .refused(moment, source.shape(), &connection, &refusal)
                    .map(Admission::Answer);
            }
        };
        let share = match &proof {
            Proof::InBody if self.is_suspect(config, &connection, moment.now_millis) => {
                Share::Suspect
            }
            Proof::InBody => Share::Unproven,
            Proof::Sender(Sender::Page(_)) | Proof::Segment(Caller { trust: Trust::Page, .. }) => {
                Share::Page
            }
            Proof::Sender(_) | Proof::Graph(_) | Proof::Segment(_) | Proof::Webhook(_) => {
                Share::Server
            }
        };
        let max_body_bytes = match &source {
            Source::Events if share == Share::Page => config.max_body_bytes,
            Source::Events | Source::Graph { .. } => config.max_server_body_bytes,
            Source::Segment(call) => u32::try_from(call.max_body_bytes()).unwrap_or(u32::MAX),
            Source::Webhook(_) => config.max_webhook_body_bytes,
        };
        let rewritten_cookies = match (&source, &proof) {
            (Source::Events, Proof::Sender(Sender::Page(origin))) => {
                rewriting::cookies(config, head, &connection, origin, moment.now_millis)
            }
            _ => Vec::new(),
        };
        let is_graph = source.shape() == Shape::Graph;
        let mut admitted = Admitted {
            content_type: is_graph.then(|| (head.header)("content-type")).flatten(),
            query: if is_graph { query.to_owned() } else { String::new() },
            held: self.bodies.of(share),
            // The key was checked, so the connection no longer needs it.
            connection: Connection { authorization: None, rewritten_cookies, ..connection },
            source,
            proof,
            max_body_bytes,
            charged_bytes: 0,
        };
        let kept = admitted.connection.bytes() + admitted.query.len();
        if !admitted.hold_any(config, u64::try_from(kept).unwrap_or(u64::MAX)) {
            return self.unread(moment, &admitted, Unread::Busy).map(Admission::Answer);
        }
        if let Some(address) = admitted.pays() {
            // Charges the declared length of a body before it is read. Otherwise many requests at
            // once could exceed the limit.
            let length = (head.header)("content-length").and_then(|length| length.parse().ok());
            admitted.charged_bytes =
                length.unwrap_or(0_u64).min(u64::from(admitted.max_body_bytes));
            self.charge(config, address, Budget::Requests, 1, moment.now_millis);
            self.charge(config, address, Budget::Bytes, admitted.charged_bytes, moment.now_millis);
        }
        Ok(Admission::Admitted(Box::new(admitted)))
    }

    /// Reads the body of an admitted request, and returns the events to store with the answer.
    ///
    /// # Errors
    /// Returns [`NoEntropy`] if there was no entropy for a trace id, or for the id of an event that
    /// came without one. Nothing may be stored then.
    pub fn take(
        &mut self,
        moment: &mut Moment<'_>,
        mut admitted: Admitted,
        body: &[u8],
    ) -> Result<Intake, NoEntropy> {
        if let Err(refusal) = self.prove(moment, &mut admitted, body) {
            let shape = admitted.source.shape();
            return Ok(Intake::nothing(self.refused(
                moment,
                shape,
                &admitted.connection,
                &refusal,
            )?));
        }
        let config = moment.config;
        let Admitted { source, connection, proof, .. } = &admitted;
        let mut reading = Reading { now_millis: moment.now_millis, entropy: &mut *moment.entropy };
        let mut intake = match (source, proof) {
            (Source::Segment(call), Proof::Segment(caller)) => {
                segment::take(config, connection, caller, call, body, reading)?
            }
            (Source::Webhook(call), Proof::Webhook(signed)) => {
                webhook::take(config, connection, call, signed, body, reading)?
            }
            (Source::Graph { dataset_id }, Proof::Graph(_)) => {
                let call = graph::Posted {
                    dataset_id,
                    query: &admitted.query,
                    content_type: admitted.content_type.as_deref(),
                    body,
                };
                graph::take(config, connection, &call, &mut reading)?
            }
            (_, Proof::Sender(sender)) => intake::take(
                config,
                connection,
                sender,
                body,
                reading.now_millis,
                &mut *reading.entropy,
            )?,
            // `prove` allows no other pair.
            _ => Intake::refused(401, &Problem::refused("wrong_bridge_key", "", "expected a key")),
        };
        if let Some(address) = admitted.pays() {
            let events = intake.events.len() + intake.answer.refused.len();
            let events = u64::try_from(events).unwrap_or(u64::MAX);
            self.charge(config, address, Budget::Events, events, moment.now_millis);
        }
        self.count(&intake.answer);
        let back_end = moment.secrets.back_end(config, intake.dataset_id.as_deref());
        intake.parcel = intake.to_parcel(config, connection, back_end);
        Ok(intake)
    }

    /// Answers a request whose body was not read to its end.
    ///
    /// # Errors
    /// Returns [`NoEntropy`] if there was no entropy for a trace id.
    pub fn unread(
        &mut self,
        moment: &mut Moment<'_>,
        admitted: &Admitted,
        why: Unread,
    ) -> Result<Answer, NoEntropy> {
        let shape = admitted.source.shape();
        // A page has paid for the length that it announced. A sender without a proof pays for a body
        // that does not come as for a wrong key.
        if why != Unread::Busy
            && matches!(admitted.proof, Proof::InBody)
            && let Some(address) = admitted.connection.client_ip
        {
            self.charge(moment.config, address, Budget::WrongKeys, 1, moment.now_millis);
        }
        let refusal = match why {
            Unread::Slow => {
                let within = moment.config.body_timeout_millis;
                let message = format!("expected the whole body within {within} ms");
                Refusal::new(408, Problem::refused("body_too_slow", "", message))
            }
            Unread::Broken => {
                // A page drops events after a 400 and retries them after a 408.
                let status = if shape == Shape::Events { 408 } else { 400 };
                let message = "expected the whole body; it broke off";
                Refusal::new(status, Problem::refused("body_broken_off", "", message))
            }
            Unread::Busy => {
                let message = format!(
                    "the worker holds as many bytes of bodies as it may (\"maxBodyBytesInFlight\"); come again in {BUSY_FOR_SECONDS} s"
                );
                Refusal::for_now(503, Problem::refused("busy", "", message), BUSY_FOR_SECONDS)
            }
        };
        self.refused(moment, shape, &admitted.connection, &refusal)
    }

    /// Returns the answer to a request while a secret of senders cannot be used. `message` names the
    /// secret. Returns `None` if the path is not the door's.
    ///
    /// # Errors
    /// Returns [`NoEntropy`] if there was no entropy for a trace id.
    pub fn unusable_secret(
        &mut self,
        moment: &mut Moment<'_>,
        head: &Head<'_>,
        message: &str,
    ) -> Result<Option<Answer>, NoEntropy> {
        if !failure::is_of_door(moment.config, path_and_query(head.url).0) {
            return Ok(None);
        }
        self.failure(moment, head, &Failure::unusable_secret(message))
    }

    /// Returns the answer to a request on which the worker itself failed, in the shape that the
    /// senders of its path read. Returns `None` if no source has such a path.
    ///
    /// # Errors
    /// Returns [`NoEntropy`] if there was no entropy for a trace id.
    pub fn failure(
        &mut self,
        moment: &mut Moment<'_>,
        head: &Head<'_>,
        failure: &Failure<'_>,
    ) -> Result<Option<Answer>, NoEntropy> {
        let (path, _) = path_and_query(head.url);
        let source = Source::of_path(moment.config, &moment.secrets.segment, path);
        let shape = source.map(|source| source.shape()).or_else(|| Shape::of_path(path));
        let connection = Connection { origin: (head.header)("origin"), ..Connection::default() };
        match shape {
            Some(shape) => self.refused(moment, shape, &connection, &failure.refusal()).map(Some),
            None => {
                self.refusals.count(failure.code(), 1);
                Ok(None)
            }
        }
    }

    /// Returns the answer to a request for a path that nothing answers, as its sender reads it. The
    /// page of an allowed origin may read it. A path below the base is counted, because its sender
    /// means the worker.
    ///
    /// # Errors
    /// Returns [`NoEntropy`] if there was no entropy for a trace id.
    pub fn not_found(
        &mut self,
        moment: &mut Moment<'_>,
        head: &Head<'_>,
    ) -> Result<Answer, NoEntropy> {
        let (path, _) = path_and_query(head.url);
        let config = moment.config;
        let connection = Connection { origin: (head.header)("origin"), ..Connection::default() };
        if Shape::of_path(path) == Some(Shape::Graph) {
            let refusal = failure::no_such_graph_path(path);
            return self.refused(moment, Shape::Graph, &connection, &refusal);
        }
        let mut answer = failure::no_such_path(&config.base, path);
        if !failure::is_below_base(config, path) {
            answer.refused.clear();
        }
        self.count(&answer);
        Ok(answer.readable_for(config, &connection))
    }

    /// Counts a request whose host no URL can have.
    pub fn count_invalid_host(&mut self) {
        self.refusals.count("invalid_host", 1);
    }

    /// Authenticates an operator by a bridge key.
    ///
    /// # Errors
    /// Returns the answer to send instead.
    pub fn admit_operator(
        &mut self,
        moment: &Moment<'_>,
        head: &Head<'_>,
    ) -> Result<KnownServer, Answer> {
        let Moment { config, secrets, now_millis, .. } = moment;
        let connection =
            Connection::read(config, head.header, head.peer, head.place.clone(), *now_millis);
        self.saw_private_peer |= connection.is_peer_private;
        KnownServer::of(connection.authorization.as_deref(), &secrets.keys).map_err(|rejection| {
            let refusal = self.wrong_key(config, &connection, rejection, *now_millis);
            let answer = Answer::of_events(&refusal);
            self.count(&answer);
            answer
        })
    }

    /// Returns the counts of refusals. The caller logs them and hands them on.
    pub fn refusals(&mut self) -> &mut Refusals {
        &mut self.refusals
    }

    /// Returns warnings about the set-up for the operator, one sentence each.
    #[must_use]
    pub fn warnings(&self, secrets: &DoorSecrets) -> Vec<String> {
        let mut warnings = secrets.webhooks.warnings();
        if !self.saw_private_peer {
            return warnings;
        }
        let warning = "requests come from a private or loopback address and \"clientIp\" is not set: no limit per address applies to them, and events have no client_ip_address. If a proxy stands in front, set \"clientIp\".";
        warnings.push(warning.to_owned());
        warnings
    }

    /// Answers a refusal in a source's shape, and counts it.
    fn refused(
        &mut self,
        moment: &mut Moment<'_>,
        shape: Shape,
        connection: &Connection,
        refusal: &Refusal,
    ) -> Result<Answer, NoEntropy> {
        let mut answer = shape.answer(refusal, moment.entropy)?;
        if shape.is_for_pages() {
            answer = answer.readable_for(moment.config, connection);
        }
        self.count(&answer);
        Ok(answer)
    }

    fn count(&mut self, answer: &Answer) {
        for reason in &answer.refused {
            self.refusals.count(reason, 1);
        }
    }
}

/// Returns the answer to a CORS preflight.
fn preflight(config: &Config, connection: &Connection, shape: Shape) -> Answer {
    // The browser itself sends a preflight, so its `Sec-Fetch-*` headers are not those of a script.
    let asked = Connection { fetch_site: None, fetch_mode: None, ..connection.clone() };
    let headers = match shape {
        Shape::Segment => segment::HEADERS_OF_PAGES,
        Shape::Events | Shape::Graph | Shape::Webhook => "content-type",
    };
    match AllowedOrigin::of(config, &asked) {
        Ok(origin) => Answer::preflight(&origin, headers),
        Err((status, problem)) => Answer::refusal(status, &problem),
    }
}
