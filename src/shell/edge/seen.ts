// What was accepted within 48 hours, by event name and event id: what comes again goes out once.

import type { Relay } from "#wasm/edge";
import type { Row } from "./schema.ts";

const SEEN_FOR_MILLIS = 48 * 60 * 60 * 1000;

export class Seen {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Notes an event that is to wait under this id; false when it came before. */
  note(key: string, outboxId: number, now: number): boolean {
    const { rowsWritten } = this.#sql.exec(
      `INSERT INTO seen (key, seen_millis, outbox_id) VALUES (?, ?, ?)
       ON CONFLICT (key) DO UPDATE SET seen_millis = excluded.seen_millis, outbox_id = excluded.outbox_id
         WHERE seen_millis < ?`,
      key,
      now,
      outboxId,
      now - SEEN_FOR_MILLIS,
    );
    return rowsWritten > 0;
  }

  /** Adds what a second copy knows more to the first, if that still waits. */
  addToFirst(relay: Relay, key: string, second: string): void {
    // Ids are given out anew after a restart: the relay looks whether it is the same event.
    const [first] = this.#sql
      .exec<Pick<Row, "id" | "event">>(
        "SELECT id, event FROM outbox WHERE id = (SELECT outbox_id FROM seen WHERE key = ?)",
        key,
      )
      .toArray();
    const event = first && relay.withSecondCopy(first.event, second);
    if (event !== undefined) this.#sql.exec("UPDATE outbox SET event = ? WHERE id = ?", event, first?.id);
  }

  /** Forgets what came too long ago. */
  sweep(now: number): void {
    this.#sql.exec("DELETE FROM seen WHERE seen_millis < ?", now - SEEN_FOR_MILLIS);
  }
}
