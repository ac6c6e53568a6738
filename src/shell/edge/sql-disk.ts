// The disk of an outbox in SQLite: one statement for each thing that the plan asks for. It decides nothing.

import type { Disk, HeadColumns, OldColumns, QuarantineColumns, RetryColumns, RowColumns } from "#wasm/edge";

/**
 * An accepted event is part of one row: the block of its call, in the table of its segment. A segment is dropped
 * whole once all its events were sent. Everything else changes with each request to Meta or less often.
 */
const TABLES = `
  -- Which layout this is. Releases before layout 5 delete the quarantine where they find no number here.
  CREATE TABLE IF NOT EXISTS layout (version INTEGER PRIMARY KEY);
  INSERT INTO layout (version) SELECT 5 WHERE NOT EXISTS (SELECT * FROM layout);
  -- One row: the state of the plan.
  CREATE TABLE IF NOT EXISTS state (one INTEGER PRIMARY KEY CHECK (one = 1), bytes BLOB NOT NULL);
  -- Keys of what was accepted within 48 hours, sorted, with the number of their row.
  CREATE TABLE IF NOT EXISTS buckets (number INTEGER PRIMARY KEY, entries BLOB NOT NULL);
  -- Batches that failed and wait by themselves. Trust is 1 for servers and 0 for pages.
  CREATE TABLE IF NOT EXISTS retries (
    id INTEGER PRIMARY KEY,
    trust INTEGER NOT NULL,
    events INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    due_millis INTEGER NOT NULL,
    since_millis INTEGER NOT NULL,
    data BLOB NOT NULL
  );
  -- Events that Meta rejects, with the reason.
  CREATE TABLE IF NOT EXISTS quarantine (
    id INTEGER PRIMARY KEY,
    event TEXT NOT NULL,
    send_before INTEGER NOT NULL,
    main_body TEXT NOT NULL DEFAULT '',
    refusal TEXT NOT NULL,
    since_millis INTEGER NOT NULL
  );
  -- Names of datasets: all of them in the object that knows them, the own one in every other.
  CREATE TABLE IF NOT EXISTS names (name TEXT PRIMARY KEY) WITHOUT ROWID;
  -- Keys are digests of ids, \`user_data\` is hashed customer information.
  CREATE TABLE IF NOT EXISTS people (
    key TEXT PRIMARY KEY,
    user_data TEXT NOT NULL,
    since_millis INTEGER NOT NULL
  ) WITHOUT ROWID;
  -- The visitors of orders: keys are digests, contents are encrypted.
  CREATE TABLE IF NOT EXISTS orders (
    key BLOB PRIMARY KEY,
    trust INTEGER NOT NULL,
    since_millis INTEGER NOT NULL,
    sealed BLOB NOT NULL
  ) WITHOUT ROWID;
`;

/** Returns the table of a segment. The events are its last column, so that others are read without them. */
const segmentTable = (first: number) => `
  CREATE TABLE IF NOT EXISTS segment_${first} (
    seq INTEGER PRIMARY KEY,
    queue INTEGER NOT NULL,
    due_millis INTEGER NOT NULL,
    events INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    keys BLOB NOT NULL,
    data BLOB NOT NULL
  )
`;
const HEAD = "seq, queue, due_millis, events, bytes, keys";

/** The most bytes of rows that one read returns. Only its last row may exceed them. */
const BYTES_PER_READ = 4 * 1024 * 1024;

type Value = ArrayBuffer | string | number | null;

/** The disk of one Durable Object. */
export class SqlDisk implements Disk {
  readonly #sql: SqlStorage;
  /** Rows that SQLite says it wrote. */
  #rowsWritten = 0;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(TABLES);
    for (const table of ["quarantine", "people"]) this.#addColumn(table, "trust INTEGER NOT NULL DEFAULT 0");
    // Layout 1 had no column for the main body.
    if (this.hasOld()) this.#addColumn("outbox", "main_body TEXT NOT NULL DEFAULT ''");
    this.#addColumn("quarantine", "main_body TEXT NOT NULL DEFAULT ''");
  }

  /** The number of rows written since the object woke. */
  get rowsWritten(): number {
    return this.#rowsWritten;
  }

  /** Counts a row that was written elsewhere: an alarm. */
  countRow(): void {
    this.#rowsWritten += 1;
  }

  /** The size of the database file in bytes, its free pages included. */
  get fileBytes(): number {
    return this.#sql.databaseSize;
  }

  state() {
    const [row] = this.#rows("SELECT bytes FROM state");
    return row && bytes(row[0]);
  }
  saveState(state: Uint8Array) {
    this.#write(
      "INSERT INTO state (one, bytes) VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET bytes = excluded.bytes",
      state,
    );
  }

  segments() {
    const names = this.#rows(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'segment\\_%' ESCAPE '\\'",
    );
    return names.map(([name]) => Number(String(name).slice("segment_".length))).sort((a, b) => a - b);
  }
  makeSegment(first: number) {
    this.#write(segmentTable(first));
  }
  dropSegment(first: number) {
    this.#write(`DROP TABLE IF EXISTS segment_${first}`);
  }
  insert(segment: number, ...row: RowColumns) {
    this.#write(`INSERT INTO segment_${segment} (${HEAD}, data) VALUES (?, ?, ?, ?, ?, ?, ?)`, ...row);
  }
  replace(segment: number, seq: number, data: Uint8Array) {
    this.#write(`UPDATE segment_${segment} SET data = ? WHERE seq = ?`, data, seq);
  }
  heads(segment: number, from: number, most: number) {
    return this.#rows(
      `SELECT ${HEAD} FROM segment_${segment} WHERE seq >= ? ORDER BY seq LIMIT ?`,
      from,
      most,
    ).map((row) => withBytes<HeadColumns>(row, 5));
  }
  rowsOf(segment: number, queue: number, from: number, most: number) {
    const rows: RowColumns[] = [];
    let size = 0;
    for (const row of this.#sql
      .exec(
        `SELECT ${HEAD}, data FROM segment_${segment} WHERE seq >= ? AND queue = ? ORDER BY seq LIMIT ?`,
        from,
        queue,
        most,
      )
      .raw<Value[]>()) {
      rows.push(withBytes<RowColumns>(row, 5, 6));
      size += Number(row[4]);
      if (size >= BYTES_PER_READ) break;
    }
    return rows;
  }
  row(segment: number, seq: number) {
    const [row] = this.#rows(`SELECT ${HEAD}, data FROM segment_${segment} WHERE seq = ?`, seq);
    return row && withBytes<RowColumns>(row, 5, 6);
  }

  bucket(number: number) {
    const [row] = this.#rows("SELECT entries FROM buckets WHERE number = ?", number);
    return row && bytes(row[0]);
  }
  putBucket(number: number, entries: Uint8Array) {
    this.#write(
      "INSERT INTO buckets (number, entries) VALUES (?, ?) ON CONFLICT (number) DO UPDATE SET entries = excluded.entries",
      number,
      entries,
    );
  }

  retries(most: number) {
    return this.#rows(
      "SELECT id, trust, events, bytes, tries, due_millis, since_millis FROM retries ORDER BY id LIMIT ?",
      most,
    ) as RetryColumns[];
  }
  retry(id: number) {
    const [row] = this.#rows("SELECT data FROM retries WHERE id = ?", id);
    return row && bytes(row[0]);
  }
  putRetry(data: Uint8Array, ...head: RetryColumns) {
    this.#write(
      `INSERT INTO retries (id, trust, events, bytes, tries, due_millis, since_millis, data)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET events = excluded.events, bytes = excluded.bytes, tries = excluded.tries,
         due_millis = excluded.due_millis, data = excluded.data`,
      ...head,
      data,
    );
  }
  touchRetry(id: number, tries: number, dueMillis: number) {
    this.#write("UPDATE retries SET tries = ?, due_millis = ? WHERE id = ?", tries, dueMillis, id);
  }
  dropRetry(id: number) {
    this.#write("DELETE FROM retries WHERE id = ?", id);
  }

  quarantine(...[id, trust, event, mainBody, sendBefore, refusal, since]: QuarantineColumns) {
    this.#write(
      `INSERT INTO quarantine (id, trust, event, main_body, send_before, refusal, since_millis)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
      id,
      trust,
      event,
      mainBody,
      sendBefore,
      refusal,
      since,
    );
  }
  quarantined(newest: number) {
    return this.#quarantine("ORDER BY id DESC LIMIT ?", newest);
  }
  quarantinedFrom(id: number, most: number) {
    return this.#quarantine("WHERE id >= ? ORDER BY id LIMIT ?", id, most);
  }
  quarantinedBefore(beforeMillis: number, trust: number | undefined, most: number) {
    return this.#rows(
      `SELECT id, trust FROM quarantine WHERE since_millis < ?1 AND (?2 IS NULL OR trust = ?2) ORDER BY id LIMIT ?3`,
      beforeMillis,
      trust ?? null,
      most,
    ) as [number, number][];
  }
  dropQuarantined(first: number, last: number) {
    this.#write("DELETE FROM quarantine WHERE id BETWEEN ? AND ?", first, last);
  }

  person(key: string) {
    const [row] = this.#rows("SELECT user_data, since_millis FROM people WHERE key = ?", key);
    return row as [string, number] | undefined;
  }
  putPerson(key: string, trust: number, userData: string, nowMillis: number) {
    const isNew = this.person(key) === undefined;
    this.#write(
      `INSERT INTO people (key, trust, user_data, since_millis) VALUES (?, ?, ?, ?)
       ON CONFLICT (key) DO UPDATE SET user_data = excluded.user_data, since_millis = excluded.since_millis`,
      key,
      trust,
      userData,
      nowMillis,
    );
    return isNew;
  }
  countPersons(trust: number) {
    return Number(this.#rows("SELECT count(*) FROM people WHERE trust = ?", trust)[0]?.[0] ?? 0);
  }
  dropPersons(trust: number, beforeMillis: number, most: number) {
    return this.#write(
      `DELETE FROM people WHERE key IN
         (SELECT key FROM people WHERE trust = ? AND since_millis < ? ORDER BY since_millis LIMIT ?)`,
      trust,
      beforeMillis,
      most,
    );
  }

  order(key: Uint8Array) {
    const [row] = this.#rows("SELECT sealed, since_millis FROM orders WHERE key = ?", key);
    return row && withBytes<[Uint8Array, number]>(row, 0);
  }
  putOrder(key: Uint8Array, trust: number, sealed: Uint8Array, nowMillis: number) {
    this.#write(
      `INSERT INTO orders (key, trust, since_millis, sealed) VALUES (?, ?, ?, ?)
       ON CONFLICT (key) DO UPDATE SET sealed = excluded.sealed, since_millis = excluded.since_millis`,
      key,
      trust,
      nowMillis,
      sealed,
    );
  }
  dropOrder(key: Uint8Array) {
    return this.#write("DELETE FROM orders WHERE key = ?", key) > 0;
  }
  hasOrders() {
    return this.#rows("SELECT 1 FROM orders LIMIT 1").length > 0;
  }
  countOrders(trust: number) {
    return Number(this.#rows("SELECT count(*) FROM orders WHERE trust = ?", trust)[0]?.[0] ?? 0);
  }
  dropOrders(trust: number, beforeMillis: number, most: number) {
    return this.#write(
      `DELETE FROM orders WHERE key IN
         (SELECT key FROM orders WHERE trust = ? AND since_millis < ? ORDER BY since_millis LIMIT ?)`,
      trust,
      beforeMillis,
      most,
    );
  }

  /** Returns the registered names. */
  names(): string[] {
    return this.#rows("SELECT name FROM names ORDER BY name").map(([name]) => String(name));
  }
  /** Registers a name. */
  addName(name: string): void {
    this.#write("INSERT INTO names (name) VALUES (?) ON CONFLICT (name) DO NOTHING", name);
  }

  hasOld() {
    return this.#rows("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'outbox'").length > 0;
  }
  oldEvents(most: number) {
    return this.#rows(
      "SELECT id, event, main_body, send_before, due_millis FROM outbox ORDER BY id LIMIT ?",
      most,
    ) as OldColumns[];
  }
  dropOldEvent(id: number) {
    this.#write("DELETE FROM outbox WHERE id = ?", id);
  }
  oldSeen(nameAndId: string, sinceMillis: number) {
    return (
      this.#rows("SELECT 1 FROM seen WHERE key = ? AND seen_millis >= ?", nameAndId, sinceMillis).length > 0
    );
  }
  takeOldSeen(sinceMillis: number, most: number): string[] {
    const taken = this.#rows("SELECT key, seen_millis FROM seen ORDER BY key LIMIT ?", most);
    const last = taken.at(-1)?.[0];
    if (last !== undefined) this.#write("DELETE FROM seen WHERE key <= ?", last);
    const kept = taken.filter(([, seen]) => Number(seen) >= sinceMillis);
    // Skips slices whose keys are all too old, because an empty answer means that nothing is left.
    return taken.length > 0 && kept.length === 0
      ? this.takeOldSeen(sinceMillis, most)
      : kept.map(([key]) => String(key));
  }
  oldCounts() {
    const [row] = this.#rows(
      `SELECT accepted, repeated, delivered, quarantined, requests, failed_requests, writes,
         (SELECT count(*) FROM quarantine), (SELECT coalesce(max(id), 0) FROM quarantine),
         (SELECT coalesce(sum(length(CAST(event || main_body || refusal AS BLOB))), 0) FROM quarantine)
       FROM sending`,
    );
    return row?.map(Number);
  }
  dropOld() {
    for (const table of ["outbox", "parcels", "seen", "sending"])
      this.#write(`DROP TABLE IF EXISTS ${table}`);
    this.#write("UPDATE layout SET version = 5");
  }

  #quarantine(which: string, ...values: Value[]) {
    return this.#rows(
      `SELECT id, trust, event, main_body, send_before, refusal, since_millis FROM quarantine ${which}`,
      ...values,
    ) as QuarantineColumns[];
  }

  #rows(statement: string, ...values: (Value | Uint8Array)[]): Value[][] {
    return [...this.#sql.exec(statement, ...values).raw<Value[]>()];
  }

  /** Runs a statement that writes. Returns the number of rows it wrote. */
  #write(statement: string, ...values: (Value | Uint8Array)[]): number {
    const { rowsWritten } = this.#sql.exec(statement, ...values);
    this.#rowsWritten += rowsWritten;
    return rowsWritten;
  }

  #addColumn(table: string, column: string) {
    const [name] = column.split(" ", 1);
    const columns = this.#rows(`SELECT name FROM pragma_table_info('${table}')`);
    if (columns.every(([known]) => known !== name))
      this.#sql.exec(`ALTER TABLE ${table} ADD COLUMN ${column}`);
  }
}

function bytes(value: Value | undefined): Uint8Array {
  return value instanceof ArrayBuffer ? new Uint8Array(value) : new Uint8Array();
}

/** Converts a row. The columns at these places are bytes. */
function withBytes<Columns>(row: Value[], ...places: number[]): Columns {
  return row.map((value, at) => (places.includes(at) ? bytes(value) : value)) as Columns;
}
