// Events that Meta refused for good: set aside with the reason, until an operator sends them again.

import type { Refusal, Relay } from "#wasm/edge";
import type { QuarantineRow, Row } from "./schema.ts";

const DAY_MILLIS = 24 * 60 * 60 * 1000;

type Waiting = Omit<Row, "due_millis">;

export class Quarantine {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  add({ id, event, send_before, main_body }: Row, refusal: Refusal, now: number): void {
    this.#sql.exec(
      `INSERT INTO quarantine (id, event, send_before, main_body, refusal, since_millis)
       VALUES (?, ?, ?, ?, ?, ?)`,
      id,
      event,
      send_before,
      main_body,
      JSON.stringify(refusal),
      now,
    );
  }

  /** How many events there are, and the newest of them. */
  list(newest: number): { events: number; rows: QuarantineRow[] } {
    const { events } = this.#sql.exec<{ events: number }>("SELECT count(*) AS events FROM quarantine").one();
    const rows = this.#sql
      .exec<QuarantineRow>("SELECT * FROM quarantine ORDER BY since_millis DESC, id DESC LIMIT ?", newest)
      .toArray();
    return { events, rows };
  }

  /** Takes events out: all, or those with these ids. Those that are too old stay, and are counted. */
  takeOut(ids: number[] | undefined, now: number): { out: Waiting[]; tooOld: number } {
    const asked = this.#sql
      .exec<Waiting>("SELECT id, event, send_before, main_body FROM quarantine ORDER BY id")
      .toArray()
      .filter(({ id }) => ids === undefined || ids.includes(id));
    const out = asked.filter(({ send_before }) => send_before * 1000 >= now);
    for (const { id } of out) this.#sql.exec("DELETE FROM quarantine WHERE id = ?", id);
    return { out, tooOld: asked.length - out.length };
  }

  /** Forgets what nobody asked for. */
  sweep(relay: Relay, now: number): void {
    this.#sql.exec("DELETE FROM quarantine WHERE since_millis < ?", now - relay.quarantineDays * DAY_MILLIS);
  }
}
