// The outbox of a dataset: a Durable Object that keeps events on disk until Meta has them. The plan, in Rust,
// decides on storing, sending and settling. This file has the disk, the alarm and the request.

import { DurableObject } from "cloudflare:workers";

import type { DatasetStatus, Delivery, Health, Layout, Ordered, Plan, Relay, Settled } from "#wasm/edge";
import { readAtMost } from "./body.ts";
import { alarmTime, diskRoom, whileSending } from "./control.ts";
import { wakePlan, withRelay } from "./engine.ts";
import { configuration, type Env, missingToken, orderSecret, secrets } from "./env.ts";
import { log } from "./log.ts";
import type { OutboxCalls, Stored } from "./outbox-calls.ts";
import { nameInRegistry, register } from "./outboxes.ts";
import { SqlDisk } from "./sql-disk.ts";
import { Trap } from "../wasm/guard.ts";

/** The longest time that one alarm sends before it sets the next, in milliseconds. */
const SENDING_PER_ALARM_MILLIS = 20_000;
/** The most slices of upkeep of one alarm. */
const SLICES_PER_ALARM = 20;
/** The pause of an outbox after its disk or its module failed, in milliseconds. */
const FAILED_FOR_MILLIS = 5_000;
/** The most events of one request to Meta. */
const MAX_EVENTS = 1000;
/** The most bytes that are read of an answer. Meta's answers are shorter. */
const MAX_ANSWER_BYTES = 1024 * 1024;

/** The last disk error of each dataset, until its disk stores events again. It outlives a failed object. */
const refusedByDisk = new Map<string, string>();

/** One outbox of a dataset. `nameOf` makes its name. */
export class Outbox extends DurableObject<Env> implements OutboxCalls {
  readonly #disk: SqlDisk;
  #plan: Plan | undefined;
  #datasetId = "";
  /** The time of the alarm, Unix milliseconds; null if none is set, undefined until it was looked up. */
  #alarmAt: number | null | undefined;
  /** The most events of the next request to Meta: fewer after the module trapped on one. */
  #most = MAX_EVENTS;

  constructor(context: DurableObjectState, env: Env) {
    super(context, env);
    this.#disk = new SqlDisk(context.storage.sql);
  }

  /**
   * Stores parcels; those that are stored are on disk when this resolves. Merges or drops an event if a copy
   * with the same name and id came within 48 hours, so a call that failed may be repeated.
   */
  async accept(datasetId: string, parcels: Uint8Array[]): Promise<Stored> {
    this.#datasetId = datasetId;
    const now = Date.now();
    if (!this.#isRegistered) await this.#register();
    const { stored, accepted, due } = this.#accept(parcels, now);
    if (accepted > 0) refusedByDisk.delete(datasetId);
    this.#measure("accepted", accepted);
    if (due !== null) await this.#setAlarm(due);
    return { stored };
  }

  /** Registers the dataset once, so that the status shows it even if no configuration lists it any more. */
  async #register(): Promise<void> {
    this.#isRegistered = true;
    const name = nameInRegistry(this.env, this.#datasetId);
    if (this.#disk.names().includes(name)) return;
    try {
      await register(this.env, name);
      this.#disk.addName(name);
    } catch (error) {
      log("warn", "dataset not noted", { dataset: this.#datasetId, error: String(error) });
    }
  }
  #isRegistered = false;

  /** Stores parcels. If the module traps on an event, stores that event as it came. */
  #accept(parcels: Uint8Array[], now: number, asTheyCame = false) {
    try {
      return this.#run((plan, relay) => plan.accept(relay, this.#disk, parcels, asTheyCame, now));
    } catch (error) {
      if (!(error instanceof Trap) || asTheyCame) throw error;
      log("error", "trap", { dataset: this.#datasetId, cause: String(error.cause) });
    }
    let [accepted, due]: [number, number | null] = [0, null];
    const stored = parcels.map((parcel) => {
      const parts = this.#withRelay((relay) => relay.parcelApart(parcel));
      return parts.every((part) => {
        let done;
        try {
          done = this.#run((plan, relay) => plan.accept(relay, this.#disk, [part], false, now));
        } catch (error) {
          if (!(error instanceof Trap)) throw error;
          done = this.#run((plan, relay) => plan.accept(relay, this.#disk, [part], true, now));
        }
        accepted += done.accepted;
        due = Math.min(due ?? Infinity, done.due ?? Infinity);
        return done.stored[0] === true;
      });
    });
    return { stored, accepted, due: due === Infinity ? null : due };
  }

  /**
   * Remembers the visitors of the parcels' orders, and returns the parcels with their events completed; null for one
   * of which nothing is to be stored. Only the first outbox of a dataset is asked.
   */
  async orders(datasetId: string, parcels: Uint8Array[]): Promise<(Uint8Array | null)[]> {
    this.#datasetId = datasetId;
    if (!this.#isRegistered) await this.#register();
    const done = this.#orders(parcels);
    const due = Math.min(...done.map((one) => one.due ?? Infinity));
    const unknown = done.reduce((sum, one) => sum + one.unknown, 0);
    if (unknown > 0) log("warn", "visitor of order not remembered", { dataset: datasetId, events: unknown });
    if (due !== Infinity) await this.#setAlarm(due);
    return done.map(({ parcel }) => parcel);
  }

  /** Completes parcels. If the module traps on one, that one stays as it came: its events matter more. */
  #orders(parcels: Uint8Array[]): Ordered[] {
    const secret = orderSecret(this.env);
    try {
      return this.#run((plan, relay) =>
        parcels.map((parcel) => plan.orders(relay, this.#disk, parcel, secret, Date.now())),
      );
    } catch (error) {
      if (!(error instanceof Trap)) throw error;
      if (parcels.length > 1) return parcels.flatMap((one) => this.#orders([one]));
      log("error", "trap", { dataset: this.#datasetId, cause: String(error.cause) });
      return parcels.map((one) => ({ parcel: one, due: null, unknown: 0 }));
    }
  }

  /** Returns the status of the outbox, with the newest events of the quarantine. */
  async status(datasetId: string, quarantineShown: number): Promise<DatasetStatus> {
    this.#datasetId = datasetId;
    const status = this.#run((plan, relay) => plan.status(relay, this.#disk, quarantineShown, Date.now()));
    status.totals.rows_written = this.#disk.rowsWritten;
    status.refused = this.#refused;
    // As in `health`.
    await this.#setNextAlarm();
    return status;
  }

  /** Adds up the door's refusals by reason. The sums are lost when the object sleeps. */
  refused(datasetId: string, counts: Record<string, number>): Promise<void> {
    this.#datasetId = datasetId;
    for (const [reason, count] of Object.entries(counts)) {
      this.#refused[reason] = (this.#refused[reason] ?? 0) + count;
    }
    return Promise.resolve();
  }
  readonly #refused: Record<string, number> = {};

  /** Returns the health of the outbox, with the reason if it is not well. */
  async health(datasetId: string): Promise<Health> {
    this.#datasetId = datasetId;
    // The worker may have restarted with another configuration, so the alarm may have the wrong time.
    try {
      await this.#setNextAlarm();
    } catch (error) {
      log("error", "alarm failed", { dataset: datasetId, error: String(error) });
    }
    const reason =
      missingToken(this.env, datasetId) ??
      this.#run((plan, relay) => plan.health(relay)) ??
      refusedByDisk.get(datasetId) ??
      null;
    return { ok: reason === null, reason };
  }

  /** Returns the number of the dataset's outboxes, now and before. Only the first outbox is asked. */
  layout(datasetId: string): Promise<Layout> {
    this.#datasetId = datasetId;
    return Promise.resolve(this.#run((plan, relay) => plan.layout(relay, this.#disk, Date.now())));
  }

  /** Returns a byte for each event of a parcel: 1 if a copy of it was accepted here, else 0. */
  seen(datasetId: string, parcel: Uint8Array): Promise<Uint8Array> {
    this.#datasetId = datasetId;
    return Promise.resolve(this.#run((plan) => plan.hasSeen(this.#disk, parcel, Date.now())));
  }

  /** Registers a dataset. Called on the one object that knows all datasets. */
  register(name: string): Promise<void> {
    this.#disk.addName(name);
    return Promise.resolve();
  }

  /** Returns the names of the registered datasets. */
  datasets(): Promise<string[]> {
    return Promise.resolve(this.#disk.names());
  }

  /** Returns the customer information that is remembered under each key, or null. */
  known(datasetId: string, keys: string[]): Promise<(string | null)[]> {
    this.#datasetId = datasetId;
    return Promise.resolve(this.#run((plan, relay) => plan.known(relay, this.#disk, keys, Date.now())));
  }

  /**
   * Puts events of the quarantine back into the outbox: all, or those with these ids. Other calls run between
   * two slices.
   */
  async replay(datasetId: string, ids?: number[]): Promise<{ replayed: number; too_old: number }> {
    this.#datasetId = datasetId;
    const counts = { replayed: 0, too_old: 0 };
    const wanted = ids === undefined ? undefined : Float64Array.from(ids).sort();
    for (let from: number | null = 0; from !== null;) {
      const start: number = from;
      const slice = this.#run((plan) => plan.replay(this.#disk, wanted, start, Date.now()));
      counts.replayed += slice.replayed;
      counts.too_old += slice.tooOld;
      from = slice.next;
      await othersFirst();
    }
    await this.#setNextAlarm();
    return counts;
  }

  /** Sends the events that are due. Never throws: the host forgets an alarm that keeps throwing. */
  override async alarm(): Promise<void> {
    this.#alarmAt = null;
    let rest = 0;
    const attempt = async (failure: string, work: () => Promise<void>) => {
      try {
        await work();
        return true;
      } catch (error) {
        log("error", failure, { dataset: this.#datasetId, error: String(error) });
        rest = FAILED_FOR_MILLIS;
        return false;
      }
    };
    this.#isAlarmRunning = true;
    await attempt("sending failed", () => this.#send());
    await attempt("upkeep failed", () => this.#upkeep());
    this.#isAlarmRunning = false;
    if (await attempt("alarm failed", () => this.#setNextAlarm(rest))) return;
    // If this fails, too, the next intake sets the alarm.
    await attempt("alarm failed", () => this.#setAlarm(Date.now() + FAILED_FOR_MILLIS));
  }

  /** True while an alarm sends. It sets the next alarm when it ends; until then no intake sets one. */
  #isAlarmRunning = false;

  async #upkeep(): Promise<void> {
    for (let slice = 0; slice < SLICES_PER_ALARM; slice++) {
      if (!this.#run((plan, relay) => plan.upkeep(relay, this.#disk, Date.now()))) return;
      await othersFirst();
    }
  }

  async #send(): Promise<void> {
    if (this.#hasUnsettled) {
      // The disk refused Meta's last answer. Another request waits until it accepts a write again.
      this.#run((plan) => plan.checkDisk(this.#disk));
      this.#hasUnsettled = false;
    }
    const end = Date.now() + SENDING_PER_ALARM_MILLIS;
    while (Date.now() < end) {
      if (!(await whileSending(this.ctx.storage, () => this.#sendOnce()))) return;
    }
  }

  /** Sends one request to Meta. Returns false if there is nothing to send for now. */
  async #sendOnce(): Promise<boolean> {
    const delivery = this.#next();
    if (delivery === undefined) return false;
    const settled = delivery === "set aside" ? this.#setAside() : await this.#try(delivery);
    if (settled === undefined) return false;
    this.#measure(settled.fate, settled.events);
    this.#report(settled);
    return true;
  }

  /** Returns the next request. If the module traps on it, tries a quarter of the events, down to one. */
  #next(): Delivery | "set aside" | undefined {
    for (;;) {
      try {
        const delivery = this.#run((plan, relay) => {
          const { token, appSecret } = secrets(this.env, plan.datasetId);
          return plan.next(relay, this.#disk, token, appSecret, this.#most, Date.now());
        });
        this.#most = Math.min(MAX_EVENTS, this.#most * 2);
        return delivery;
      } catch (error) {
        if (!(error instanceof Trap)) throw error;
        log("error", "trap", { dataset: this.#datasetId, cause: String(error.cause) });
        if (this.#most <= 1) return "set aside";
        this.#most = Math.ceil(this.#most / 4);
      }
    }
  }

  #setAside(): Settled | undefined {
    this.#most = 1;
    return this.#run((plan, relay) => plan.setAside(relay, this.#disk, Date.now()));
  }

  /** Sends a request to Meta. A failure here counts as no answer. */
  async #try({ url, authorization, body, timeoutMillis }: Delivery): Promise<Settled | undefined> {
    let [status, headers, answer]: [number, Headers | undefined, Uint8Array] = [
      0,
      undefined,
      new Uint8Array(),
    ];
    let isTimeout = false;
    const started = Date.now();
    try {
      const response = await fetch(url, {
        method: "POST",
        headers: { authorization, "content-type": "application/json" },
        body,
        signal: AbortSignal.timeout(timeoutMillis),
        redirect: "manual",
      });
      answer = await readAtMost(response, MAX_ANSWER_BYTES);
      [status, headers] = [response.status, response.headers];
    } catch {
      // No answer, or half of one.
      isTimeout = Date.now() - started >= timeoutMillis;
    }
    const took = Date.now() - started;
    const settle = (...[status, headers, body]: [number, Headers | undefined, Uint8Array]) =>
      this.#run((plan, relay) =>
        plan.settle(relay, this.#disk, status, headers, body, isTimeout, took, Date.now()),
      );
    try {
      return settle(status, headers, answer);
    } catch (error) {
      if (!(error instanceof Trap)) {
        this.#hasUnsettled = true;
        throw error;
      }
      // The plan was woken again and does not know the request, so its events are sent again.
      log("error", "trap", { dataset: this.#datasetId, cause: String(error.cause) });
      return undefined;
    }
  }

  #report({ events, trust, fate, sending, waitsMillis, refusal, expired, damaged }: Settled) {
    const facts = { dataset: this.#datasetId, events, trust, fate, sending, waits_millis: waitsMillis };
    if (refusal !== null) {
      log(sending === "stopped" ? "error" : "warn", "request refused", { ...facts, refusal });
    }
    if (expired > 0) log("warn", "events too old", { dataset: this.#datasetId, events: expired });
    if (damaged > 0) log("error", "block damaged", { dataset: this.#datasetId, events: damaged });
    if (fate === "delivered" && !this.#hasDelivered) {
      this.#hasDelivered = true;
      log("info", "first event delivered", { dataset: this.#datasetId, events });
    }
  }
  #hasDelivered = false;
  /** True if the disk refused to store an answer of Meta. */
  #hasUnsettled = false;

  /** Counts events in Workers Analytics Engine, if it is bound. A failure is only logged. */
  #measure(what: string, events: number): void {
    try {
      this.env.ANALYTICS?.writeDataPoint({ indexes: [this.#datasetId], blobs: [what], doubles: [events] });
    } catch (error) {
      log("warn", "analytics failed", { error: String(error) });
    }
  }

  /** Sets the alarm for the plan's next work, at the earliest `rest` milliseconds from now. */
  async #setNextAlarm(rest = 0): Promise<void> {
    const now = Date.now();
    const next = this.#run((plan, relay) => plan.nextAlarm(relay, this.#disk, now));
    if (next !== undefined) await this.#setAlarm(Math.max(next, now + rest));
  }

  /** Sets the one alarm that an object has, unless an earlier one is set. */
  async #setAlarm(due: number): Promise<void> {
    if (this.#isAlarmRunning) return;
    // Events of a backlog were due long ago. Their alarm is due now.
    const at = Math.max(alarmTime(due), Date.now());
    if (this.#alarmAt === undefined) this.#alarmAt = await this.ctx.storage.getAlarm();
    const set = this.#alarmAt;
    if (set !== null && set <= at && set >= Date.now() - FAILED_FOR_MILLIS) return;
    this.#alarmAt = at;
    this.#disk.countRow();
    try {
      await this.ctx.storage.setAlarm(at);
    } catch (error) {
      this.#alarmAt = undefined;
      throw error;
    }
  }

  /**
   * Runs the plan in one transaction. On failure, rolls the disk back. The next run then wakes the plan from
   * the disk.
   */
  #run<T>(use: (plan: Plan, relay: Relay) => T): T {
    try {
      return this.ctx.storage.transactionSync(() =>
        this.#withRelay((relay) => {
          this.#plan = wakePlan(this.#plan, this.#disk, this.#datasetId);
          // An object that its alarm woke does not know its dataset. The plan does.
          if (this.#datasetId === "") this.#datasetId = this.#plan.datasetId;
          const room = diskRoom();
          this.#plan.setDiskRoom(room, room === "pages" ? 0 : this.#disk.fileBytes);
          return use(this.#plan, relay);
        }),
      );
    } catch (error) {
      this.#plan = undefined;
      if (!(error instanceof Trap)) {
        const message = error instanceof Error ? error.message : String(error);
        refusedByDisk.set(this.#datasetId, `its disk refused a write: ${message}`);
      }
      throw error;
    }
  }

  #withRelay<T>(use: (relay: Relay) => T): T {
    return withRelay(configuration(this.env), use);
  }
}

/** Lets waiting calls run first. */
const othersFirst = () => new Promise<void>((done) => setTimeout(done));
