// What the outbox of one dataset keeps in SQLite.

import type { Outcome } from "#wasm/edge";

/**
 * A row written is what a Durable Object costs most: an accepted event is one row in `outbox` and one
 * in `seen`, without an index beside them. Rows of the outbox are sent in the order of their ids.
 * `cursor` parts them: above it are those that wait in line; below it are only those of a parcel.
 */
const SCHEMA = `
  -- Which layout this is, for versions to come.
  CREATE TABLE IF NOT EXISTS layout (version INTEGER PRIMARY KEY);
  INSERT INTO layout (version) SELECT 4 WHERE NOT EXISTS (SELECT * FROM layout);
  CREATE TABLE IF NOT EXISTS outbox (
    id INTEGER PRIMARY KEY,
    event TEXT NOT NULL,
    send_before INTEGER NOT NULL,
    due_millis INTEGER NOT NULL,
    -- What stands beside the event in the request to Meta: only events with the same travel together.
    main_body TEXT NOT NULL DEFAULT ''
  );
  -- Events that failed and wait by themselves: those from first to last.
  CREATE TABLE IF NOT EXISTS parcels (
    first INTEGER PRIMARY KEY,
    last INTEGER NOT NULL,
    due_millis INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    since_millis INTEGER NOT NULL,
    tried_millis INTEGER NOT NULL
  );
  -- Event name and event id of what was accepted within 48 hours, and where it waits or waited.
  CREATE TABLE IF NOT EXISTS seen (
    key TEXT PRIMARY KEY,
    seen_millis INTEGER NOT NULL,
    outbox_id INTEGER,
    -- The trust of the copy that counts: 'server' or 'page'. NULL, of an older layout, counts as a page's.
    trust TEXT
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS quarantine (
    id INTEGER PRIMARY KEY,
    event TEXT NOT NULL,
    send_before INTEGER NOT NULL,
    main_body TEXT NOT NULL DEFAULT '',
    refusal TEXT NOT NULL,
    since_millis INTEGER NOT NULL
  );
  -- One row: how sending goes, and what was counted since the beginning.
  CREATE TABLE IF NOT EXISTS sending (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    dataset_id TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'fine',
    failures INTEGER NOT NULL DEFAULT 0,
    paused_until_millis INTEGER NOT NULL DEFAULT 0,
    last_refusal TEXT,
    last_refusal_millis INTEGER NOT NULL DEFAULT 0,
    last_success_millis INTEGER NOT NULL DEFAULT 0,
    cursor INTEGER NOT NULL DEFAULT 0,
    swept_millis INTEGER NOT NULL DEFAULT 0,
    accepted INTEGER NOT NULL DEFAULT 0,
    repeated INTEGER NOT NULL DEFAULT 0,
    delivered INTEGER NOT NULL DEFAULT 0,
    quarantined INTEGER NOT NULL DEFAULT 0,
    requests INTEGER NOT NULL DEFAULT 0,
    failed_requests INTEGER NOT NULL DEFAULT 0,
    writes INTEGER NOT NULL DEFAULT 0
  );
`;

/** Makes layout 2 of layout 1, which kept nothing beside the events. */
const TO_LAYOUT_2 = `
  ALTER TABLE outbox ADD COLUMN main_body TEXT NOT NULL DEFAULT '';
  ALTER TABLE quarantine ADD COLUMN main_body TEXT NOT NULL DEFAULT '';
  UPDATE layout SET version = 2;
`;

/** Makes layout 3 of layout 2, which did not know where the first copy of an event waits. */
const TO_LAYOUT_3 = `
  ALTER TABLE seen ADD COLUMN outbox_id INTEGER;
  UPDATE layout SET version = 3;
`;

/** Makes layout 4 of layout 3, which did not know who sent an event. */
const TO_LAYOUT_4 = `
  ALTER TABLE seen ADD COLUMN trust TEXT;
  UPDATE layout SET version = 4;
`;

/** The tables of drafts, before the first release; they have other columns. */
const DRAFTS = ["outbox", "seen", "quarantine", "sending", "parcels"];

/** Makes the tables, or brings those of an older version of the worker up to date. */
export function makeTables(storage: DurableObjectStorage): void {
  const { sql } = storage;
  const { known } = sql
    .exec<{ known: number }>("SELECT count(*) AS known FROM sqlite_master WHERE name = 'layout'")
    .one();
  if (known === 0) for (const table of DRAFTS) sql.exec(`DROP TABLE IF EXISTS ${table}`);
  sql.exec(SCHEMA);
  const { version } = sql.exec<{ version: number }>("SELECT version FROM layout").one();
  storage.transactionSync(() => {
    if (version < 2) sql.exec(TO_LAYOUT_2);
    if (version < 3) sql.exec(TO_LAYOUT_3);
    if (version < 4) sql.exec(TO_LAYOUT_4);
  });
}

export type Row = { id: number; event: string; send_before: number; due_millis: number; main_body: string };
export type Parcel = { first: number; last: number; tries: number; since_millis: number };
export type Sending = {
  dataset_id: string;
  state: Outcome["sending"];
  failures: number;
  paused_until_millis: number;
  last_refusal: string | null;
  last_refusal_millis: number;
  last_success_millis: number;
  cursor: number;
  swept_millis: number;
  accepted: number;
  repeated: number;
  delivered: number;
  quarantined: number;
  requests: number;
  failed_requests: number;
  writes: number;
};
export type QuarantineRow = { id: number; event: string; refusal: string; since_millis: number };
