//! The Graph API's contract: `POST /{version}/{dataset}/events`, so that what talks to Meta today talks
//! to the worker with another address. The access token is a bridge key; Meta's token never comes here.

use serde_json::Value;

use super::admission::{WRONG_KEY_COST, charge, within};
use super::answer::Answer;
use super::connection::Connection;
use super::graph_answer;
use super::intake::{Intake, judge, of_server};
use super::rate_limit::RateLimiter;
use super::sender::{BridgeKeys, KnownServer, bearer};
use crate::event::Problem;
use crate::relay::config::{Config, MAX_EVENTS_PER_REQUEST};
use crate::sources::graph::{Call, Parameters};
use crate::sources::{NoEntropy, Reading};

/// The worker's own Graph API, for one call.
pub struct GraphApi<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// Who is at the other end.
    pub connection: &'a Connection,
    /// The keys that are right.
    pub keys: &'a BridgeKeys,
    /// Counts what addresses ask.
    pub limiter: &'a mut RateLimiter,
    /// Now, Unix milliseconds.
    pub now_millis: u64,
    /// Makes trace ids, and event ids where none came.
    pub entropy: &'a mut dyn FnMut() -> Option<[u8; 16]>,
}

impl GraphApi<'_> {
    /// Before the body is read: `None` lets it be read, else the answer to give instead. A wrong key in the
    /// header or in the query ends here; a key that is in neither may still be in the body.
    ///
    /// # Errors
    /// When there was no entropy for a trace id.
    pub fn admit(&mut self, query: &str) -> Result<Option<Answer>, NoEntropy> {
        let trace = self.trace_id()?;
        if let Err(seconds) = within(self.config, self.connection, self.limiter, self.now_millis) {
            return Ok(Some(graph_answer::too_many(seconds, &trace)));
        }
        let parameters = Parameters::of_query(query);
        Ok(match self.shown(&parameters) {
            None => {
                self.charge(1);
                None
            }
            Some(key) => {
                let wrong = self.known(Some(key)).err();
                wrong.map(|problem| self.turned_away(&problem, &trace))
            }
        })
    }

    /// Takes the events of a call.
    ///
    /// # Errors
    /// When there was no entropy for a trace id or for an event that came without an id: nothing is to be
    /// stored then.
    pub fn take(&mut self, dataset_id: &str, call: Call<'_>) -> Result<Intake, NoEntropy> {
        let trace = self.trace_id()?;
        let refused = |status, problem: &Problem| {
            Ok(Intake::nothing(graph_answer::refused(
                status,
                std::slice::from_ref(problem),
                &trace,
            )))
        };
        let most = self.config.max_server_body_bytes;
        if call.body.len() > most as usize {
            let message = format!("expected at most {most} bytes; send fewer events at once");
            return refused(413, &Problem::refused("body_too_large", "", message));
        }
        let parameters = Parameters::read(call);
        let shown = match &parameters {
            Ok(parameters) => self.shown(parameters).map(str::to_owned),
            Err(_) => self.shown(&Parameters::of_query(call.query)).map(str::to_owned),
        };
        if let Err(problem) = self.known(shown.as_deref()) {
            return Ok(Intake::nothing(self.turned_away(&problem, &trace)));
        }
        let mut parameters = match parameters {
            Ok(parameters) => parameters,
            Err(problem) => return refused(400, &problem),
        };
        let Some(dataset_id) = self.config.dataset(Some(dataset_id)) else {
            let message = "expected a dataset id that the worker's configuration lists under \"datasets\": /v26.0/<dataset id>/events";
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
        let connection = self.connection;
        let mut reading = Reading { now_millis: self.now_millis, entropy: self.entropy };
        let (mut events, found) =
            judge(data, None, |value, path| of_server(connection, value, path, &mut reading))?;
        problems.extend(found);
        if events.is_empty() {
            return Ok(Intake::nothing(graph_answer::refused(400, &problems, &trace)));
        }
        if !main_body.is_empty() {
            let main_body = Value::from(main_body).to_string();
            events.iter_mut().for_each(|event| event.main_body.clone_from(&main_body));
        }
        Ok(Intake {
            answer: graph_answer::received(events.len(), &problems, &trace),
            dataset_id: Some(dataset_id.to_owned()),
            events,
            people: Vec::new(),
        })
    }

    /// What to answer when a body did not arrive in time.
    ///
    /// # Errors
    /// When there was no entropy for a trace id.
    pub fn too_slow(&mut self) -> Result<Answer, NoEntropy> {
        let message =
            format!("expected the whole body within {} ms", self.config.body_timeout_millis);
        let problem = Problem::refused("body_too_slow", "", message);
        Ok(graph_answer::refused(408, &[problem], &self.trace_id()?))
    }

    /// The key that was shown: in the header, else in the body, else in the query, as with Meta.
    fn shown<'a>(&'a self, parameters: &'a Parameters) -> Option<&'a str> {
        let header = self.connection.authorization.as_deref().and_then(bearer);
        header.filter(|key| !key.is_empty()).or_else(|| parameters.access_token())
    }

    fn known(&self, shown: Option<&str>) -> Result<KnownServer, Problem> {
        let refused = |code, message| Problem::refused(code, "access_token", message);
        let Some(shown) = shown else {
            let message = "expected the worker's BRIDGE_KEY as access token, in the header `Authorization: Bearer`, in the body or in the query";
            return Err(refused("missing_access_token", message));
        };
        KnownServer::with_key(shown, self.keys).ok_or_else(|| {
            let message = "expected the worker's BRIDGE_KEY as access token, never a token of Meta's: that one is a secret of the worker";
            refused("wrong_bridge_key", message)
        })
    }

    /// Whoever has no key pays as much as whoever guesses one: a body was read for nothing.
    fn turned_away(&mut self, problem: &Problem, trace: &str) -> Answer {
        self.charge(WRONG_KEY_COST);
        let status = if problem.code == "wrong_bridge_key" { 401 } else { 400 };
        graph_answer::refused(status, std::slice::from_ref(problem), trace)
    }

    fn charge(&mut self, cost: u32) {
        charge(self.config, self.connection, self.limiter, cost, self.now_millis);
    }

    fn trace_id(&mut self) -> Result<String, NoEntropy> {
        let entropy = (self.entropy)().ok_or(NoEntropy)?;
        Ok(entropy.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}
