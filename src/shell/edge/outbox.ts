// The outbox of one dataset: a Durable Object that keeps events on disk until Meta has them.

import { DurableObject } from "cloudflare:workers";

import type { Accepted, DatasetStatus, Health, Outcome, Person, Refusal, Relay } from "#wasm/edge";
import { readAtMost } from "./body.ts";
import { Trap, withRelay } from "./engine.ts";
import { type Env, configuration, secrets } from "./env.ts";
import { log } from "./log.ts";
import type { Arrived, OutboxCalls } from "./outbox-calls.ts";
import { PerMinute } from "./per-minute.ts";
import type { Sending } from "./schema.ts";
import { type Batch, Store } from "./store.ts";

/** Requests that one alarm may make before it sets the next. */
const REQUESTS_PER_ALARM = 20;
/** How long a dataset rests for which there is no token, or whose sending failed here. */
const STOPPED_FOR_MILLIS = 60_000;
/** Meta's answers are short; what is longer is not Meta's. */
const MAX_ANSWER_BYTES = 1024 * 1024;

/** One per dataset, named by the dataset's id. */
export class Outbox extends DurableObject<Env> implements OutboxCalls {
  readonly #store: Store;
  readonly #accepted = new PerMinute();
  readonly #delivered = new PerMinute();
  /** What the door refused, by reason. */
  readonly #refused: Record<string, number> = {};

  constructor(context: DurableObjectState, env: Env) {
    super(context, env);
    this.#store = new Store(context.storage);
  }

  /**
   * Stores events; they are on disk when this resolves. What came before under the same name and id
   * within 48 hours is passed over: so a call that failed may be made again.
   */
  async accept(datasetId: string, arrived: Arrived[]): Promise<void> {
    const now = Date.now();
    const people = arrived.filter((one): one is Person => "user_data" in one);
    const events = arrived.filter((one): one is Accepted => "event" in one);
    const accepted = this.#keep(datasetId, people, events, now);
    if (events.length === 0) return;
    this.#accepted.add(accepted, now);
    this.#measure(datasetId, "accepted", accepted);
    await this.#setAlarm();
  }

  /**
   * Writes what a call brings; how many events were new. Where the module traps on what is known of a
   * person or on a second copy, each is written by itself: the event as it came, and nothing of the person.
   */
  #keep(datasetId: string, people: Person[], events: Accepted[], now: number): number {
    try {
      return this.#withRelay((relay) => {
        this.#store.remember(relay, people, now);
        return events.length > 0 ? this.#store.accept(relay, datasetId, events, now).accepted : 0;
      });
    } catch (error) {
      if (!(error instanceof Trap)) throw error;
      log("error", "trap", { dataset: datasetId, cause: String(error.cause) });
    }
    if (people.length + events.length > 1) {
      const one = (person: Person[], event: Accepted[]) => this.#keep(datasetId, person, event, now);
      for (const person of people) one([person], []);
      return events.reduce((accepted, event) => accepted + one([], [event]), 0);
    }
    if (events.length === 0) return 0;
    return this.#withRelay((relay) => this.#store.accept(relay, datasetId, events, now, true).accepted);
  }

  /** Counts what the door refused, by reason. */
  async refused(counts: Record<string, number>): Promise<void> {
    for (const [reason, count] of Object.entries(counts)) {
      this.#refused[reason] = (this.#refused[reason] ?? 0) + count;
    }
  }

  /** Whether it can do its work, and if not, why. */
  async health(datasetId: string): Promise<Health> {
    const reason = this.#alarm(datasetId);
    return { ok: reason === null, reason };
  }

  #alarm(datasetId: string): string | null {
    if (secrets(this.env, datasetId).token === undefined) {
      return `no token: set the secret META_ACCESS_TOKEN or META_ACCESS_TOKEN_${datasetId}`;
    }
    return this.#store.sending()?.state === "stopped" ? "sending stopped: see the status" : null;
  }

  /** How it is doing, with the newest events of the quarantine. */
  async status(datasetId: string, quarantineShown: number): Promise<DatasetStatus> {
    await this.#setAlarm();
    const now = Date.now();
    const sending = this.#store.sending();
    const { events, due, parcels } = this.#store.depth();
    const quarantine = this.#store.quarantined(quarantineShown);
    return {
      dataset_id: datasetId,
      sending: sending?.state ?? "fine",
      depth: events,
      oldest_due_seconds: due === null ? 0 : Math.max(0, now - due) / 1000,
      waiting_apart: parcels,
      paused_seconds: Math.max(0, (sending?.paused_until_millis ?? 0) - now) / 1000,
      failures: sending?.failures ?? 0,
      last_success_millis: sending?.last_success_millis ?? 0,
      last_refusal:
        typeof sending?.last_refusal === "string"
          ? { millis: sending.last_refusal_millis, refusal: JSON.parse(sending.last_refusal) as Refusal }
          : null,
      per_minute: { accepted: this.#accepted.rate(now), delivered: this.#delivered.rate(now) },
      totals: {
        accepted: sending?.accepted ?? 0,
        repeated: sending?.repeated ?? 0,
        delivered: sending?.delivered ?? 0,
        quarantined: sending?.quarantined ?? 0,
        requests: sending?.requests ?? 0,
        failed_requests: sending?.failed_requests ?? 0,
        writes: sending?.writes ?? 0,
      },
      refused: this.#refused,
      quarantined: quarantine.events,
      quarantine: quarantine.rows.map(({ id, event, refusal, since_millis }) => {
        const { event_name, event_id } = JSON.parse(event) as { event_name: string; event_id: string };
        return { id, event_name, event_id, since_millis, refusal: JSON.parse(refusal) as Refusal };
      }),
    };
  }

  /** Puts events of the quarantine back in line: all, or those with these ids. */
  async replay(ids?: number[]): Promise<{ replayed: number; too_old: number }> {
    const counts = this.#store.replay(ids, Date.now());
    await this.#setAlarm();
    return counts;
  }

  /** Sends what is due. Never throws: an alarm that keeps throwing is forgotten by its host. */
  override async alarm(): Promise<void> {
    try {
      for (let request = 0; request < REQUESTS_PER_ALARM; request++) {
        if (!(await this.#sendOnce())) break;
      }
    } catch (error) {
      log("error", "sending failed", { error: String(error) });
      this.#pause("failing", "sending failed in the worker: see its log");
    }
    await this.#setAlarm();
  }

  /** Sends one request with what is due; false when there is nothing (more) to send now. */
  async #sendOnce(): Promise<boolean> {
    const now = Date.now();
    const sending = this.#store.sending();
    if (sending === undefined) return false;
    this.#withRelay((relay) => this.#store.sweep(relay, sending, now));
    if (sending.paused_until_millis > now) return false;
    const batch = this.#store.next(
      sending,
      now,
      this.#withRelay((relay) => relay.requestLimits),
    );
    if (batch === undefined) return false;
    this.#setAsideTooOld(batch, now);
    if (batch.rows.length === 0) {
      this.#store.drop(batch);
      return true;
    }
    const dataset = sending.dataset_id;
    if (secrets(this.env, dataset).token === undefined) {
      this.#pause("stopped", `no token: set the secret META_ACCESS_TOKEN or META_ACCESS_TOKEN_${dataset}`);
      return false;
    }
    const outcome = await this.#try(batch, sending);
    this.#store.settle(batch, outcome, Date.now());
    if (outcome.fate === "delivered") this.#delivered.add(batch.rows.length, Date.now());
    this.#measure(dataset, outcome.fate, batch.rows.length);
    this.#report(batch, sending, outcome);
    return outcome.datasetWaitsMillis === 0;
  }

  /** One request to Meta. What fails here counts as if no answer had come. */
  async #try({ rows, parcel }: Batch, sending: Sending): Promise<Outcome> {
    let [status, headers, body]: [number, Headers | undefined, Uint8Array] = [0, undefined, new Uint8Array()];
    const { token = "", appSecret } = secrets(this.env, sending.dataset_id);
    const attempt = {
      events: rows.length,
      tries: parcel?.tries ?? 0,
      failures: sending.failures,
      othersTaken: parcel !== undefined && sending.last_success_millis > parcel.since_millis,
    };
    const delivery = this.#untrapped(sending, (relay) =>
      relay.delivery(
        sending.dataset_id,
        token,
        appSecret,
        rows[0]?.main_body ?? "",
        rows.map((row) => row.event),
      ),
    );
    if (delivery === undefined) return this.#withRelay((relay) => relay.unwritable(attempt));
    try {
      const response = await fetch(delivery.url, {
        method: "POST",
        headers: { authorization: delivery.authorization, "content-type": "application/json" },
        body: delivery.body,
        signal: AbortSignal.timeout(delivery.timeoutMillis),
        redirect: "manual",
      });
      body = await readAtMost(response, MAX_ANSWER_BYTES);
      [status, headers] = [response.status, response.headers];
    } catch {
      // No answer, or half of one.
    }
    return (
      this.#untrapped(sending, (relay) => relay.outcome(status, headers, body, attempt, Date.now())) ??
      // An answer that cannot be read is none.
      this.#withRelay((relay) => relay.outcome(0, undefined, new Uint8Array(), attempt, Date.now()))
    );
  }

  /** What the relay says, or undefined where its module trapped. */
  #untrapped<T>({ dataset_id }: Sending, use: (relay: Relay) => T): T | undefined {
    try {
      return this.#withRelay(use);
    } catch (error) {
      if (!(error instanceof Trap)) throw error;
      log("error", "trap", { dataset: dataset_id, cause: String(error.cause) });
      return undefined;
    }
  }

  #report({ rows }: Batch, { dataset_id }: Sending, { fate, sending, datasetWaitsMillis, refusal }: Outcome) {
    if (refusal === null) return;
    const facts = {
      dataset: dataset_id,
      events: rows.length,
      fate,
      sending,
      waits_millis: datasetWaitsMillis,
    };
    log(sending === "stopped" ? "error" : "warn", "request refused", { ...facts, refusal });
  }

  /** Counts in Workers Analytics Engine, where it is bound; what fails there is no one's business here. */
  #measure(dataset: string, what: string, events: number): void {
    try {
      this.env.ANALYTICS?.writeDataPoint({ indexes: [dataset], blobs: [what], doubles: [events] });
    } catch (error) {
      log("warn", "analytics failed", { error: String(error) });
    }
  }

  /** One event that is too old makes Meta refuse all that travel with it. */
  #setAsideTooOld(batch: Batch, now: number): void {
    const tooOld = batch.rows.filter((row) => row.send_before * 1000 < now);
    if (tooOld.length === 0) return;
    batch.rows = batch.rows.filter((row) => row.send_before * 1000 >= now);
    const message = "too old before it could be sent: Meta takes events of the last 7 days, of stores 62";
    this.#store.quarantine(tooOld, { ...OURS, errorSubcode: 2804003, message }, now);
    log("warn", "events too old", { events: tooOld.length });
  }

  #pause(state: Sending["state"], message: string): void {
    const now = Date.now();
    this.#store.pause(state, now + STOPPED_FOR_MILLIS, { ...OURS, message }, now);
    log("error", "sending paused", { state, message });
  }

  /** One alarm, at the earliest moment there is something to do. */
  async #setAlarm(): Promise<void> {
    const next = this.#store.nextDue();
    if (next === undefined) return;
    const set = await this.ctx.storage.getAlarm();
    if (set === null || set > next || set < Date.now()) await this.ctx.storage.setAlarm(next);
  }

  #withRelay<T>(use: (relay: Relay) => T): T {
    return withRelay(configuration(this.env), use);
  }
}

/** A refusal that is not Meta's. */
const OURS: Refusal = { status: 0, code: 0, errorSubcode: 0, message: "", fbtraceId: "" };
