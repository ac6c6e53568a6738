// The outbox of one dataset: a Durable Object that keeps events on disk until Meta has them. What is stored, sent and
// settled is decided by the plan in Rust; here are the disk, the alarm and the request.

import { DurableObject } from "cloudflare:workers";

import type { DatasetStatus, Delivery, Health, Layout, Plan, Relay, Settled } from "#wasm/edge";
import { readAtMost } from "./body.ts";
import { alarmTime, diskRoom, whileSending } from "./control.ts";
import { Trap, wakePlan, withRelay } from "./engine.ts";
import { configuration, type Env, secrets } from "./env.ts";
import { log } from "./log.ts";
import type { OutboxCalls, Stored } from "./outbox-calls.ts";
import { nameInRegistry, register } from "./outboxes.ts";
import { SqlDisk } from "./sql-disk.ts";

/** How long one alarm may send before it sets the next, in milliseconds. */
const SENDING_PER_ALARM_MILLIS = 20_000;
/** Slices of upkeep that one alarm does. */
const SLICES_PER_ALARM = 20;
/** How long an outbox rests that failed here: on its disk, or in its module. */
const FAILED_FOR_MILLIS = 5_000;
/** Events of one request to Meta. */
const MAX_EVENTS = 1000;
/** Meta's answers are short; what is longer is not Meta's. */
const MAX_ANSWER_BYTES = 1024 * 1024;

/** What the disk of a dataset last refused, until it takes something again. An object that failed is made anew. */
const refusedByDisk = new Map<string, string>();

/** One per dataset, named by the dataset's id. */
export class Outbox extends DurableObject<Env> implements OutboxCalls {
  readonly #disk: SqlDisk;
  #plan: Plan | undefined;
  #datasetId = "";
  /** When the alarm is set for, Unix milliseconds; undefined until it was looked up. */
  #alarmAt: number | null | undefined;
  /** How many events a request may have: fewer after the module failed on one. */
  #most = MAX_EVENTS;

  constructor(context: DurableObjectState, env: Env) {
    super(context, env);
    this.#disk = new SqlDisk(context.storage.sql);
  }

  /**
   * Stores parcels; those that are stored are on disk when this resolves. What came before under the same name and
   * id within 48 hours is merged or passed over: so a call that failed may be made again.
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

  /** Notes the dataset, so that the status shows it also when no configuration lists it any more. Once, ever. */
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

  /** Stores parcels. Where the module traps on one of their events, that one is stored as it came. */
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

  /** How it is doing, with the newest events of the quarantine. */
  async status(datasetId: string, quarantineShown: number): Promise<DatasetStatus> {
    this.#datasetId = datasetId;
    const status = this.#run((plan, relay) => plan.status(relay, this.#disk, quarantineShown, Date.now()));
    status.totals.rows_written = this.#disk.rowsWritten;
    status.refused = this.#refused;
    // As in `health`.
    await this.#setNextAlarm();
    return status;
  }

  /** Counts what the door refused, by reason. Forgotten when the object sleeps. */
  refused(datasetId: string, counts: Record<string, number>): Promise<void> {
    this.#datasetId = datasetId;
    for (const [reason, count] of Object.entries(counts)) {
      this.#refused[reason] = (this.#refused[reason] ?? 0) + count;
    }
    return Promise.resolve();
  }
  readonly #refused: Record<string, number> = {};

  /** Whether it is well, and why not. */
  async health(datasetId: string): Promise<Health> {
    this.#datasetId = datasetId;
    // The worker may have been started anew, with other times: the alarm of before is for those.
    try {
      await this.#setNextAlarm();
    } catch (error) {
      log("error", "alarm failed", { dataset: datasetId, error: String(error) });
    }
    const reason =
      secrets(this.env, datasetId).token === undefined
        ? `no token: set the secret META_ACCESS_TOKEN or META_ACCESS_TOKEN_${datasetId}`
        : (this.#run((plan, relay) => plan.health(relay)) ?? refusedByDisk.get(datasetId) ?? null);
    return { ok: reason === null, reason };
  }

  /** How many outboxes the dataset has, and had before. Asked of its first one. */
  layout(datasetId: string): Promise<Layout> {
    this.#datasetId = datasetId;
    return Promise.resolve(this.#run((plan, relay) => plan.layout(relay, this.#disk, Date.now())));
  }

  /** For each event of a parcel 1 when a copy of it was accepted here. */
  seen(datasetId: string, parcel: Uint8Array): Promise<Uint8Array> {
    this.#datasetId = datasetId;
    return Promise.resolve(this.#run((plan) => plan.hasSeen(this.#disk, parcel, Date.now())));
  }

  /** Notes a dataset, in the one object that knows all of them. */
  register(name: string): Promise<void> {
    this.#disk.addName(name);
    return Promise.resolve();
  }

  /** The datasets that were noted. */
  datasets(): Promise<string[]> {
    return Promise.resolve(this.#disk.names());
  }

  /** What is remembered under each of these keys of people. */
  known(datasetId: string, keys: string[]): Promise<(string | null)[]> {
    this.#datasetId = datasetId;
    return Promise.resolve(this.#run((plan, relay) => plan.known(relay, this.#disk, keys, Date.now())));
  }

  /** Puts events of the quarantine back in line: all, or those with these ids. Between two slices intake goes on. */
  async replay(datasetId: string, ids?: number[]): Promise<{ replayed: number; too_old: number }> {
    this.#datasetId = datasetId;
    const counts = { replayed: 0, too_old: 0 };
    for (let from: number | null = 0; from !== null;) {
      const start: number = from;
      const wanted = ids === undefined ? undefined : new Float64Array(ids);
      const slice = this.#run((plan) => plan.replay(this.#disk, wanted, start, Date.now()));
      counts.replayed += slice.replayed;
      counts.too_old += slice.tooOld;
      from = slice.next;
      await othersFirst();
    }
    await this.#setNextAlarm();
    return counts;
  }

  /** Sends what is due. Never throws: an alarm that keeps throwing is forgotten by its host. */
  override async alarm(): Promise<void> {
    this.#alarmAt = null;
    let rest = 0;
    try {
      await this.#send();
      for (let slice = 0; slice < SLICES_PER_ALARM; slice++) {
        if (!this.#run((plan, relay) => plan.upkeep(relay, this.#disk, Date.now()))) break;
        await othersFirst();
      }
    } catch (error) {
      log("error", "sending failed", { dataset: this.#datasetId, error: String(error) });
      rest = FAILED_FOR_MILLIS;
    }
    try {
      await this.#setNextAlarm(rest);
    } catch (error) {
      log("error", "alarm failed", { dataset: this.#datasetId, error: String(error) });
      await this.#setAlarm(Date.now() + FAILED_FOR_MILLIS);
    }
  }

  async #send(): Promise<void> {
    const end = Date.now() + SENDING_PER_ALARM_MILLIS;
    while (Date.now() < end) {
      if (!(await whileSending(this.ctx.storage, () => this.#sendOnce()))) return;
    }
  }

  /** Sends one request; false when nothing is due. */
  async #sendOnce(): Promise<boolean> {
    const delivery = this.#next();
    if (delivery === undefined) return false;
    const settled = delivery === "set aside" ? this.#setAside() : await this.#try(delivery);
    if (settled === undefined) return false;
    this.#measure(settled.fate, settled.events);
    this.#report(settled);
    return true;
  }

  /** The next request. Where the module traps on writing it, half as many events are tried, down to one. */
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

  /** One request to Meta. What fails here counts as if no answer had come. */
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
      if (!(error instanceof Trap)) throw error;
      // The plan was woken anew and knows nothing of the request: its events go out again.
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

  /** Counts in Workers Analytics Engine, where it is bound; what fails there is no one's business here. */
  #measure(what: string, events: number): void {
    try {
      this.env.ANALYTICS?.writeDataPoint({ indexes: [this.#datasetId], blobs: [what], doubles: [events] });
    } catch (error) {
      log("warn", "analytics failed", { error: String(error) });
    }
  }

  /** Sets the alarm to when the plan has something to do, `rest` milliseconds from now at the earliest. */
  async #setNextAlarm(rest = 0): Promise<void> {
    const now = Date.now();
    const next = this.#run((plan, relay) => plan.nextAlarm(relay, this.#disk, now));
    if (next !== undefined) await this.#setAlarm(Math.max(next, now + rest));
  }

  /** Sets the one alarm that an object has, unless an earlier one is set. */
  async #setAlarm(due: number): Promise<void> {
    const at = alarmTime(due);
    if (this.#alarmAt === undefined) this.#alarmAt = await this.ctx.storage.getAlarm();
    const set = this.#alarmAt;
    if (set !== null && set <= at && set >= Date.now() - FAILED_FOR_MILLIS) return;
    this.#alarmAt = at;
    this.#disk.countRow();
    await this.ctx.storage.setAlarm(at);
  }

  /**
   * Runs the plan in one transaction. Where it fails, nothing of it is kept: the disk is rolled back, and the plan is
   * woken anew from it.
   */
  #run<T>(use: (plan: Plan, relay: Relay) => T): T {
    try {
      return this.ctx.storage.transactionSync(() =>
        this.#withRelay((relay) => {
          this.#plan = wakePlan(this.#plan, this.#disk, this.#datasetId);
          // Woken by its alarm, an object does not know for which dataset.
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

/** Lets calls that wait go first. */
const othersFirst = () => new Promise<void>((done) => setTimeout(done));
