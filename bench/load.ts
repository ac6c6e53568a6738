// A page's events, posted one a request over connections that stay open.

import { existsSync, readFileSync } from "node:fs";
import { Agent, request } from "node:http";

export const DATASET = "1234567890";
export const ORIGIN = "https://shop.example";

let made = 0;

function body(): string {
  return JSON.stringify({
    data: [
      {
        event_name: "Purchase",
        event_time: Math.floor(Date.now() / 1000),
        event_id: `bench-${process.pid}-${(made += 1)}`,
        event_source_url: "https://shop.example/thanks?order=1001",
        action_source: "website",
        user_data: { fbp: "fb.1.1596403881668.1116446470", em: "jane@example.com", ph: "+49 151 12345678" },
        custom_data: { value: 59.9, currency: "EUR", contents: [{ id: "SKU-1", quantity: 1 }] },
      },
    ],
  });
}

export interface Load {
  /** Requests that were answered as they should be. */
  answered: number;
  seconds: number;
}

/**
 * Posts to `url` for some seconds.
 *
 * @throws {Error} when an answer is neither 200 nor 202
 */
export async function load(url: string, seconds: number, connections: number): Promise<Load> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const { hostname, port, pathname } = new URL(url);
  const end = Date.now() + seconds * 1000;
  let answered = 0;
  const post = () =>
    new Promise<void>((done, fail) => {
      const text = body();
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
          if (statusCode !== 202 && statusCode !== 200) fail(new Error(`${url}: ${statusCode}`));
          answered += 1;
          done();
        });
      })
        .on("error", fail)
        .end(text);
    });
  const connection = async () => {
    while (Date.now() < end) await post();
  };
  const from = process.hrtime.bigint();
  await Promise.all(Array.from({ length: connections }, connection));
  agent.destroy();
  return { answered, seconds: Number(process.hrtime.bigint() - from) / 1e9 };
}

/** Microseconds of processor time that a process took so far; Linux alone says it. */
export function processorMicros(pid: number | undefined): number {
  const stat = `/proc/${pid}/stat`;
  if (!existsSync(stat)) return Number.NaN;
  const fields = readFileSync(stat, "utf8").split(") ")[1]?.split(" ") ?? [];
  // Clock ticks of 10 ms: those of the process, those of the kernel for it.
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

/** Megabytes of memory that a process holds; Linux alone says it. */
export function residentMegabytes(pid: number | undefined): number {
  const status = `/proc/${pid}/status`;
  if (!existsSync(status)) return Number.NaN;
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(status, "utf8"))?.[1]) / 1024;
}
