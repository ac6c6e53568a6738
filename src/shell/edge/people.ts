// What is remembered of people between their calls: hashed, bounded in number, and not for long.

import type { Accepted, Person, Relay } from "#wasm/edge";

const DAY_MILLIS = 24 * 60 * 60 * 1000;
/** How often what is too old or too much is deleted, at the least; and after how many that were kept. */
const SWEEP_EVERY_MILLIS = 60 * 60 * 1000;
const SWEEP_EVERY_KEPT = 1000;

/** Keys are digests of ids, `user_data` is hashed customer information. */
const PEOPLE = `
  CREATE TABLE IF NOT EXISTS people (
    key TEXT PRIMARY KEY,
    user_data TEXT NOT NULL,
    since_millis INTEGER NOT NULL
  ) WITHOUT ROWID;
`;

type PersonRow = { user_data: string };

export class People {
  readonly #sql: SqlStorage;
  #sweptMillis = 0;
  #kept = 0;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    this.#sql.exec(PEOPLE);
  }

  /** Keeps what is said of a person, beside what was known: the new word counts. */
  remember(relay: Relay, { keys, same_as, user_data }: Person, now: number): void {
    const known = this.#known(relay, [...keys, ...same_as], now);
    const all = relay.together([user_data, ...known]);
    if (all === "{}") return;
    for (const key of keys) {
      this.#sql.exec(
        `INSERT INTO people (key, user_data, since_millis) VALUES (?, ?, ?)
         ON CONFLICT (key) DO UPDATE SET user_data = excluded.user_data, since_millis = excluded.since_millis`,
        key,
        all,
        now,
      );
    }
    this.#kept += keys.length;
    const [, most] = relay.traitsLimits;
    const isDue = this.#kept >= Math.min(SWEEP_EVERY_KEPT, most);
    if (isDue || now - this.#sweptMillis >= SWEEP_EVERY_MILLIS) this.sweep(relay, now);
  }

  /** An event with what is known of its person. */
  complete(relay: Relay, { event, known_as }: Accepted, now: number): string {
    const known = known_as.length > 0 ? this.#known(relay, known_as, now) : [];
    return known.length > 0 ? relay.withKnown(event, known) : event;
  }

  /** Forgets what is too old, and the oldest above the limit. */
  sweep(relay: Relay, now: number): void {
    this.#kept = 0;
    this.#sweptMillis = now;
    const [days, most] = relay.traitsLimits;
    this.#sql.exec("DELETE FROM people WHERE since_millis < ?", now - days * DAY_MILLIS);
    this.#sql.exec(
      `DELETE FROM people WHERE key IN
         (SELECT key FROM people ORDER BY since_millis DESC LIMIT -1 OFFSET ?)`,
      most,
    );
  }

  #known(relay: Relay, keys: string[], now: number): string[] {
    const since = now - relay.traitsLimits[0] * DAY_MILLIS;
    return keys.flatMap((key) =>
      this.#sql
        .exec<PersonRow>("SELECT user_data FROM people WHERE key = ? AND since_millis >= ?", key, since)
        .toArray()
        .map((row) => row.user_data),
    );
  }
}
