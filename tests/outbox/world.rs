//! An outbox with its disk, a clock and a stand-in for Meta.

use std::collections::BTreeMap;

use capi_bridge::event::{OrderMention, Trust};
use capi_bridge::relay::{
    Answered, Arrival, BackEnd, Care, Config, DatasetStatus, Done, Fact, Fate, MemoryDisk, Next,
    Outbox, Parcel, Sealing, Secrets, Settled,
};
use serde_json::{Value, json};

pub const NOW: u64 = 1_790_000_000_000;
pub const WEEK_SECONDS: i64 = 7 * 24 * 60 * 60;
const SECRETS: Secrets<'_> = Secrets { token: "token", app_secret: None };

/// Meta's answer to a request.
#[derive(Debug, Clone)]
pub enum Says {
    Receipt,
    /// A status and a body.
    Error(u16, String),
    /// Meta takes the events, and the answer is lost.
    Lost,
    /// Meta takes the events, and answers after the timeout.
    Late,
    /// Meta cannot be reached.
    Away,
}

pub type Behaviour = Box<dyn FnMut(&[Value]) -> Says>;

pub struct World {
    pub config: Config,
    pub disk: MemoryDisk,
    pub outbox: Outbox,
    pub now: u64,
    /// The events that Meta took, by name and id, once for each time that it took them.
    pub taken: BTreeMap<String, Vec<Value>>,
    pub requests: Vec<Vec<Value>>,
    pub meta: Behaviour,
    /// The time that Meta needs for each event, in milliseconds.
    pub millis_an_event: u64,
    /// The secret of the order memory; `None` for the outbox's own.
    pub order_secret: Option<&'static str>,
    /// The number of calls that needed entropy.
    calls: u8,
}

pub fn error(code: i64, kind: &str) -> Says {
    let error = json!({ "error": { "code": code, "type": kind, "message": "m" } });
    Says::Error(400, error.to_string())
}

/// Returns an event of a page or a server in the form in which the door passes it on.
pub fn arrival(config: &Config, trust: Trust, event: &Value) -> Arrival {
    let text = |key: &str| event[key].as_str().unwrap().to_owned();
    let name = text("event_name");
    let held = config.hold_seconds.of(trust, &name, BackEnd::Server);
    // The last member of an event on disk is its customer information.
    let mut rest = event.as_object().unwrap().clone();
    let user_data = rest.remove("user_data").unwrap_or_else(|| json!({}));
    let rest = Value::Object(rest).to_string();
    let event = format!("{},\"user_data\":{user_data}}}", rest.strip_suffix('}').unwrap());
    Arrival {
        name_and_id: format!("{name}\n{}", text_of(&event, "event_id")),
        hold_millis: held.millis,
        is_withheld: held.is_withheld,
        send_before: i64::try_from(NOW / 1_000).unwrap() + WEEK_SECONDS,
        facts: 0,
        known_as: Vec::new(),
        order: None,
        event,
    }
}

fn text_of(event: &str, key: &str) -> String {
    serde_json::from_str::<Value>(event).unwrap()[key].as_str().unwrap().to_owned()
}

impl World {
    pub fn new(config: &str) -> Self {
        Self::on(MemoryDisk::default(), config)
    }

    pub fn on(mut disk: MemoryDisk, config: &str) -> Self {
        let config = Config::read(config).unwrap();
        let outbox = Outbox::wake(&mut disk, "1", [7; 16], NOW).unwrap();
        Self {
            config,
            disk,
            outbox,
            now: NOW,
            taken: BTreeMap::new(),
            requests: Vec::new(),
            meta: Box::new(|_| Says::Receipt),
            millis_an_event: 0,
            order_secret: None,
            calls: 0,
        }
    }

    /// Returns a world with these changes to the smallest configuration.
    pub fn with(changes: Value) -> Self {
        let mut config = json!({ "datasets": ["1"], "allowedOrigins": [], "holdSeconds": 0 });
        config.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        Self::new(&config.to_string())
    }

    pub fn parcel(&self, trust: Trust, events: &[Value]) -> Parcel {
        let events = events.iter().map(|event| arrival(&self.config, trust, event)).collect();
        Parcel {
            trust,
            main_body: String::new(),
            people: Vec::new(),
            facts: Vec::<Fact>::new(),
            events,
            withdrawn: Vec::new(),
        }
    }

    /// Posts events with the orders that they mention, as the worker does: the first outbox
    /// completes them before it stores them.
    pub fn post_orders(&mut self, trust: Trust, events: &[(Value, OrderMention)]) {
        let plain: Vec<Value> = events.iter().map(|(event, _)| event.clone()).collect();
        let mut parcel = self.parcel(trust, &plain);
        for (arrival, (_, order)) in parcel.events.iter_mut().zip(events) {
            arrival.order = Some(order.clone());
            arrival.send_before = i64::try_from(self.now / 1_000).unwrap() + WEEK_SECONDS;
        }
        let parcel = self.orders(parcel);
        self.call(&[parcel]).unwrap();
    }

    /// Posts an event that is not forwarded, because the person said no.
    pub fn withdraw(&mut self, trust: Trust, event: &Value, order: OrderMention) {
        let mut parcel = self.parcel(trust, &[]);
        let arrival = arrival(&self.config, trust, event);
        parcel.withdrawn = vec![Arrival { order: Some(order), ..arrival }];
        self.orders(parcel);
    }

    /// Returns a world with a copy of the disk.
    pub fn clone_of_disk(&self) -> Self {
        let mut world = Self::with(json!({}));
        world.disk = self.disk.clone();
        world.crash();
        world
    }

    pub fn orders(&mut self, parcel: Parcel) -> Parcel {
        self.calls = self.calls.wrapping_add(1);
        let sealing = Sealing { secret: self.order_secret, entropy: [self.calls; 16] };
        let Self { outbox, disk, config, now, .. } = self;
        outbox.orders(disk, config, parcel, &sealing, *now).unwrap().parcel
    }

    pub fn post(&mut self, trust: Trust, events: &[Value]) -> Vec<bool> {
        let parcel = self.parcel(trust, events);
        self.call(&[parcel]).unwrap()
    }

    pub fn call(&mut self, parcels: &[Parcel]) -> Done<Vec<bool>> {
        let before = self.disk.clone();
        let accepted =
            self.outbox.accept(&mut self.disk, &self.config, parcels, Care::Whole, self.now);
        if accepted.is_err() {
            self.disk = before;
            self.crash();
        }
        accepted.map(|accepted| accepted.stored)
    }

    /// Loses the memory, as a process that is killed does.
    pub fn crash(&mut self) {
        self.outbox = Outbox::wake(&mut self.disk, "1", [9; 16], self.now).unwrap();
    }

    /// Sends one request, if something is due.
    pub fn send(&mut self) -> Option<Settled> {
        self.try_send().unwrap()
    }

    /// Does the same on a disk that may be full.
    pub fn try_send(&mut self) -> Done<Option<Settled>> {
        self.send_while(|_| ())
    }

    /// Does the same, and runs `meanwhile` while the request is on its way.
    pub fn send_while(&mut self, meanwhile: impl FnOnce(&mut Self)) -> Done<Option<Settled>> {
        let next =
            self.outbox.next(&mut self.disk, &self.config, Some(&SECRETS), self.now, 1_000)?;
        let Next::Send(outgoing) = next else { return Ok(None) };
        let body: Value = serde_json::from_str(&outgoing.delivery.body).unwrap();
        let events = body["data"].as_array().unwrap().clone();
        self.requests.push(events.clone());
        let says = (self.meta)(&events);
        if matches!(says, Says::Receipt | Says::Lost | Says::Late) {
            for event in &events {
                let key = format!("{} {}", event["event_name"], event["event_id"]).replace('"', "");
                self.taken.entry(key).or_default().push(event.clone());
            }
        }
        let receipt = json!({ "events_received": events.len() }).to_string();
        let (status, body, is_timeout) = match says {
            Says::Receipt => (200, receipt, false),
            Says::Error(status, body) => (status, body, false),
            Says::Lost | Says::Away => (0, String::new(), false),
            Says::Late => (0, String::new(), true),
        };
        meanwhile(self);
        let answered = Answered {
            status,
            body: body.as_bytes(),
            asked_wait_millis: 0,
            is_timeout,
            took_millis: 50 + self.millis_an_event * events.len() as u64,
        };
        self.outbox.settle(&mut self.disk, &self.config, answered, 0, self.now)
    }

    /// Sends and lets time pass until nothing waits, or an hour has passed.
    pub fn run(&mut self) -> Vec<Settled> {
        self.run_for(60 * 60 * 1_000)
    }

    pub fn run_for(&mut self, millis: u64) -> Vec<Settled> {
        let end = self.now + millis;
        let mut settled = Vec::new();
        while self.now < end {
            while let Some(one) = self.send() {
                settled.push(one);
                assert!(settled.len() < 20_000, "it sends for ever");
            }
            while self.outbox.upkeep(&mut self.disk, &self.config, self.now).unwrap() {}
            if self.status().depth == 0 {
                break;
            }
            let alarm =
                self.outbox.next_alarm(&mut self.disk, &self.config, self.now).unwrap().unwrap();
            self.now = alarm.max(self.now + 1).min(end);
        }
        settled
    }

    pub fn status(&mut self) -> DatasetStatus {
        self.outbox.status(&mut self.disk, &self.config, 1_000, self.now).unwrap()
    }

    /// Returns the number of times that Meta took an event.
    pub fn times(&self, key: &str) -> usize {
        self.taken.get(key).map_or(0, Vec::len)
    }

    /// Returns the last copy that Meta took under a name and an id.
    pub fn last(&self, key: &str) -> &Value {
        self.taken.get(key).and_then(|all| all.last()).unwrap_or(&Value::Null)
    }
}

pub fn lead(id: &str) -> Value {
    json!({ "event_name": "Lead", "event_id": id, "user_data": { "external_id": [id] } })
}

pub fn fates(settled: &[Settled]) -> Vec<Fate> {
    settled.iter().map(|one| one.fate).collect()
}
