// A stand-in for Meta that fails in every way a network can, and remembers the events that it took.

import { type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** The faults of the answers, in percent. All other requests get a receipt. */
const FAULTS = {
  "error 500": 10,
  "limit 429": 3,
  "no answer": 3,
  "reset before reading": 4,
  "reset after taking": 3,
  garbage: 4,
  "slow body": 4,
} as const;
export type Fault = keyof typeof FAULTS;

/** The ids of events that it never takes: one in a thousand. */
export const POISON = /^poison-/;
/** Half of these ids make it answer 500 without a reason. It rejects the others with a reason. */
const SILENT = /^poison-silent-/;
/** The worker's timeout for Meta. It is long, so that a busy machine does not look like a slow Meta. */
export const TIMEOUT_MILLIS = 3_000;
const SLOW_MILLIS = 4_500;

export async function startFaultyMeta(random: () => number) {
  /** The number of times that each event was taken, by id. */
  const taken = new Map<string, number>();
  /** The ids of events whose receipt the worker did not get, or may not have got. */
  const answerLost = new Set<string>();
  const answered: { at: number; ids: string[] }[] = [];
  const counts: Record<string, number> = { requests: 0 };
  let calm = false;

  const count = (what: string) => (counts[what] = (counts[what] ?? 0) + 1);
  const take = (ids: string[]) => ids.forEach((id) => taken.set(id, (taken.get(id) ?? 0) + 1));

  const server = createServer((request, response) => {
    const since = Date.now();
    count("requests");
    const fault = calm ? undefined : pick(random);
    if (fault === "reset before reading") {
      count(fault);
      request.socket.resetAndDestroy();
      return;
    }
    const chunks: Buffer[] = [];
    request.on("error", () => undefined);
    response.on("error", () => undefined);
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { data } = JSON.parse(Buffer.concat(chunks).toString()) as { data: { event_id: string }[] };
      const ids = data.map(({ event_id }) => event_id);
      answer(fault, ids, response);
      // The worker may have timed out or been killed before it had the whole answer.
      const late = () => Date.now() - since > TIMEOUT_MILLIS / 2;
      response.once("close", () => {
        if (!response.writableFinished || late()) ids.forEach((id) => answerLost.add(id));
      });
    });
  });

  function answer(fault: Fault | undefined, ids: string[], response: ServerResponse) {
    if (fault !== undefined) count(fault);
    const json = (status: number, body: object) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(body));
    };
    const error = (status: number, code: number, error_subcode = 0) =>
      json(status, { error: { message: "m", type: "OAuthException", code, error_subcode, fbtrace_id: "T" } });
    switch (fault) {
      case "error 500":
        return error(500, 2);
      case "limit 429":
        return error(429, 4);
      case "no answer":
        setTimeout(() => response.destroy(), SLOW_MILLIS);
        return;
      case "garbage":
        response.writeHead(200, { "content-type": "text/html" });
        response.end("<h1>Welcome to the hotel</h1>");
        return;
    }
    const poison = ids.find((id) => POISON.test(id));
    if (poison !== undefined) {
      count("poisoned");
      return SILENT.test(poison) ? error(500, 1) : error(400, 100, 2804001);
    }
    take(ids);
    if (fault === "reset after taking") {
      ids.forEach((id) => answerLost.add(id));
      response.socket?.resetAndDestroy();
      return;
    }
    const receipt = { events_received: ids.length, messages: [], fbtrace_id: "T" };
    if (fault === "slow body") {
      // Takes longer than the worker's timeout, so the worker never sees the end.
      ids.forEach((id) => answerLost.add(id));
      response.writeHead(200, { "content-type": "application/json" });
      response.write('{"events_received":');
      setTimeout(() => response.end(`${ids.length}}`), SLOW_MILLIS);
      return;
    }
    answered.push({ at: Date.now(), ids });
    json(200, receipt);
  }

  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    taken,
    answerLost,
    counts,
    /** Ends the faults, except those of the poisonous events. */
    calmDown: () => void (calm = true),
    /**
     * Notes that the worker was killed between these times: it may not have stored the receipts of about then. On a
     * busy machine, the end of a process takes seconds.
     */
    killed(from: number, until: number) {
      for (const { at, ids } of answered) {
        if (at > from - 1_000 && at < until + 1_000) ids.forEach((id) => answerLost.add(id));
      }
      answered.length = 0;
    },
    stop: () =>
      new Promise<void>((done) => {
        server.closeAllConnections();
        server.close(() => done());
      }),
  };
}

function pick(random: () => number): Fault | undefined {
  let left = random() * 100;
  for (const [fault, parts] of Object.entries(FAULTS)) {
    left -= parts;
    if (left < 0) return fault as Fault;
  }
  return undefined;
}
