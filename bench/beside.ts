// Compares the worker with the servers that a shop may choose instead: speed, processor time, and the events
// that are lost when a process is killed or Meta is away. Each request has one event. Meta answers after 50
// ms. The servers take turns.

import { type Load, load, type Pace, quantile, treeMicros } from "./load.ts";
import {
  bridge,
  type Dataset,
  eventually,
  pause,
  scratch,
  type Server,
  SERVERS,
  startMeta,
} from "./servers.ts";

const META_MILLIS = 50;
/** The longest time after the load until Meta has all accepted events, in milliseconds. */
const SETTLED_WITHIN_MILLIS = 60_000;
/**
 * The load before a round, so that engines have compiled what they run. A server of a shop runs for weeks.
 */
const WARM_UP: Pace = { seconds: 4, connections: 64 };
/** The load of an ordinary shop, in events a second: a million a month. */
const QUIET_PER_SECOND = 0.4;

/** The result of one round of a server. */
interface Round {
  load: Load;
  /** Microseconds of processor time of all its processes for each event that reached Meta. */
  micros: number;
  /** Requests to Meta for a thousand events. */
  requests: number;
  /** The counts of its outbox in this round. */
  counted: Dataset["totals"] | undefined;
}

type Meta = Awaited<ReturnType<typeof startMeta>>;

/** Loads a fresh server, and waits until Meta has all that it accepted. */
async function round(server: Server, meta: Meta, pace: Pace): Promise<Round> {
  const running = await server.start(meta.url, scratch(), 0);
  try {
    await load(running.url, WARM_UP);
    await settled(meta, await meta.report());
    await meta.forget();
    const [before, counted] = [treeMicros(running.pid), await running.dataset()];
    const loaded = await load(running.url, pace);
    const isSettled = await eventually(
      async () => (await meta.report()).events >= loaded.accepted.length,
      SETTLED_WITHIN_MILLIS,
    );
    if (!isSettled) throw new Error(`${server.name}: not all that was accepted is at Meta`);
    const { requests, events } = await meta.report();
    const micros = treeMicros(running.pid) - before;
    const after = await running.dataset();
    return {
      load: loaded,
      micros: micros / events,
      requests: (requests / events) * 1000,
      counted: counted && after && difference(after.totals, counted.totals),
    };
  } finally {
    await running.stop("SIGTERM");
  }
}

/** Waits until nothing more arrives for a second and a half: longer than events are held. */
async function settled(meta: Meta, last: { events: number }): Promise<void> {
  await pause(1_500);
  const now = await meta.report();
  if (now.events > last.events || now.events === 0) await settled(meta, now);
}

function difference(after: Dataset["totals"], before: Dataset["totals"]): Dataset["totals"] {
  const pairs = Object.entries(after).map(([name, number]) => [
    name,
    number - (before[name as keyof Dataset["totals"]] ?? 0),
  ]);
  return Object.fromEntries(pairs) as Dataset["totals"];
}

/** The losses of a server: events that it answered with 2xx and that never reached Meta. */
interface Loss {
  accepted: number;
  lost: number;
  /** Requests that it did not accept; a page's event is lost unless the page sends it again. */
  failed: number;
  twice: number;
}

/** Loads a server while `trouble` goes on. Counts the outcomes of the events that it accepted. */
async function loss(
  server: Server,
  meta: Meta,
  trouble: (restart: () => Promise<void>) => Promise<void>,
): Promise<Loss> {
  await meta.forget();
  const folder = scratch();
  let running = await server.start(meta.url, folder, 0);
  const port = Number(new URL(running.url).port);
  try {
    const pace = { seconds: 6, connections: 16, perSecond: 600, failuresAllowed: true };
    const restart = async () => {
      await running.stop("SIGKILL");
      running = await server.start(meta.url, folder, port);
    };
    const [loaded] = await Promise.all([load(running.url, pace), trouble(restart)]);
    await eventually(async () => (await meta.missing(loaded.accepted)) === 0, 15_000);
    const { events, copies } = await meta.report();
    return {
      accepted: loaded.accepted.length,
      lost: await meta.missing(loaded.accepted),
      failed: loaded.failed,
      twice: copies - events,
    };
  } finally {
    await running.stop("SIGKILL");
  }
}

const median = (numbers: number[]) => quantile(numbers, 0.5);
const cells = (...texts: (string | number)[]) =>
  texts
    .map((text, at) => (at === 0 ? String(text).padEnd(36) : String(text).padStart(at > 0 ? 16 : 0)))
    .join("");

/** Rows written and calls of the outbox for an event, by its own counters. */
export interface Rows {
  rows: number;
  calls: number;
  /** True if SQLite counted the rows. Otherwise they are computed from the tables of the first release. */
  isCounted: boolean;
}

/**
 * Returns the rows of an event. The first release did not count them: two in and two out, and two for each
 * call.
 */
function rows({ accepted, writes, rows_written }: Dataset["totals"]): Rows {
  const calls = writes / accepted;
  return rows_written === undefined
    ? { rows: 4 + 2 * calls, calls, isCounted: false }
    : { rows: rows_written / accepted, calls, isCounted: true };
}

/** The rows that the outbox writes and its requests, as the comparison found them. */
export interface Compared {
  underLoad: Rows;
  quiet: Rows;
  /** Requests to Meta for an event. */
  requestsUnderLoad: number;
  requestsQuiet: number;
}

/** Runs the comparison and prints it. */
export async function beside(rounds: number, seconds: number, connections: number): Promise<Compared> {
  const meta = await startMeta(META_MILLIS);
  const quiet = quietSite();
  const found = new Map<string, { full: Round[]; paced: Round[] }>();
  const compared = SERVERS.filter(({ name }) => !name.includes("not awaited"));
  for (const { name } of compared) found.set(name, { full: [], paced: [] });
  for (let number = 1; number <= rounds; number++) {
    console.error(`beside others, round ${number} of ${rounds}`);
    for (const server of compared) {
      const of = found.get(server.name);
      of?.full.push(await round(server, meta, { seconds, connections }));
      of?.paced.push(await round(server, meta, { seconds, connections: 10, perSecond: 100 }));
    }
  }
  const ours = found.get("capi-bridge");
  console.log(
    `\nbeside other servers: one event a request, Meta answers after ${META_MILLIS} ms, medians of ${rounds} rounds`,
  );
  const micros = (of: Round[]) => median(of.map((one) => one.micros));
  const requests = (of: Round[]) => median(of.map((one) => one.requests));
  const tell = (title: string, pick: (of: { full: Round[]; paced: Round[] }) => Round[]) => {
    console.log(
      `\n${cells(title, "requests/s", "p50, ms", "p99, ms", "CPU, ms/1,000", "times ours", "to Meta/1,000")}`,
    );
    for (const [name, all] of found) {
      const of = pick(all);
      const millis = of.flatMap((one) => one.load.millis);
      const perSecond = median(of.map((one) => one.load.answered / one.load.seconds));
      console.log(
        cells(
          name,
          perSecond.toFixed(0),
          median(millis).toFixed(1),
          quantile(millis, 0.99).toFixed(1),
          micros(of).toFixed(0),
          (micros(of) / (ours ? micros(pick(ours)) : Number.NaN)).toFixed(2),
          requests(of).toFixed(1),
        ),
      );
    }
  };
  tell(`${connections} connections, as fast as it goes`, ({ full }) => full);
  tell("100 events a second", ({ paced }) => paced);
  console.log("  CPU: processor time of all processes of the server for each event that reached Meta");

  console.error("losses");
  console.log(`\n${cells("killed twice (SIGKILL) under load", "accepted", "lost", "sent twice", "refused")}`);
  const tellLoss = (name: string, { accepted, lost, twice, failed }: Loss) =>
    console.log(cells(name, accepted, lost, twice, failed));
  for (const server of SERVERS) {
    tellLoss(
      server.name,
      await loss(server, meta, async (restart) => {
        for (const wait of [2_000, 1_500]) {
          await pause(wait);
          await restart();
        }
      }),
    );
  }
  console.log(`\n${cells("Meta away for 3 s under load", "accepted", "lost", "sent twice", "refused")}`);
  for (const server of SERVERS) {
    tellLoss(
      server.name,
      await loss(server, meta, async () => {
        await pause(1_500);
        await meta.away(3_000);
      }),
    );
  }
  console.log(
    "  lost: answered with 2xx and never at Meta; refused: no 2xx, so the page has to send it again",
  );
  await meta.stop();

  const { rows: quietRows, requests: requestsQuiet } = await quiet();
  const totals = ours?.full.flatMap(({ counted }) => counted ?? []) ?? [];
  const sum = (pick: (one: Dataset["totals"]) => number) => totals.reduce((all, one) => all + pick(one), 0);
  const all: Dataset["totals"] = {
    accepted: sum((one) => one.accepted),
    delivered: sum((one) => one.delivered),
    writes: sum((one) => one.writes),
    requests: sum((one) => one.requests),
  };
  if (totals.every((one) => one.rows_written !== undefined)) {
    all.rows_written = sum((one) => one.rows_written ?? 0);
  }
  return {
    underLoad: rows(all),
    quiet: quietRows,
    requestsUnderLoad: all.requests / all.accepted,
    requestsQuiet,
  };
}

/** Runs a quiet site beside all else: its events are far apart. The returned function ends it. */
function quietSite(): () => Promise<{ rows: Rows; requests: number }> {
  let isOver = false;
  const all = (async () => {
    const meta = await startMeta(META_MILLIS);
    // As on Cloudflare, where rows and alarms cost.
    const running = await bridge({ holdSeconds: 2, alarmGridSeconds: 15 }).start(meta.url, scratch(), 0);
    while (!isOver) {
      await load(running.url, { seconds: 0.001, connections: 1 });
      await pause(1000 / QUIET_PER_SECOND);
    }
    await eventually(async () => (await running.dataset())?.depth === 0, 30_000);
    const dataset = await running.dataset();
    await running.stop("SIGTERM");
    await meta.stop();
    if (dataset === undefined) throw new Error("expected a status of the quiet site");
    return { rows: rows(dataset.totals), requests: dataset.totals.requests / dataset.totals.accepted };
  })();
  all.catch(() => undefined);
  return () => {
    isOver = true;
    return all;
  };
}
