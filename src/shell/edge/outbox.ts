// The outbox of one dataset: a Durable Object that keeps events on disk until Meta has them.

import { DurableObject } from "cloudflare:workers";

import type { Accepted, Refusal, Relay } from "#wasm/edge";
import { withRelay } from "./engine.ts";
import { accessToken, configuration, type Env } from "./env.ts";

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    event TEXT NOT NULL,
    event_time INTEGER NOT NULL,
    due_millis INTEGER NOT NULL,
    -- Events that travel together: 0, or one half of a request that was refused.
    part INTEGER NOT NULL DEFAULT 0
  );
  CREATE INDEX IF NOT EXISTS outbox_due ON outbox (due_millis);
  -- Event name and event id of what was accepted within 48 hours.
  CREATE TABLE IF NOT EXISTS seen (key TEXT PRIMARY KEY, seen_millis INTEGER NOT NULL) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS seen_when ON seen (seen_millis);
  CREATE TABLE IF NOT EXISTS quarantine (
    id INTEGER PRIMARY KEY,
    event TEXT NOT NULL,
    refusal TEXT NOT NULL,
    since_millis INTEGER NOT NULL
  );
  -- One row: how sending goes.
  CREATE TABLE IF NOT EXISTS sending (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    dataset_id TEXT NOT NULL,
    failures INTEGER NOT NULL DEFAULT 0,
    paused_until_millis INTEGER NOT NULL DEFAULT 0,
    last_refusal TEXT
  );
`;

const SEEN_FOR_MILLIS = 48 * 60 * 60 * 1000;
const EVENTS_PER_REQUEST = 1000;
/** Requests that one alarm may make before it sets the next. */
const REQUESTS_PER_ALARM = 20;
/** How long a dataset rests whose token was refused, or for which there is none. */
const STOPPED_FOR_MILLIS = 60_000;

type Row = { id: number; event: string; event_time: number };
type Sending = {
  dataset_id: string;
  failures: number;
  paused_until_millis: number;
  last_refusal: string | null;
};

/** One per dataset, named by the dataset's id. */
export class Outbox extends DurableObject<Env> {
  readonly #sql: SqlStorage;

  constructor(context: DurableObjectState, env: Env) {
    super(context, env);
    this.#sql = context.storage.sql;
    this.#sql.exec(SCHEMA);
  }

  /**
   * Stores events; they are on disk when this resolves. What came before under the same name and id
   * within 48 hours is passed over.
   */
  async accept(datasetId: string, events: Accepted[]): Promise<void> {
    const now = Date.now();
    const due = this.#withRelay((relay) => relay.dueMillis(now));
    this.ctx.storage.transactionSync(() => {
      this.#sql.exec("INSERT OR IGNORE INTO sending (one, dataset_id) VALUES (1, ?)", datasetId);
      this.#sql.exec("DELETE FROM seen WHERE seen_millis < ?", now - SEEN_FOR_MILLIS);
      for (const { key, event, event_time } of events) {
        const seen = this.#sql.exec("INSERT OR IGNORE INTO seen (key, seen_millis) VALUES (?, ?)", key, now);
        if (seen.rowsWritten === 0) continue;
        this.#sql.exec(
          "INSERT INTO outbox (event, event_time, due_millis) VALUES (?, ?, ?)",
          event,
          event_time,
          due,
        );
      }
    });
    await this.#setAlarm();
  }

  /** Sends what is due. Never throws: an alarm that keeps throwing is forgotten by its host. */
  override async alarm(): Promise<void> {
    try {
      for (let request = 0; request < REQUESTS_PER_ALARM; request++) {
        if (!(await this.#sendOnce())) break;
      }
    } catch (error) {
      console.error(JSON.stringify({ what: "sending failed", error: String(error) }));
      this.#pause(STOPPED_FOR_MILLIS, undefined);
    }
    await this.#setAlarm();
  }

  /** Sends one request with what is due; false when there is nothing (more) to send now. */
  async #sendOnce(): Promise<boolean> {
    const now = Date.now();
    const sending = this.#sending();
    if (sending === undefined || sending.paused_until_millis > now) return false;
    this.#setAsideTooOld(now);
    const rows = this.#due(now);
    if (rows.length === 0) return false;

    const token = accessToken(this.env, sending.dataset_id);
    if (token === undefined) {
      const message = `no token: set the secret META_ACCESS_TOKEN or META_ACCESS_TOKEN_${sending.dataset_id}`;
      this.#pause(STOPPED_FOR_MILLIS, { status: 0, code: 0, errorSubcode: 0, message, fbtraceId: "" });
      return false;
    }

    const answer = await this.#post(sending.dataset_id, token, rows);
    const verdict = this.#withRelay((relay) =>
      relay.verdict(answer.status, answer.body, rows.length, answer.retryAfterSeconds),
    );
    switch (verdict.kind) {
      case "accepted":
        this.#recovered();
        this.#remove(rows);
        return true;
      case "split":
        this.#split(rows);
        return true;
      case "quarantine":
        this.#quarantine(rows, verdict.refusal);
        return true;
      case "retry": {
        const delay = this.#withRelay((relay) => relay.retryDelayMillis(sending.failures));
        this.#pause(Math.max(delay, verdict.waitMillis), verdict.refusal);
        return false;
      }
      case "stop":
        this.#pause(STOPPED_FOR_MILLIS, verdict.refusal);
        return false;
    }
  }

  async #post(datasetId: string, token: string, rows: Row[]) {
    const delivery = this.#withRelay((relay) =>
      relay.delivery(
        datasetId,
        token,
        rows.map((row) => row.event),
      ),
    );
    try {
      const response = await fetch(delivery.url, {
        method: "POST",
        headers: { authorization: delivery.authorization, "content-type": "application/json" },
        body: delivery.body,
        signal: AbortSignal.timeout(delivery.timeoutMillis),
        redirect: "manual",
      });
      const body = new Uint8Array(await response.arrayBuffer());
      const retryAfter = Number.parseInt(response.headers.get("retry-after") ?? "", 10);
      return { status: response.status, body, retryAfterSeconds: retryAfter > 0 ? retryAfter : undefined };
    } catch {
      return { status: 0, body: new Uint8Array(), retryAfterSeconds: undefined };
    }
  }

  /** The next events that may travel in one request, oldest first. */
  #due(now: number): Row[] {
    const [first] = this.#sql
      .exec<{ part: number }>(
        "SELECT part FROM outbox WHERE due_millis <= ? ORDER BY part DESC, id LIMIT 1",
        now,
      )
      .toArray();
    if (first === undefined) return [];
    return this.#sql
      .exec<Row>(
        "SELECT id, event, event_time FROM outbox WHERE due_millis <= ? AND part = ? ORDER BY id LIMIT ?",
        now,
        first.part,
        EVENTS_PER_REQUEST,
      )
      .toArray();
  }

  #remove(rows: Row[]): void {
    this.ctx.storage.transactionSync(() => {
      for (const { id } of rows) this.#sql.exec("DELETE FROM outbox WHERE id = ?", id);
    });
  }

  /** Halves a refused request: the bad event is alone after ten rounds at the most. */
  #split(rows: Row[]): void {
    const { part } = this.#sql.exec<{ part: number }>("SELECT max(part) AS part FROM outbox").one();
    const half = Math.ceil(rows.length / 2);
    this.ctx.storage.transactionSync(() => {
      rows.forEach(({ id }, index) => {
        this.#sql.exec("UPDATE outbox SET part = ? WHERE id = ?", part + (index < half ? 2 : 1), id);
      });
    });
  }

  #quarantine(rows: Row[], refusal: Refusal): void {
    const now = Date.now();
    this.ctx.storage.transactionSync(() => {
      for (const { id, event } of rows) {
        this.#sql.exec(
          "INSERT INTO quarantine (id, event, refusal, since_millis) VALUES (?, ?, ?, ?)",
          id,
          event,
          JSON.stringify(refusal),
          now,
        );
        this.#sql.exec("DELETE FROM outbox WHERE id = ?", id);
      }
    });
    console.warn(JSON.stringify({ what: "quarantined", events: rows.length, refusal }));
  }

  /** One event over 7 days makes Meta refuse all that travel with it. */
  #setAsideTooOld(now: number): void {
    const oldest = this.#withRelay((relay) => relay.oldestEventTime(now));
    const rows = this.#sql
      .exec<Row>(
        "SELECT id, event, event_time FROM outbox WHERE due_millis <= ? AND event_time < ?",
        now,
        oldest,
      )
      .toArray();
    if (rows.length === 0) return;
    const message = "older than 7 days before it could be sent";
    this.#quarantine(rows, { status: 0, code: 0, errorSubcode: 2804003, message, fbtraceId: "" });
  }

  #sending(): Sending | undefined {
    return this.#sql.exec<Sending>("SELECT * FROM sending").toArray()[0];
  }

  #pause(millis: number, refusal: Refusal | undefined): void {
    const text = refusal === undefined ? null : JSON.stringify(refusal);
    this.#sql.exec(
      "UPDATE sending SET failures = failures + 1, paused_until_millis = ?, last_refusal = coalesce(?, last_refusal)",
      Math.ceil(Date.now() + millis),
      text,
    );
    console.warn(JSON.stringify({ what: "sending paused", millis: Math.ceil(millis), refusal }));
  }

  #recovered(): void {
    this.#sql.exec("UPDATE sending SET failures = 0, paused_until_millis = 0 WHERE failures > 0");
  }

  /** One alarm, at the earliest moment there is something to do. */
  async #setAlarm(): Promise<void> {
    const { due } = this.#sql.exec<{ due: number | null }>("SELECT min(due_millis) AS due FROM outbox").one();
    if (due === null) return;
    const next = Math.max(due, this.#sending()?.paused_until_millis ?? 0);
    const set = await this.ctx.storage.getAlarm();
    if (set === null || set > next || set < Date.now()) await this.ctx.storage.setAlarm(next);
  }

  #withRelay<T>(use: (relay: Relay) => T): T {
    return withRelay(configuration(this.env), use);
  }
}
