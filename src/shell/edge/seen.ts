// The copies that were accepted within 48 hours, by event name and event id, and what a further copy does.

import type { Accepted, Relay } from "#wasm/edge";
import type { Row } from "./schema.ts";

const SEEN_FOR_MILLIS = 48 * 60 * 60 * 1000;

/** The copy that counts, if one was accepted within 48 hours. */
export type Known = { outbox_id: number | null; trust: Accepted["trust"] | null };

export class Seen {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Returns the copy that counts for this key; undefined when none was accepted within 48 hours. */
  known(key: string, now: number): Known | undefined {
    return this.#sql
      .exec<Known>(
        "SELECT outbox_id, trust FROM seen WHERE key = ? AND seen_millis >= ?",
        key,
        now - SEEN_FOR_MILLIS,
      )
      .toArray()[0];
  }

  /** Notes the copy that counts from now on, and where it waits. */
  note({ key, trust }: Accepted, outboxId: number, now: number): void {
    this.#sql.exec(
      `INSERT INTO seen (key, seen_millis, outbox_id, trust) VALUES (?1, ?2, ?3, ?4)
       ON CONFLICT (key) DO UPDATE SET seen_millis = ?2, outbox_id = ?3, trust = ?4`,
      key,
      now,
      outboxId,
      trust,
    );
  }

  /** Merges a further copy into the one that counts, if that one still waits. */
  addToFirst(relay: Relay, known: Known, trust: Accepted["trust"], event: string): void {
    const first = this.waiting(known);
    if (first === undefined) return;
    const merged =
      trust === "server"
        ? relay.withSecondCopy(first.event, event)
        : known.trust === "server"
          ? relay.withPageCopy(first.event, event)
          : relay.withSecondPageCopy(first.event, event);
    if (merged !== undefined) this.#sql.exec("UPDATE outbox SET event = ? WHERE id = ?", merged, first.id);
  }

  /** Returns the row where the copy that counts waits. A restart may give its id to another event: compare both. */
  waiting({ outbox_id }: Known): Pick<Row, "id" | "event"> | undefined {
    if (outbox_id === null) return undefined;
    return this.#sql
      .exec<Pick<Row, "id" | "event">>("SELECT id, event FROM outbox WHERE id = ?", outbox_id)
      .toArray()[0];
  }

  /** Forgets what was accepted more than 48 hours ago. */
  sweep(now: number): void {
    this.#sql.exec("DELETE FROM seen WHERE seen_millis < ?", now - SEEN_FOR_MILLIS);
  }
}
