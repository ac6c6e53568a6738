// Posts a page's events, one a request, over connections that stay open.

import { existsSync, readFileSync } from "node:fs";
import { Agent, request } from "node:http";

export const DATASET = "1234567890";
export const ORIGIN = "https://shop.example";

let made = 0;

/** Returns one event of a page as a request body, and its id. */
function purchase(): { id: string; text: string } {
  const id = `bench-${process.pid}-${(made += 1)}`;
  const text = JSON.stringify({
    data: [
      {
        event_name: "Purchase",
        event_time: Math.floor(Date.now() / 1000),
        event_id: id,
        event_source_url: "https://shop.example/thanks?order=1001",
        action_source: "website",
        user_data: { fbp: "fb.1.1596403881668.1116446470", em: "jane@example.com", ph: "+49 151 12345678" },
        custom_data: { value: 59.9, currency: "EUR", contents: [{ id: "SKU-1", quantity: 1 }] },
      },
    ],
  });
  return { id, text };
}

export interface Load {
  /** Requests that were answered with 200 or 202. */
  answered: number;
  seconds: number;
  /** The time of each of these requests, in milliseconds. */
  millis: number[];
  /** The ids of their events. */
  accepted: string[];
  /** Requests that were answered otherwise, or not at all. */
  failed: number;
}

export interface Pace {
  seconds: number;
  connections: number;
  /** Requests a second of all connections together. Default: as many as the server answers. */
  perSecond?: number;
  /** Goes on after a failure. Default: a failure ends the run. */
  failuresAllowed?: boolean;
}

/**
 * Posts one event a request to `url` for some seconds.
 *
 * @throws {Error} when an answer is neither 200 nor 202, unless failures are allowed
 */
export async function load(url: string, pace: Pace): Promise<Load> {
  const { seconds, connections, perSecond, failuresAllowed = false } = pace;
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const { hostname, port, pathname } = new URL(url);
  const end = Date.now() + seconds * 1000;
  const millis: number[] = [];
  const accepted: string[] = [];
  let failed = 0;
  const post = () =>
    new Promise<void>((done, fail) => {
      const { id, text } = purchase();
      const began = performance.now();
      const failure = (error: Error) => {
        failed += 1;
        if (failuresAllowed) done();
        else fail(error);
      };
      const headers = {
        origin: ORIGIN,
        "user-agent": "Mozilla/5.0 (Bench)",
        cookie: "_fbp=fb.1.1596403881668.1116446470",
        "content-length": Buffer.byteLength(text),
      };
      request({ agent, hostname, port, path: pathname, method: "POST", headers }, (response) => {
        response.resume();
        response.on("end", () => {
          const { statusCode = 0 } = response;
          if (statusCode !== 202 && statusCode !== 200) return failure(new Error(`${url}: ${statusCode}`));
          millis.push(performance.now() - began);
          accepted.push(id);
          done();
        });
      })
        .on("error", failure)
        .end(text);
    });
  const connection = async () => {
    while (Date.now() < end) {
      const before = failed;
      const began = Date.now();
      await post();
      const due = perSecond === undefined ? 0 : (connections * 1000) / perSecond;
      // A server that is away refuses at once.
      const pause = failed > before ? Math.max(due, 50) : due;
      if (pause > 0) await new Promise((done) => setTimeout(done, pause - (Date.now() - began)));
    }
  };
  const from = process.hrtime.bigint();
  await Promise.all(Array.from({ length: connections }, connection));
  agent.destroy();
  const took = Number(process.hrtime.bigint() - from) / 1e9;
  return { answered: accepted.length, seconds: took, millis, accepted, failed };
}

/** Returns the value below which this share of the numbers lies. */
export function quantile(numbers: ArrayLike<number>, share: number): number {
  const sorted = Float64Array.from(numbers).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/**
 * Returns the processor time of a process and of those that it started, so far, in microseconds. NaN without
 * Linux.
 */
export function treeMicros(pid: number | undefined): number {
  const children = `/proc/${pid}/task/${pid}/children`;
  const below = existsSync(children) ? readFileSync(children, "utf8").trim().split(" ").filter(Boolean) : [];
  return below.reduce((sum, child) => sum + treeMicros(Number(child)), processorMicros(pid));
}

/** Returns the processor time of a process so far, in microseconds. NaN without Linux. */
export function processorMicros(pid: number | undefined): number {
  const stat = `/proc/${pid}/stat`;
  if (!existsSync(stat)) return Number.NaN;
  const fields = readFileSync(stat, "utf8").split(") ")[1]?.split(" ") ?? [];
  // Clock ticks of 10 ms: those of the process, those of the kernel for it.
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

/** Returns the memory that a process holds, in megabytes. NaN without Linux. */
export function residentMegabytes(pid: number | undefined): number {
  const status = `/proc/${pid}/status`;
  if (!existsSync(status)) return Number.NaN;
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(status, "utf8"))?.[1]) / 1024;
}
