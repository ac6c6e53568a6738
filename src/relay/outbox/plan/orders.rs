//! Remembers the visitors of orders, and completes servers' events from them: see
//! [`orders`](crate::relay::outbox::orders).

use super::Outbox;
use super::people::slice_over;
use crate::event::{OrderMention, Trust};
use crate::relay::config::Config;
use crate::relay::outbox::block::{Block, Stored, with_facts};
use crate::relay::outbox::copies::{is_random, is_random_uuid};
use crate::relay::outbox::disk::{Disk, Done};
use crate::relay::outbox::key::Key;
use crate::relay::outbox::orders::{
    Event, Nonces, OrderKey, Place, Vault, Visitor, accounts, names, secrets,
};
use crate::relay::outbox::parcel::{Arrival, Parcel};
use crate::relay::outbox::verdict::Refusal;

const DAY_MILLIS: u64 = 24 * 60 * 60 * 1_000;
/// The size for which the outbox must have room before it remembers an order, in bytes: the rows of
/// one event.
const BYTES_OF_AN_EVENT: u64 = 16 * 1_024;

/// The intake after its orders were remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ordered {
    /// The intake to accept, without its mentions of orders.
    pub parcel: Parcel,
    /// The number of events that know only an order whose visitor is not remembered. They are in
    /// quarantine.
    pub unknown: u64,
    /// The time at which the outbox has work again, Unix milliseconds.
    pub due_millis: Option<u64>,
}

/// The keys and the random bytes with which rows are encrypted.
pub struct Sealing<'a> {
    /// The operator's secret. Without one, the outbox uses its own, which is on the same disk.
    pub secret: Option<&'a str>,
    /// Random bytes, new for each call.
    pub entropy: [u8; 16],
}

/// The facts of one call.
struct Call<'a> {
    config: &'a Config,
    vault: Vault,
    nonces: Nonces,
    trust: Trust,
    now_millis: u64,
}

/// The names of an order, in the form that is hashed.
struct Order {
    names: Vec<String>,
    secrets: Vec<String>,
    accounts: Vec<String>,
    is_renewal: bool,
    is_id_derived: bool,
}

impl Order {
    fn of(mention: &OrderMention) -> Self {
        Self {
            names: names(mention),
            secrets: secrets(mention),
            accounts: accounts(mention),
            is_renewal: mention.is_renewal,
            is_id_derived: mention.is_id_derived,
        }
    }

    /// Returns the rows of a visitor, the best proof first.
    fn places<'a>(&'a self, visitor: &'a Visitor, event_id: &'a str) -> Vec<Place<'a>> {
        let names = || self.names.iter().map(String::as_str);
        let mut places: Vec<Place<'a>> =
            self.secrets.iter().map(|secret| Place::Secret(secret)).collect();
        // With an order id, 32 hexadecimal digits may be a hash of it. A random UUID is not.
        if is_random_uuid(event_id) {
            places.extend(names().map(|name| Place::Event { name, id: event_id }));
        }
        if let Some(fbp) = visitor.fbp.as_deref() {
            places.extend(names().map(|name| Place::Fbp { name, fbp }));
        }
        if let Some(ip) = visitor.ip.as_deref() {
            places.extend(names().map(|name| Place::Ip { name, ip }));
        }
        places
    }
}

impl Outbox {
    /// Remembers the visitors of an intake's orders, and completes the events of a server from what
    /// is remembered. The host calls this on the first outbox of a dataset.
    ///
    /// # Errors
    /// An error of the disk. The host then rolls back and loads the outbox again.
    pub fn orders(
        &mut self,
        disk: &mut impl Disk,
        config: &Config,
        mut parcel: Parcel,
        sealing: &Sealing<'_>,
        now_millis: u64,
    ) -> Done<Ordered> {
        let mut call = Call {
            config,
            vault: self.vault(sealing.secret),
            nonces: Nonces::new(sealing.entropy),
            trust: parcel.trust,
            now_millis,
        };
        let is_on = config.order_memory.days > 0;
        let mut unknown = Vec::new();
        for withdrawn in std::mem::take(&mut parcel.withdrawn) {
            let Some(mention) = &withdrawn.order else { continue };
            let Some(event) = event(&parcel, &withdrawn) else { continue };
            self.forget(disk, &call, &Order::of(mention), &event)?;
        }
        for at in 0..parcel.events.len() {
            let Some(arrival) = parcel.events.get(at) else { continue };
            let Some(mention) = arrival.order.as_ref().filter(|_| is_on) else { continue };
            let Some(mut event) = event(&parcel, arrival) else { continue };
            let order = Order::of(mention);
            match call.trust {
                _ if event.opts_out() => self.forget(disk, &call, &order, &event)?,
                Trust::Page => self.remember_page(disk, &mut call, &order, &event)?,
                Trust::Server => self.complete(disk, &mut call, &order, &mut event)?,
            }
            if call.trust == Trust::Server && event.is_too_broad() {
                unknown.push(at);
                continue;
            }
            if let Some((name_and_id, json)) = event.changed()
                && let Some(arrival) = parcel.events.get_mut(at)
            {
                self.state.orders.completed += 1;
                (arrival.name_and_id, arrival.event, arrival.facts) = (name_and_id, json, 0);
            }
        }
        self.set_unknown_aside(disk, config, &mut parcel, &unknown, now_millis)?;
        for arrival in &mut parcel.events {
            arrival.order = None;
        }
        self.limit_orders(disk, &call)?;
        let due_millis = self.next_alarm(disk, config, now_millis)?;
        let unknown = u64::try_from(unknown.len()).unwrap_or(u64::MAX);
        Ok(Ordered { parcel, unknown, due_millis })
    }

    /// Puts events that know only an order of nobody into quarantine. Meta would reject them, and
    /// each would cost the other events of its batch another request.
    fn set_unknown_aside(
        &mut self,
        disk: &mut impl Disk,
        config: &Config,
        parcel: &mut Parcel,
        unknown: &[usize],
        now_millis: u64,
    ) -> Done<()> {
        if unknown.is_empty() {
            return Ok(());
        }
        let mut block = Block::default();
        for arrival in unknown.iter().filter_map(|at| parcel.events.get(*at)) {
            let stored = Stored {
                send_before: arrival.send_before,
                is_withheld: false,
                facts: arrival.facts,
                event: arrival.event.clone(),
            };
            block.push(&parcel.main_body, &parcel.facts, stored, block.is_empty());
        }
        let refusal = Refusal {
            status: 0,
            code: 0,
            error_subcode: 0,
            message: "the event has only its order, and the order's visitor is not remembered: send customer information, or the order's key or token".to_owned(),
            fbtrace_id: String::new(),
        };
        self.quarantine(disk, config, parcel.trust, &block, &refusal, now_millis)?;
        self.state.totals.accepted += u64::try_from(unknown.len()).unwrap_or(0);
        let mut at = 0;
        parcel.events.retain(|_| {
            at += 1;
            !unknown.contains(&(at - 1))
        });
        self.save(disk)
    }

    /// Deletes what is remembered of an order. `visitor` is an event in JSON with the proof of the
    /// visitor. A server also deletes what servers said.
    ///
    /// # Errors
    /// An error of the disk. The host then rolls back and loads the outbox again.
    pub fn forget_order(
        &mut self,
        disk: &mut impl Disk,
        secret: Option<&str>,
        (config, trust): (&Config, Trust),
        (mention, visitor): (&OrderMention, &str),
        now_millis: u64,
    ) -> Done<()> {
        let nonces = Nonces::new([0; 16]);
        let call = Call { config, vault: self.vault(secret), nonces, trust, now_millis };
        match Event::read(visitor) {
            Some(event) => self.forget(disk, &call, &Order::of(mention), &event),
            None => Ok(()),
        }
    }

    fn vault(&self, secret: Option<&str>) -> Vault {
        match secret.filter(|secret| !secret.is_empty()) {
            Some(secret) => Vault::new(secret.as_bytes()),
            None => Vault::new(&self.state.secret),
        }
    }

    /// Stores the visitor of a page's event under each of its proofs.
    fn remember_page(
        &mut self,
        disk: &mut impl Disk,
        call: &mut Call<'_>,
        order: &Order,
        event: &Event,
    ) -> Done<()> {
        let (event_name, event_id) = event.name_and_id();
        let found = event.visitor();
        if event.is_limited() || !found.is_known() || !self.has_room_for_orders(call) {
            return Ok(());
        }
        let places = order.places(&found, event_id);
        let visitor = Visitor {
            // A page cannot name a person for a server's event.
            external_ids: Vec::new(),
            events: vec![(event_name.to_owned(), event_id.to_owned())],
            rows: places.iter().map(|place| call.vault.row(*place)).collect(),
            ..found.clone()
        };
        let mut is_written = false;
        for place in places {
            let known = self.read(disk, call, place)?;
            let next = match &known {
                Some(known) if known.is_ambiguous => continue,
                Some(known) if known.contradicts(&visitor) => {
                    self.state.orders.conflicts += 1;
                    Visitor::ambiguous()
                }
                Some(known) => {
                    let mut all = known.clone();
                    all.add(visitor.clone());
                    all
                }
                None => visitor.clone(),
            };
            if known.as_ref() != Some(&next) {
                is_written |= self.write_order(disk, call, place, &next)?;
            }
        }
        self.state.orders.remembered += u64::from(is_written);
        Ok(())
    }

    /// Completes the event of a server, and stores what it says about its visitor.
    fn complete(
        &mut self,
        disk: &mut impl Disk,
        call: &mut Call<'_>,
        order: &Order,
        event: &mut Event,
    ) -> Done<()> {
        if order.is_renewal {
            for account in &order.accounts {
                if let Some(visitor) = self.read(disk, call, Place::Account(account))? {
                    event.add_account(&visitor);
                    break;
                }
            }
            return Ok(());
        }
        let mut said = None;
        for name in &order.names {
            said = self.read(disk, call, Place::Server(name))?;
            if said.is_some() {
                break;
            }
        }
        if let Some(said) = &said
            && !is_another(said, &event.visitor())
        {
            event.add_browser(said);
        }
        let page = self.proved(disk, call, order, event)?;
        if let Some(page) = &page {
            event.add_browser(page);
        }
        self.choose_id(disk, call, order, event, (said.as_ref(), page.as_ref()))?;
        if event.is_limited() || !self.has_room_for_orders(call) {
            return Ok(());
        }

        let (event_name, event_id) = event.name_and_id();
        let mut now = Visitor {
            events: vec![(event_name.to_owned(), event_id.to_owned())],
            ..event.visitor()
        };
        let account = Visitor {
            fbp: now.fbp.clone(),
            fbc: now.fbc.clone(),
            external_ids: std::mem::take(&mut now.external_ids),
            ..Visitor::default()
        };
        let has_account = account.fbp.is_some() || account.fbc.is_some();
        if has_account {
            now.rows =
                order.accounts.iter().map(|name| call.vault.row(Place::Account(name))).collect();
        }
        let mut next = said.clone().unwrap_or_default();
        if is_another(&next, &now) {
            // Servers named two visitors. The first one stays.
            now = Visitor { events: now.events, ..Visitor::default() };
        }
        next.add(now);
        let mut is_written = false;
        for name in &order.names {
            let place = Place::Server(name);
            if self.read(disk, call, place)?.as_ref() != Some(&next) {
                is_written |= self.write_order(disk, call, place, &next)?;
            }
        }
        if has_account {
            for name in &order.accounts {
                let place = Place::Account(name);
                if self.read(disk, call, place)?.as_ref() != Some(&account) {
                    is_written |= self.write_order(disk, call, place, &account)?;
                }
            }
        }
        self.state.orders.remembered += u64::from(is_written);
        Ok(())
    }

    /// Returns the page's visitor for which the event has a proof.
    fn proved(
        &mut self,
        disk: &mut impl Disk,
        call: &Call<'_>,
        order: &Order,
        event: &Event,
    ) -> Done<Option<Visitor>> {
        let own = event.visitor();
        let (_, event_id) = event.name_and_id();
        for place in order.places(&own, event_id) {
            let Some(visitor) = self.read(disk, call, place)? else { continue };
            if visitor.is_ambiguous {
                self.state.orders.conflicts += 1;
                continue;
            }
            // Many visitors may share an IP address, so their browsers must not differ either.
            let is_another = match place {
                Place::Ip { .. } => visitor.contradicts(&own),
                _ => is_another(&visitor, &own),
            };
            if !is_another {
                return Ok(Some(visitor));
            }
        }
        Ok(None)
    }

    /// Gives an event whose id was derived from the order the id that the order's event already
    /// has: at a server, else in the page. So both copies are one event for Meta.
    ///
    /// A page may choose the id of its own order. It must not choose the id of another order, whose
    /// event would then count as a duplicate. So each id that was taken from a page is stored with
    /// its order, and an event of another order with the same id gets a new one.
    fn choose_id(
        &mut self,
        disk: &mut impl Disk,
        call: &mut Call<'_>,
        order: &Order,
        event: &mut Event,
        (said, page): (Option<&Visitor>, Option<&Visitor>),
    ) -> Done<()> {
        let (event_name, own_id) = event.name_and_id();
        let (event_name, own_id) = (event_name.to_owned(), own_id.to_owned());
        let own_rows: Vec<OrderKey> =
            order.names.iter().map(|name| call.vault.row(Place::Server(name))).collect();
        let is_of_another = |taken: Option<Visitor>| {
            taken.is_some_and(|taken| !taken.rows.iter().any(|row| own_rows.contains(row)))
        };
        let place = Place::Id { event_name: &event_name, id: &own_id };
        if is_of_another(self.read(disk, call, place)?)
            && let Some(name) = order.names.first()
        {
            let place = Place::Id { event_name: &event_name, id: name };
            event.set_id(&call.vault.event_id(place));
            return Ok(());
        }
        if !order.is_id_derived {
            return Ok(());
        }
        if let Some(id) = said.and_then(|said| said.event_id(&event_name)) {
            event.set_id(id);
            return Ok(());
        }
        let id = page.and_then(|page| page.event_id(&event_name));
        let id = id.filter(|id| *id != own_id && (is_random_uuid(id) || is_random(id)));
        let Some(id) = id else { return Ok(()) };
        let place = Place::Id { event_name: &event_name, id };
        let name_and_id = format!("{event_name}\n{id}");
        if is_of_another(self.read(disk, call, place)?)
            || self.has_of_server(disk, &name_and_id, call.now_millis)?
        {
            self.state.orders.conflicts += 1;
            return Ok(());
        }
        let taken = Visitor { rows: own_rows, ..Visitor::default() };
        if self.write_order(disk, call, place, &taken)? {
            event.set_id(id);
        }
        Ok(())
    }

    /// Returns true if this outbox accepted a server's copy of an event within 48 hours.
    fn has_of_server(
        &self,
        disk: &mut impl Disk,
        name_and_id: &str,
        now_millis: u64,
    ) -> Done<bool> {
        let key = Key::of(&self.state.secret, Trust::Server, name_and_id);
        let oldest = self.state.oldest_seq(now_millis);
        Ok(self.state.seen.find(disk, &self.recent, key, oldest)?.own.is_some())
    }

    /// Deletes the rows of an order that the event has a proof for. A page's no also deletes what
    /// servers know of the same browser: they may have got it from the page.
    fn forget(
        &mut self,
        disk: &mut impl Disk,
        call: &Call<'_>,
        order: &Order,
        event: &Event,
    ) -> Done<()> {
        let visitor = event.visitor();
        let (_, event_id) = event.name_and_id();
        let mut places = order.places(&visitor, event_id);
        if call.trust == Trust::Server {
            places.extend(order.names.iter().map(|name| Place::Server(name)));
            places.extend(order.accounts.iter().map(|account| Place::Account(account)));
        }
        let mut is_forgotten = false;
        if call.trust == Trust::Page {
            for name in &order.names {
                let said = self.read(disk, call, Place::Server(name))?;
                if said.is_some_and(|said| said.fbp.is_some() && said.fbp == visitor.fbp) {
                    places.push(Place::Server(name));
                }
            }
        }
        for place in places {
            let known = self.read(disk, call, place)?;
            let others = known.map(|known| known.rows).unwrap_or_default();
            for row in std::iter::once(call.vault.row(place)).chain(others) {
                is_forgotten |= disk.drop_order(&row)?;
            }
        }
        if is_forgotten {
            self.state.orders.forgotten += 1;
            self.order_rows = None;
        }
        Ok(())
    }

    /// Returns the contents of a row, unless it is too old.
    fn read(
        &mut self,
        disk: &mut impl Disk,
        call: &Call<'_>,
        place: Place<'_>,
    ) -> Done<Option<Visitor>> {
        let since = since_millis(call.config, call.now_millis);
        let row = disk.order(&call.vault.row(place))?.filter(|(_, at)| *at >= since);
        let contents = row.and_then(|(sealed, _)| call.vault.open(place, &sealed));
        Ok(contents.and_then(|contents| Visitor::decode(&contents)))
    }

    /// Writes a row. Returns false if its contents are too large.
    fn write_order(
        &mut self,
        disk: &mut impl Disk,
        call: &mut Call<'_>,
        place: Place<'_>,
        visitor: &Visitor,
    ) -> Done<bool> {
        let Some(contents) = visitor.encode() else { return Ok(false) };
        let sealed = call.vault.seal(place, &contents, &mut call.nonces);
        let key = call.vault.row(place);
        let mut counts = self.count_orders(disk)?;
        let is_new = disk.order(&key)?.is_none();
        disk.put_order(&key, call.trust, &sealed, call.now_millis)?;
        counts[usize::from(call.trust == Trust::Page)] += u64::from(is_new);
        self.order_rows = Some(counts);
        Ok(true)
    }

    fn has_room_for_orders(&self, call: &Call<'_>) -> bool {
        self.has_room(call.config, call.trust, BYTES_OF_AN_EVENT)
    }

    /// Deletes the oldest rows of a sender's trust if there are too many.
    fn limit_orders(&mut self, disk: &mut impl Disk, call: &Call<'_>) -> Done<()> {
        let Some(mut counts) = self.order_rows else { return Ok(()) };
        let most = u64::from(call.config.order_memory.most).min(disk.max_orders());
        let count = &mut counts[usize::from(call.trust == Trust::Page)];
        if *count > most {
            let slice = slice_over(*count, most);
            let later = call.now_millis.saturating_add(1);
            *count = count.saturating_sub(disk.drop_orders(call.trust, later, slice)?.into());
        }
        self.order_rows = Some(counts);
        Ok(())
    }

    /// Deletes a slice of the rows that are too old. Returns the number of deleted rows.
    pub(super) fn sweep_orders(
        &mut self,
        disk: &mut impl Disk,
        config: &Config,
        now_millis: u64,
        most: u32,
    ) -> Done<u32> {
        let before = match config.order_memory.days {
            0 => u64::MAX >> 11,
            _ => since_millis(config, now_millis),
        };
        let mut dropped = 0;
        for trust in Trust::ALL {
            dropped += disk.drop_orders(trust, before, most)?;
        }
        self.order_rows = None;
        self.count_orders(disk)?;
        Ok(dropped)
    }

    /// Returns the time at which rows are next deleted because they are too old; `None` without rows.
    pub(super) fn next_order_sweep_millis(&self) -> Option<u64> {
        let has_rows = self.order_rows.is_none_or(|counts| counts.iter().sum::<u64>() > 0);
        has_rows.then(|| self.state.swept_millis.saturating_add(DAY_MILLIS))
    }

    /// Returns the number of rows by trust: servers', then pages'.
    pub(super) fn count_orders(&mut self, disk: &mut impl Disk) -> Done<[u64; 2]> {
        let counts = match self.order_rows {
            Some(counts) => counts,
            None => [disk.count_orders(Trust::Server)?, disk.count_orders(Trust::Page)?],
        };
        self.order_rows = Some(counts);
        Ok(counts)
    }
}

/// Returns the event of an arrival, with the facts that it shares.
fn event(parcel: &Parcel, arrival: &Arrival) -> Option<Event> {
    let mut json = String::new();
    with_facts(&arrival.event, &parcel.facts, arrival.facts, &mut json);
    Event::read(&json)
}

/// Returns true if both have an `fbp`, and not the same.
fn is_another(one: &Visitor, other: &Visitor) -> bool {
    one.fbp.is_some() && other.fbp.is_some() && one.fbp != other.fbp
}

/// Returns the time since which rows count, Unix milliseconds.
fn since_millis(config: &Config, now_millis: u64) -> u64 {
    let days = u64::from(config.order_memory.days);
    now_millis.saturating_sub(days.saturating_mul(DAY_MILLIS))
}
