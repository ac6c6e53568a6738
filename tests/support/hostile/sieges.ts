// Attacks of one kind each, against a worker of its own. Each counts events at Meta, bytes or answers.

import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { DATASET, type Edge, KEY, ORIGIN, type Own, pageEvent, serverEvent, startEdge } from "../edge.ts";
import { eventually } from "../eventually.ts";
import { graphError, type Received, receipt, startMeta } from "../meta.ts";
import { scratch } from "../sandbox.ts";
import { ON_SMALL_DISK, onSmallDisk } from "./small-disk.ts";

const WRITE_KEY = "siege-write-key-0123456789abcdef01234";
const SETTLED_WITHIN_MILLIS = 120_000;

/** The worker under attack, its Meta, and the events that Meta took. */
interface Scene {
  edge: Edge;
  meta: Awaited<ReturnType<typeof startMeta>>;
  /** The ids that Meta took. */
  taken: Set<string>;
}

/** An attack. Returns its faults. */
type Attack = (scene: Scene) => Promise<string[]>;
interface Siege {
  name: string;
  settings?: object;
  /** The time that Meta needs for each event, in milliseconds. */
  metaMillisAnEvent?: number;
  attack: Attack;
}

const ids = ({ body }: Received) => body.data.map(({ event_id }) => event_id);
const isPoison = (id: string) => id.startsWith("poison");
const bearer = { authorization: `Bearer ${KEY}`, "content-type": "application/json" };

async function post(edge: Edge, path: string, body: string, headers: Record<string, string>) {
  const answer = await fetch(`${edge.url}${path}`, { method: "POST", headers, body });
  const text = await answer.text();
  return { status: answer.status, text, retryAfter: answer.headers.get("retry-after") };
}
const ofPage = (edge: Edge, data: object[], headers: Record<string, string> = {}) =>
  post(edge, "/bridge/events", JSON.stringify({ data }), {
    origin: ORIGIN,
    "user-agent": "Siege/1.0",
    ...headers,
  });
const ofServer = (edge: Edge, data: object[]) =>
  post(edge, "/bridge/events", JSON.stringify({ data }), bearer);

async function isTaken({ taken }: Scene, wanted: string[]): Promise<boolean> {
  const all = () => Promise.resolve(wanted.every((id) => taken.has(id)) ? true : undefined);
  return eventually("events at Meta", all, SETTLED_WITHIN_MILLIS).catch(() => false);
}

/** JSON values on which a parser of whole bodies may fail. */
const ODD = [
  '"\\ud83d"',
  '"\\udc00 and \\ud800"',
  '"\\ud83d\\ud83d\\ude00"',
  "1e999",
  "-1e999",
  "1e-999",
  "9".repeat(400),
  `0.${"1".repeat(400)}`,
  `-${"0.5e-400"}`,
];

const oddValues: Attack = async (scene) => {
  const { edge } = scene;
  const faults: string[] = [];
  const wanted: string[] = [];
  for (const odd of ODD) {
    for (const field of ["content_name", "num_items", "note"]) {
      for (const [path, headers, event] of [
        ["/bridge/events", { origin: ORIGIN, "user-agent": "Siege/1.0" }, pageEvent],
        ["/bridge/events", bearer, serverEvent],
        [`/v26.0/${DATASET}/events`, bearer, serverEvent],
      ] as const) {
        const neighbours = [event(), event()];
        const odds = event();
        Object.assign(odds.custom_data, { [field]: "ODD" });
        const body = JSON.stringify({ data: [neighbours[0], odds, neighbours[1]] }).replace('"ODD"', odd);
        const { status, text } = await post(edge, path, body, headers);
        if (status >= 300)
          faults.push(`${status} at ${path} for ${field}: ${odd.slice(0, 40)}: ${text.slice(0, 200)}`);
        else wanted.push(...neighbours.map(({ event_id }) => event_id));
      }
    }
    const call = (messageId: string, name: string) => ({
      type: "track",
      event: "Order Completed",
      messageId,
      anonymousId: "a",
      context: { userAgent: "Mozilla/5.0", page: { url: "https://shop.example/" } },
      properties: { revenue: 5, currency: "EUR", name },
    });
    const batch = [`odd-a-${odd.length}`, `odd-b-${odd.length}`].map((id, at) =>
      call(id, at > 0 ? "fine" : "ODD"),
    );
    const body = JSON.stringify({ batch, writeKey: WRITE_KEY }).replace('"ODD"', odd);
    const { status, text } = await post(edge, "/v1/batch", body, { "content-type": "application/json" });
    if (status >= 300) faults.push(`${status} at /v1/batch for ${odd.slice(0, 40)}: ${text.slice(0, 200)}`);
    else wanted.push(`odd-b-${odd.length}`);
  }
  if (!(await isTaken(scene, wanted))) faults.push("neighbours of odd values did not reach Meta");
  return faults;
};

const flood: Attack = async (scene) => {
  const { edge } = scene;
  const faults: string[] = [];
  const from = { "cf-connecting-ip": "9.9.9.9" };
  const counts = new Map<number, number>();
  let withoutRetryAfter = 0;
  const client = async () => {
    for (let request = 0; request < 250; request++) {
      const { status, retryAfter } = await ofPage(edge, [pageEvent()], from);
      counts.set(status, (counts.get(status) ?? 0) + 1);
      if (status !== 202 && retryAfter === null) withoutRetryAfter += 1;
    }
  };
  await Promise.all(Array.from({ length: 8 }, client));
  const refused = [...counts].filter(([status]) => status === 429 || status === 503);
  if (refused.length === 0)
    faults.push(`2,000 requests at once of one address: ${JSON.stringify([...counts])}`);
  if (withoutRetryAfter > 0) faults.push(`${withoutRetryAfter} refusals without Retry-After`);
  const other = pageEvent();
  const others = await ofPage(edge, [other], { "cf-connecting-ip": "8.8.4.4" });
  if (others.status !== 202) faults.push(`another address got ${others.status}`);
  if (!(await isTaken(scene, [other.event_id]))) faults.push("another address' event did not reach Meta");
  return faults;
};

/** Returns the size of a folder's files, in bytes. */
function bytesIn(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile())
    .reduce((sum, file) => sum + statSync(join(file.parentPath, file.name)).size, 0);
}

const referers: Attack = async ({ edge }) => {
  const referer = `https://shop.example/?${"x".repeat(14_000)}`;
  const before = bytesIn(edge.state);
  let received = 0;
  for (let request = 0; request < 30; request++) {
    const data = Array.from({ length: 1000 }, () => ({ event_name: "Lead" }));
    const { status } = await ofPage(edge, data, { referer });
    if (status >= 500) return [`${status} to request ${request}`];
    received += JSON.stringify({ data }).length + referer.length + 200;
  }
  const stored = bytesIn(edge.state) - before;
  const most = 4 * received + 30 * 64 * 1024;
  return stored <= most ? [] : [`${stored} bytes on disk of ${received} received; at most ${most}`];
};

const poison: Attack = async (scene) => {
  const { edge, meta } = scene;
  const faults: string[] = [];
  for (let request = 0; request < 10; request++) {
    const data = Array.from({ length: 300 }, (_, at) => pageEvent({ event_id: `poison-${request}-${at}` }));
    const { status } = await ofPage(edge, data);
    if (status >= 500) faults.push(`${status} to a page`);
  }
  const good = Array.from({ length: 50 }, () => serverEvent());
  const [began, before] = [Date.now(), meta.received.length];
  await ofServer(edge, good);
  const wanted = good.map(({ event_id }) => event_id);
  if (!(await isTaken(scene, wanted))) faults.push("a server's events did not reach Meta");
  const requests = meta.received.length - before;
  console.log(
    `           a server's events behind 3,000 that Meta rejects: ${Date.now() - began} ms, ${requests} requests to Meta`,
  );
  // Counted in requests, since a busy machine is slow.
  if (requests > 200) faults.push(`a server's events waited for ${requests} requests`);
  return faults;
};

const slowMeta: Attack = async (scene) => {
  const { edge, meta } = scene;
  const events = Array.from({ length: 5000 }, () => serverEvent());
  for (let at = 0; at < events.length; at += 1000) await ofServer(edge, events.slice(at, at + 1000));
  const began = Date.now();
  const isDone = await eventually(
    "all delivered",
    async () => ((await edge.status()).datasets[0]?.totals["delivered"] === 5000 ? true : undefined),
    SETTLED_WITHIN_MILLIS,
  ).catch(() => false);
  const sent = meta.received.reduce((sum, { body }) => sum + body.data.length, 0);
  console.log(
    `           5,000 events, 2 ms each: ${Date.now() - began} ms, ${sent} sent in ${meta.received.length} requests`,
  );
  const faults = isDone ? [] : ["not all were delivered"];
  if (sent > 2 * 5000) faults.push(`${sent} events were sent for 5,000`);
  return faults;
};

const SIEGES: Siege[] = [
  { name: "lone surrogates and absurd numbers beside other events", attack: oddValues },
  { name: "a flood from one address", settings: { rateLimit: { perSecond: 1, burst: 200 } }, attack: flood },
  { name: "14 kB of Referer with a thousand events", settings: { holdSeconds: 3600 }, attack: referers },
  { name: "events that Meta rejects one by one", attack: poison },
  {
    name: "a Meta that needs 2 ms an event",
    metaMillisAnEvent: 2,
    settings: { timeoutMillis: 1500 },
    attack: slowMeta,
  },
];

/** Runs all sieges. Returns their faults by name. */
export async function sieges(): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  for (const siege of SIEGES) found.set(siege.name, await run(siege));
  for (const [name, attack] of Object.entries(ON_SMALL_DISK)) found.set(name, await onSmallDisk(attack));
  return found;
}

async function run({ settings = {}, metaMillisAnEvent = 0, attack }: Siege) {
  const taken = new Set<string>();
  const meta = await startMeta((request, response) => {
    if (ids(request).some(isPoison)) {
      graphError(response, 400, { code: 100, error_subcode: 2804010 });
      return true;
    }
    setTimeout(() => {
      ids(request).forEach((id) => taken.add(id));
      receipt(request, response);
    }, metaMillisAnEvent * request.body.data.length);
    return true;
  });
  const own: Own = { state: scratch("siege"), secrets: { SEGMENT_WRITE_KEY: WRITE_KEY } };
  const always = {
    rateLimit: { perSecond: 100_000, burst: 100_000 },
    timeoutMillis: 10_000,
    retryAtMostSeconds: 1,
    ...settings,
  };
  const scene: Scene = {
    edge: await startEdge(meta.url, always, own),
    meta,
    taken,
  };
  try {
    return await attack(scene);
  } catch (error) {
    return [String(error)];
  } finally {
    await scene.edge.stop("SIGKILL");
    await meta.stop();
  }
}
