//! Before a body is read: who sends, and whether it is too much.

use super::answer::Answer;
use super::connection::Connection;
use super::rate_limit::RateLimiter;
use super::sender::{AllowedOrigin, BridgeKeys, KnownServer, Rejection, Sender};
use crate::relay::config::Config;

/// A wrong key costs as much as this many requests: guessing is slow, mistyping is not punished.
pub(super) const WRONG_KEY_COST: u32 = 20;

/// Lets a sender in, or says why not. A server with a key may send as much as it likes; a page's
/// visitor, and whoever shows a wrong key, as much as the rate limit allows. Only public addresses
/// count: a private one is a proxy's, and stands for everyone.
///
/// # Errors
/// The answer to give instead of reading the body.
pub fn admit(
    config: &Config,
    connection: &Connection,
    keys: &BridgeKeys,
    limiter: &mut RateLimiter,
    now_millis: u64,
) -> Result<Sender, Answer> {
    within(config, connection, limiter, now_millis).map_err(Answer::too_many)?;
    match Sender::of(config, connection, keys) {
        Ok(Sender::Server(server)) => Ok(Sender::Server(server)),
        Ok(page) => {
            charge(config, connection, limiter, 1, now_millis);
            Ok(page)
        }
        Err(rejection) => Err(rejected(config, connection, limiter, &rejection, now_millis)),
    }
}

/// Lets an operator in, or says why not.
///
/// # Errors
/// The answer to give instead.
pub fn admit_operator(
    config: &Config,
    connection: &Connection,
    keys: &BridgeKeys,
    limiter: &mut RateLimiter,
    now_millis: u64,
) -> Result<KnownServer, Answer> {
    within(config, connection, limiter, now_millis).map_err(Answer::too_many)?;
    KnownServer::of(connection.authorization.as_deref(), keys)
        .map_err(|rejection| rejected(config, connection, limiter, &rejection, now_millis))
}

/// Answers a browser that asks whether a page may post here.
#[must_use]
pub fn preflight(config: &Config, connection: &Connection) -> Answer {
    // A preflight is made by the browser, not by the page's script.
    let asked = Connection { fetch_site: None, fetch_mode: None, ..connection.clone() };
    match AllowedOrigin::of(config, &asked) {
        Ok(origin) => Answer::preflight(&origin),
        Err((status, problem)) => Answer::refusal(status, &problem),
    }
}

fn rejected(
    config: &Config,
    connection: &Connection,
    limiter: &mut RateLimiter,
    (status, problem): &Rejection,
    now_millis: u64,
) -> Answer {
    let cost = if *status == 401 { WRONG_KEY_COST } else { 1 };
    charge(config, connection, limiter, cost, now_millis);
    Answer::refusal(*status, problem)
}

/// Who is over the limit learns nothing about a key, but in how many seconds to come again.
pub(super) fn within(
    config: &Config,
    connection: &Connection,
    limiter: &RateLimiter,
    now_millis: u64,
) -> Result<(), u64> {
    let Some(address) = connection.client_ip else { return Ok(()) };
    limiter.check(config.rate_limit, address, now_millis)
}

/// Counts a request, or what it costs as, for its address.
pub(super) fn charge(
    config: &Config,
    connection: &Connection,
    limiter: &mut RateLimiter,
    cost: u32,
    now_millis: u64,
) {
    if let Some(address) = connection.client_ip {
        limiter.charge(config.rate_limit, address, cost, now_millis);
    }
}
