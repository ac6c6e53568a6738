// The outbox's tables: what is written, read and moved. What to do is decided elsewhere.

import type { Accepted, Outcome, Person, Refusal, Relay } from "#wasm/edge";
import { People } from "./people.ts";
import { Quarantine } from "./quarantine.ts";
import { makeTables, type Parcel, type QuarantineRow, type Row, type Sending } from "./schema.ts";
import { type Known, Seen } from "./seen.ts";

/** How often what is no longer needed is deleted. */
const SWEEP_EVERY_MILLIS = 60 * 60 * 1000;

/** Events that travel in one request: the next in line, or a parcel that failed before. */
export interface Batch {
  rows: Row[];
  parcel: Parcel | undefined;
}

export class Store {
  readonly #storage: DurableObjectStorage;
  readonly #sql: SqlStorage;
  readonly #people: People;
  readonly #quarantine: Quarantine;
  readonly #seen: Seen;
  #nextId: number;
  #lineIsNext = true;
  /** The rows of the batch that was handed out last and is not settled. */
  #onTheirWay: Row[] | undefined;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#sql = storage.sql;
    makeTables(storage);
    this.#people = new People(this.#sql);
    this.#quarantine = new Quarantine(this.#sql);
    this.#seen = new Seen(this.#sql);
    // An id that was used before would stand in the wrong place.
    const { last } = this.#sql
      .exec<{ last: number }>(
        `SELECT max(coalesce((SELECT max(id) FROM outbox), 0), coalesce((SELECT max(id) FROM quarantine), 0),
          coalesce((SELECT cursor FROM sending), 0)) AS last`,
      )
      .one();
    this.#nextId = last + 1;
    // The worker was started anew, perhaps with another token: no need to wait.
    this.#sql.exec("UPDATE sending SET paused_until_millis = 0 WHERE state = 'stopped'");
  }

  /** Keeps what was said of people, in one transaction. */
  remember(relay: Relay, people: Person[], now: number): void {
    if (people.length === 0) return;
    this.#storage.transactionSync(() => people.forEach((one) => this.#people.remember(relay, one, now)));
  }

  /**
   * Stores events in one transaction, with what is known of their people. Two copies of one sender's trust
   * within 48 hours are one event. A page's copy never stops a server's copy. With `asTheyCame` nothing is merged.
   */
  accept(
    relay: Relay,
    datasetId: string,
    events: Accepted[],
    now: number,
    asTheyCame = false,
  ): { accepted: number } {
    const due = relay.dueMillis(now);
    let accepted = 0;
    this.#storage.transactionSync(() => {
      for (const one of events) {
        const event = asTheyCame ? one.event : this.#people.complete(relay, one, now);
        if (this.#isNew(relay, one, event, due, now, asTheyCame)) accepted += 1;
      }
      this.#sql.exec(
        `INSERT INTO sending (one, dataset_id, accepted, repeated, writes) VALUES (1, ?1, ?2, ?3, 1)
         ON CONFLICT (one) DO UPDATE
           SET accepted = accepted + ?2, repeated = repeated + ?3, writes = writes + 1`,
        datasetId,
        accepted,
        events.length - accepted,
      );
    });
    return { accepted };
  }

  /** Stores one event, or merges it into an earlier copy. Returns false when it is a copy of one that is counted. */
  #isNew(relay: Relay, one: Accepted, event: string, due: number, now: number, asItCame: boolean): boolean {
    const known = this.#seen.known(one.key, now);
    if (known !== undefined && (known.trust === "server" || one.trust === "page")) {
      if (!asItCame) this.#seen.addToFirst(relay, known, one.trust, event);
      return false;
    }
    // A server's copy goes to the end of the line as if no page had sent one: it waits for no retry of a page's.
    const page = known && this.#replaceable(known);
    const merged = page && !asItCame ? relay.inPlaceOfPage(page.event, event) : undefined;
    if (merged !== undefined) this.#sql.exec("DELETE FROM outbox WHERE id = ?", page?.id);
    this.#seen.note(one, this.#nextId, now);
    this.#insert(merged ?? event, one.send_before, one.main_body, due);
    return merged === undefined;
  }

  /** Returns a page's copy that waits and is not on its way to Meta. */
  #replaceable(known: Known): Pick<Row, "id" | "event"> | undefined {
    const row = this.#seen.waiting(known);
    const isOnItsWay = this.#onTheirWay?.some(({ id }) => id === row?.id) ?? false;
    return isOnItsWay ? undefined : row;
  }

  sending(): Sending | undefined {
    return this.#sql.exec<Sending>("SELECT * FROM sending").toArray()[0];
  }

  /**
   * What to send now: the line and the parcels take turns, so that none waits for another.
   *
   * @param most events and characters of them that one request may have
   */
  next(sending: Sending, now: number, most: readonly [number, number]): Batch | undefined {
    const line = () => this.#line(sending, now, most);
    const parcel = () => this.#parcel(now);
    const batch = this.#lineIsNext ? (line() ?? parcel()) : (parcel() ?? line());
    this.#lineIsNext = batch?.parcel !== undefined;
    this.#onTheirWay = batch?.rows;
    return batch;
  }

  /** Carries out what was decided about a batch that was tried. */
  settle(batch: Batch, outcome: Outcome, now: number): void {
    this.#onTheirWay = undefined;
    this.#storage.transactionSync(() => {
      const failed = outcome.sending !== "fine" && outcome.refusal !== null;
      switch (outcome.fate) {
        case "delivered":
          this.#forget(batch);
          break;
        case "quarantined":
          if (outcome.refusal !== null) this.quarantine(batch.rows, outcome.refusal, now);
          this.#forget(batch);
          break;
        case "halved": {
          const middle = Math.ceil(batch.rows.length / 2);
          this.#park(batch, outcome, now, [batch.rows.slice(0, middle), batch.rows.slice(middle)]);
          break;
        }
        case "again":
          this.#park(batch, outcome, now, [batch.rows]);
          break;
        case "kept":
          this.#tried(batch, now);
          break;
      }
      const delivered = outcome.fate === "delivered" ? batch.rows.length : 0;
      this.#sql.exec(
        `UPDATE sending SET state = ?1, failures = iif(?2, failures + 1, 0), paused_until_millis = ?3,
          last_refusal = coalesce(?4, last_refusal), last_refusal_millis = iif(?4 IS NULL, last_refusal_millis, ?5),
          last_success_millis = iif(?6 > 0, ?5, last_success_millis), delivered = delivered + ?6,
          requests = requests + 1, failed_requests = failed_requests + iif(?4 IS NULL, 0, 1)`,
        outcome.sending,
        failed ? 1 : 0,
        outcome.datasetWaitsMillis > 0 ? Math.ceil(now + outcome.datasetWaitsMillis) : 0,
        outcome.refusal && JSON.stringify(outcome.refusal),
        now,
        delivered,
      );
    });
  }

  /** Sets events aside with the reason, and takes them out of the line. */
  quarantine(rows: Row[], refusal: Refusal, now: number): void {
    this.#storage.transactionSync(() => {
      for (const row of rows) {
        this.#quarantine.add(row, refusal, now);
        this.#sql.exec("DELETE FROM outbox WHERE id = ?", row.id);
      }
      this.#sql.exec("UPDATE sending SET quarantined = quarantined + ?", rows.length);
    });
  }

  /** Forgets a batch of which nothing is left. */
  drop(batch: Batch): void {
    this.#forget(batch);
  }

  /** Holds the whole dataset back. */
  pause(state: Sending["state"], until: number, refusal: Refusal, now: number): void {
    this.#sql.exec(
      `UPDATE sending SET state = ?, failures = failures + 1, paused_until_millis = ?, last_refusal = ?,
        last_refusal_millis = ?`,
      state,
      Math.ceil(until),
      JSON.stringify(refusal),
      now,
    );
  }

  /** When there is something to do again; undefined when there is nothing. */
  nextDue(): number | undefined {
    const sending = this.sending();
    if (sending === undefined) return undefined;
    const { due } = this.#sql
      .exec<{ due: number | null }>(
        `SELECT min(due) AS due FROM (
           SELECT * FROM (SELECT due_millis AS due FROM outbox WHERE id > ? ORDER BY id LIMIT 1)
           UNION ALL SELECT min(due_millis) FROM parcels)`,
        sending.cursor,
      )
      .one();
    return due === null ? undefined : Math.max(due, sending.paused_until_millis);
  }

  /** How many events wait, since when the oldest is due, how many requests wait apart. */
  depth(): { events: number; due: number | null; parcels: number } {
    return this.#sql
      .exec<{ events: number; due: number | null; parcels: number }>(
        `SELECT (SELECT count(*) FROM outbox) AS events, (SELECT min(due_millis) FROM outbox) AS due,
          (SELECT count(*) FROM parcels) AS parcels`,
      )
      .one();
  }

  /** How many events are in quarantine, and the newest of them. */
  quarantined(newest: number): { events: number; rows: QuarantineRow[] } {
    return this.#quarantine.list(newest);
  }

  /** Puts events of the quarantine back in line: all, or those with these ids; not those that are too old. */
  replay(ids: number[] | undefined, now: number): { replayed: number; too_old: number } {
    return this.#storage.transactionSync(() => {
      const { out, tooOld } = this.#quarantine.takeOut(ids, now);
      for (const { event, send_before, main_body } of out) this.#insert(event, send_before, main_body, now);
      return { replayed: out.length, too_old: tooOld };
    });
  }

  /** Deletes what is no longer needed, now and then. */
  sweep(relay: Relay, sending: Sending, now: number): void {
    if (now - sending.swept_millis < SWEEP_EVERY_MILLIS) return;
    this.#people.sweep(relay, now);
    this.#seen.sweep(now);
    this.#quarantine.sweep(relay, now);
    this.#sql.exec("UPDATE sending SET swept_millis = ?", now);
  }

  #insert(event: string, sendBefore: number, mainBody: string, due: number): void {
    this.#sql.exec(
      "INSERT INTO outbox (id, event, send_before, due_millis, main_body) VALUES (?, ?, ?, ?, ?)",
      this.#nextId++,
      event,
      sendBefore,
      due,
      mainBody,
    );
  }

  /** The next in line that are due, as many as one request may have. */
  #line(sending: Sending, now: number, [most, mostCharacters]: readonly [number, number]): Batch | undefined {
    const rows: Row[] = [];
    let characters = 0;
    for (const row of this.#sql.exec<Row>(
      "SELECT * FROM outbox WHERE id > ? ORDER BY id LIMIT ?",
      sending.cursor,
      most,
    )) {
      characters += row.event.length;
      if (row.due_millis > now || (rows.length > 0 && characters > mostCharacters)) break;
      if (rows[0] !== undefined && rows[0].main_body !== row.main_body) break;
      rows.push(row);
    }
    return rows.length > 0 ? { rows, parcel: undefined } : undefined;
  }

  /** The parcel that is due and was not tried for the longest time. */
  #parcel(now: number): Batch | undefined {
    const [parcel] = this.#sql
      .exec<Parcel>("SELECT * FROM parcels WHERE due_millis <= ? ORDER BY tried_millis LIMIT 1", now)
      .toArray();
    if (parcel === undefined) return undefined;
    const rows = this.#sql
      .exec<Row>("SELECT * FROM outbox WHERE id BETWEEN ? AND ? ORDER BY id", parcel.first, parcel.last)
      .toArray();
    return { rows, parcel };
  }

  #forget({ rows, parcel }: Batch): void {
    const [first, last] = [rows[0], rows.at(-1)];
    if (first !== undefined && last !== undefined) {
      this.#sql.exec("DELETE FROM outbox WHERE id BETWEEN ? AND ?", first.id, last.id);
    }
    if (parcel !== undefined) this.#sql.exec("DELETE FROM parcels WHERE first = ?", parcel.first);
  }

  /** Makes parcels of a batch; the line goes on behind it. */
  #park(batch: Batch, outcome: Outcome, now: number, parts: Row[][]): void {
    if (batch.parcel !== undefined) {
      this.#sql.exec("DELETE FROM parcels WHERE first = ?", batch.parcel.first);
    }
    for (const rows of parts) {
      const [first, last] = [rows[0], rows.at(-1)];
      if (first === undefined || last === undefined) continue;
      this.#sql.exec(
        "INSERT INTO parcels (first, last, due_millis, tries, since_millis, tried_millis) VALUES (?, ?, ?, ?, ?, ?)",
        first.id,
        last.id,
        Math.ceil(now + outcome.eventsWaitMillis),
        outcome.tries,
        batch.parcel?.since_millis ?? now,
        now,
      );
      if (batch.parcel === undefined) {
        this.#sql.exec("UPDATE sending SET cursor = max(cursor, ?)", last.id);
      }
    }
  }

  #tried({ parcel }: Batch, now: number): void {
    if (parcel === undefined) return;
    this.#sql.exec("UPDATE parcels SET tried_millis = ? WHERE first = ?", now, parcel.first);
  }
}
