//! The edge worker's exports for the door: requests with events of any sender, and of operators.

use std::cell::RefCell;

use wasm_bindgen::prelude::*;

use super::{Relay, Secrets, value};
use crate::relay::{
    self, Admission, Admitted, AdmittedRequests, Failure, Head, Moment, SecretUse, Unread,
};
use crate::shell::{entropy, millis, no_entropy};

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** An HTTP answer, decided. `refused`: the request, or an event in it, was refused. */
export interface Answer { status: number; headers: [string, string][]; body: string | null; refused: boolean }
/** The reason why a body was not read to its end. */
export type UnreadReason = "slow" | "broken" | "busy";
"#;

thread_local! {
    /// The requests whose bodies are being read, by a number that cannot be guessed. They are not
    /// in the relay, because a relay with another configuration may replace it while bodies are
    /// read. After a trap these numbers are unknown, and no other request gets one of them.
    static ADMITTED: RefCell<AdmittedRequests> = RefCell::default();
}

/// The secret without which no operator can be authenticated.
const BRIDGE_KEY: &str = "BRIDGE_KEY";
/// The bits of the whole numbers that are exact in JavaScript.
const MAX_SAFE_BITS: u32 = 53;

#[wasm_bindgen]
impl Relay {
    /// Decides on the head of a request. Returns `undefined` if the path is not the door's, a
    /// number if the body must be read, else the answer. `secrets` is JSON: pairs of name and
    /// value.
    ///
    /// # Errors
    /// On a host without a random source.
    #[wasm_bindgen(unchecked_return_type = "number | Answer | undefined")]
    pub fn admit(
        &mut self,
        request: &web_sys::Request,
        address: Option<String>,
        country: Option<String>,
        region: Option<String>,
        secrets: &str,
        now_millis: f64,
    ) -> Result<JsValue, JsError> {
        let url = request.url();
        self.use_secrets(secrets);
        if let Some(error) = &self.secrets.problem {
            let message = error.to_string();
            let answer = self.answer_head(request, now_millis, |door, moment, head| {
                door.unusable_secret(moment, head, &message)
            })?;
            return answer.map_or_else(|| Ok(JsValue::UNDEFINED), |answer| value(&answer));
        }
        ADMITTED.with_borrow_mut(|all| all.forget_old(&self.config, millis(now_millis)));
        let place = relay::Place { country, region };
        let peer = address.as_deref();
        let admission = self.at(now_millis, |door, moment| {
            let headers = request.headers();
            let header = |name: &str| headers.get(name).ok().flatten();
            let method = request.method();
            door.admit(moment, &Head { method: &method, url: &url, header: &header, peer, place })
        })?;
        match admission {
            Admission::NotOurs => Ok(JsValue::UNDEFINED),
            Admission::Answer(answer) => value(&answer),
            Admission::Admitted(admitted) => {
                let bits = u64::from_le_bytes(entropy().ok_or_else(no_entropy)?);
                let handle = bits >> (u64::BITS - MAX_SAFE_BITS);
                ADMITTED.with_borrow_mut(|all| {
                    all.insert(handle, *admitted, millis(now_millis));
                });
                Ok(super::as_f64(handle).into())
            }
        }
    }

    /// Returns the most bytes that are read of a body; 0 for a request that is not known.
    #[wasm_bindgen(js_name = maxBodyBytes)]
    pub fn max_body_bytes(&self, admitted: f64) -> u32 {
        ADMITTED.with_borrow(|all| all.get(millis(admitted)).map_or(0, Admitted::max_body_bytes))
    }

    /// Reserves memory for bytes of a body. Returns false if there is none: then the host stops
    /// reading. Returns true for an unknown request, which is admitted again once its body is
    /// there.
    pub fn hold(&self, admitted: f64, bytes: u32) -> bool {
        ADMITTED.with_borrow_mut(|all| {
            all.get_mut(millis(admitted)).is_none_or(|one| one.hold(&self.config, bytes))
        })
    }

    /// Takes the body of a request; `undefined` for one that is not known.
    ///
    /// # Errors
    /// On a host without a random source.
    #[wasm_bindgen(unchecked_return_type = "Intake | undefined")]
    pub fn take(
        &mut self,
        admitted: f64,
        body: &[u8],
        now_millis: f64,
    ) -> Result<JsValue, JsError> {
        let Some(admitted) = taken_out(admitted) else { return Ok(JsValue::UNDEFINED) };
        let taken = self.at(now_millis, |door, moment| door.take(moment, admitted, body))?;
        super::intake(&taken)
    }

    /// Answers a request whose body was not read to its end; `undefined` for one that is not known.
    ///
    /// # Errors
    /// On a host without a random source.
    #[wasm_bindgen(unchecked_return_type = "Answer | undefined")]
    pub fn unread(
        &mut self,
        admitted: f64,
        #[wasm_bindgen(unchecked_param_type = "UnreadReason")] why: &str,
        now_millis: f64,
    ) -> Result<JsValue, JsError> {
        let Some(admitted) = taken_out(admitted) else { return Ok(JsValue::UNDEFINED) };
        let why = match why {
            "slow" => Unread::Slow,
            "busy" => Unread::Busy,
            _ => Unread::Broken,
        };
        value(&self.at(now_millis, |door, moment| door.unread(moment, &admitted, why))?)
    }

    /// Forgets a request that was admitted, if it is still known.
    pub fn dismiss(&self, admitted: f64) {
        drop(taken_out(admitted));
    }

    /// Answers a request on which the worker failed, in the shape that its sender reads;
    /// `undefined` for a path without such a shape.
    ///
    /// # Errors
    /// On a host without a random source.
    #[expect(clippy::too_many_arguments, reason = "values that cross from JavaScript")]
    #[wasm_bindgen(unchecked_return_type = "Answer | undefined")]
    pub fn failure(
        &mut self,
        request: &web_sys::Request,
        secrets: &str,
        status: u16,
        code: &str,
        message: &str,
        retry_after_seconds: Option<u32>,
        now_millis: f64,
    ) -> Result<JsValue, JsError> {
        // If the secrets cannot be used, the path alone decides on the shape.
        self.use_secrets(secrets);
        let retry_after_seconds = retry_after_seconds.map(u64::from);
        let failure = Failure { status, code, message, retry_after_seconds };
        let answer = self.answer_head(request, now_millis, |door, moment, head| {
            door.failure(moment, head, &failure)
        })?;
        answer.map_or_else(|| Ok(JsValue::UNDEFINED), |answer| value(&answer))
    }

    /// Returns the alarm about a secret that cannot be used; `undefined` if all can.
    #[wasm_bindgen(js_name = secretAlarm)]
    pub fn secret_alarm(&mut self, secrets: &str) -> Option<String> {
        self.use_secrets(secrets);
        self.secrets.problem.as_ref().map(relay::secret_alarm)
    }

    /// Answers a request for a path that nothing answers.
    ///
    /// # Errors
    /// On a host without a random source.
    #[wasm_bindgen(js_name = notFound, unchecked_return_type = "Answer")]
    pub fn not_found(
        &mut self,
        request: &web_sys::Request,
        now_millis: f64,
    ) -> Result<JsValue, JsError> {
        value(&self.answer_head(request, now_millis, relay::Door::not_found)?)
    }

    /// Counts a request whose host no URL can have.
    #[wasm_bindgen(js_name = countInvalidHost)]
    pub fn count_invalid_host(&mut self) {
        self.door.count_invalid_host();
    }

    /// Decides on a request of an operator. Returns `null` if it has a right key, else the answer.
    ///
    /// # Errors
    /// If the bridge keys cannot be used.
    #[wasm_bindgen(js_name = admitOperator, unchecked_return_type = "Answer | null")]
    pub fn admit_operator(
        &mut self,
        request: &web_sys::Request,
        address: Option<String>,
        secrets: &str,
        now_millis: f64,
    ) -> Result<JsValue, JsError> {
        self.use_secrets(secrets);
        // An error about another secret is an alarm in the status.
        if let Some(error) =
            self.secrets.problem.as_ref().filter(|error| error.path() == BRIDGE_KEY)
        {
            return Err(error.clone().into());
        }
        let headers = request.headers();
        let header = |name: &str| headers.get(name).ok().flatten();
        let head = Head {
            method: "",
            url: "",
            header: &header,
            peer: address.as_deref(),
            place: relay::Place::default(),
        };
        let refused =
            self.at(now_millis, |door, moment| Ok(door.admit_operator(moment, &head).err()));
        value(&refused?)
    }

    /// Returns the lines to log now about refusals: reasons and counts.
    ///
    /// # Errors
    /// Only when the host has no memory left.
    #[wasm_bindgen(js_name = refusalsToLog, unchecked_return_type = "[reason: string, count: number][]")]
    pub fn refusals_to_log(&mut self, now_millis: f64) -> Result<JsValue, JsError> {
        value(&self.door.refusals().lines(millis(now_millis)))
    }

    /// Returns the counts of refusals that no outbox has yet, and resets them.
    ///
    /// # Errors
    /// Only when the host has no memory left.
    #[wasm_bindgen(js_name = takeRefusals, unchecked_return_type = "Record<string, number>")]
    pub fn take_refusals(&mut self) -> Result<JsValue, JsError> {
        value(&self.door.refusals().take())
    }

    /// Runs `decide` at this moment.
    fn at<T>(
        &mut self,
        now_millis: f64,
        decide: impl FnOnce(&mut relay::Door, &mut Moment<'_>) -> Result<T, relay::NoEntropy>,
    ) -> Result<T, JsError> {
        let mut moment = Moment {
            config: &self.config,
            secrets: &self.secrets.secrets,
            now_millis: millis(now_millis),
            entropy: &mut entropy,
        };
        decide(&mut self.door, &mut moment).map_err(|relay::NoEntropy| no_entropy())
    }

    /// Runs `decide` on the head of a request of which the path and the origin matter.
    fn answer_head<T>(
        &mut self,
        request: &web_sys::Request,
        now_millis: f64,
        decide: impl FnOnce(&mut relay::Door, &mut Moment<'_>, &Head<'_>) -> Result<T, relay::NoEntropy>,
    ) -> Result<T, JsError> {
        self.at(now_millis, |door, moment| {
            let headers = request.headers();
            let (url, method) = (request.url(), request.method());
            let header = |name: &str| headers.get(name).ok().flatten();
            let place = relay::Place::default();
            let head = Head { method: &method, url: &url, header: &header, peer: None, place };
            decide(door, moment, &head)
        })
    }

    /// Reads the secrets, if they changed since the last call.
    pub(super) fn use_secrets(&mut self, text: &str) {
        if self.secrets.text == text {
            return;
        }
        let named: Vec<(String, String)> = serde_json::from_str(text).unwrap_or_default();
        let named = named.iter().map(|(name, secret)| (name.as_str(), secret.as_str()));
        let (secrets, problem) = relay::DoorSecrets::read_usable(&self.config, named);
        self.secrets = Secrets { text: text.to_owned(), secrets, problem };
    }
}

fn taken_out(handle: f64) -> Option<Admitted> {
    ADMITTED.with_borrow_mut(|all| all.remove(millis(handle)))
}

/// Returns the answer to a request while no relay can be made, in the shape that its URL implies;
/// `undefined` for a URL without such a shape.
///
/// # Errors
/// On a host without a random source.
#[wasm_bindgen(js_name = failureAt, unchecked_return_type = "Answer | undefined")]
pub fn failure_at(
    url: &str,
    status: u16,
    code: &str,
    message: &str,
    retry_after_seconds: Option<u32>,
) -> Result<JsValue, JsError> {
    let retry_after_seconds = retry_after_seconds.map(u64::from);
    let failure = Failure { status, code, message, retry_after_seconds };
    let answer = failure.answer(url, &mut entropy).map_err(|relay::NoEntropy| no_entropy())?;
    answer.map_or_else(|| Ok(JsValue::UNDEFINED), |answer| value(&answer))
}

/// Returns the environment variables that are secrets of the worker.
#[wasm_bindgen(js_name = secretNames)]
#[must_use]
pub fn secret_names(names: Vec<String>) -> Vec<String> {
    names.into_iter().filter(|name| SecretUse::of_name(name).is_some()).collect()
}

/// Returns the environment variables that are secrets of senders.
#[wasm_bindgen(js_name = senderSecretNames)]
#[must_use]
pub fn sender_secret_names(names: Vec<String>) -> Vec<String> {
    let is_of_senders = |name: &String| {
        SecretUse::of_name(name).is_some_and(|(used_for, _)| used_for.is_of_senders())
    };
    names.into_iter().filter(is_of_senders).collect()
}
