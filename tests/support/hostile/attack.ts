// Attacks a worker with hostile requests over several connections, judges each answer and reads the log.

import fc from "fast-check";
import type { Status } from "../edge.ts";
import { startMeta } from "../meta.ts";
import { scratch } from "../sandbox.ts";
import { edge as service } from "../../../src/shell/testing/services.ts";
import { startWorkerd } from "../../../src/shell/serve/workerd.ts";
import { RawConnection } from "./connection.ts";
import { fault } from "./judge.ts";
import {
  anyRequest,
  DATASET,
  type HostileRequest,
  KEY,
  NO_REQUESTS,
  ORIGIN,
  PAGE_KEY,
  PERSONAL,
  SECRETS,
  TOKEN,
  WRITE_KEY,
} from "./requests.ts";

/** The number of requests that are generated together. Each group has its own seed, to repeat it alone. */
const AT_A_TIME = 100;
/** The interval, in requests, at which bytes that are no request are sent. */
const NO_REQUEST_EVERY = 50;
const MOST_FAULTS = 10;
const BODY_WITHIN_MILLIS = 2_000;

/** Starts a worker with a Meta that takes everything. */
export async function startAttacked() {
  const meta = await startMeta();
  const configuration = {
    datasets: [DATASET, "42"],
    allowedOrigins: [ORIGIN],
    graphUrl: meta.url,
    holdSeconds: 0,
    retryAtMostSeconds: 1,
    timeoutMillis: 10_000,
    bodyTimeoutMillis: BODY_WITHIN_MILLIS,
    segment: { pages: [{ writeKey: PAGE_KEY }] },
    mappings: { segment: { unmapped: "custom" } },
  };
  const lines: string[] = [];
  const running = await startWorkerd({
    services: [service(process.cwd(), configuration)],
    ports: { edge: 0 },
    state: scratch("hostile"),
    environment: { META_ACCESS_TOKEN: TOKEN, BRIDGE_KEY: KEY, SEGMENT_WRITE_KEY: WRITE_KEY },
    onLine: (line) => lines.push(line),
  });
  const url = running.urls["edge"] ?? "";
  const status = async () => {
    const answer = await fetch(`${url}/bridge/status`, { headers: { authorization: `Bearer ${KEY}` } });
    return (await answer.json()) as Status;
  };
  return {
    url,
    pid: running.pid,
    /** Waits until the outboxes are empty. Returns the number of lost events and the faults in the log. */
    async settled() {
      const end = Date.now() + 60_000;
      let datasets = (await status()).datasets;
      while (datasets.some(({ depth }) => depth > 0) && Date.now() < end) {
        await new Promise((done) => setTimeout(done, 200));
        datasets = (await status()).datasets;
      }
      const lost = datasets.reduce((sum, { totals, quarantined }) => {
        const total = (name: string) => totals[name] ?? 0;
        return sum + total("accepted") - total("delivered") - quarantined;
      }, 0);
      const faults = lines.filter((line) =>
        /"what":"(trap|request failed|not stored|sending failed|upkeep failed)"/.test(line),
      );
      for (const text of [...PERSONAL, ...SECRETS]) {
        faults.push(...lines.filter((line) => line.includes(text)));
      }
      return { lost, faults: faults.slice(0, MOST_FAULTS) };
    },
    async stop() {
      await running.stop("SIGKILL");
      await meta.stop();
    },
  };
}

type Attacked = Awaited<ReturnType<typeof startAttacked>>;

/** Posts an ordinary request of a page. Returns the status. */
export async function ordinary({ url }: Pick<Attacked, "url">): Promise<number> {
  const body = JSON.stringify({
    data: [
      { event_name: "PageView", event_source_url: "https://shop.example/", user_data: { em: PERSONAL[0] } },
    ],
  });
  return (await fetch(`${url}/bridge/events`, { method: "POST", headers: { origin: ORIGIN }, body })).status;
}

export interface Report {
  asked: number;
  answered: number;
  statuses: Record<number, number>;
  manners: Record<string, number>;
  shapes: Record<string, number>;
  /** The faults, each with the request that shows it. */
  faults: string[];
}

/** Sends hostile requests and judges the answers. Ends early after ten faults. */
export async function judged(
  { url }: Pick<Attacked, "url">,
  { requests, seed, connections }: { requests: number; seed: number; connections: number },
  progress: (report: Report) => void = () => undefined,
): Promise<Report> {
  const report: Report = { asked: 0, answered: 0, statuses: {}, manners: {}, shapes: {}, faults: [] };
  const count = (counts: Record<string, number>, what: string | number) => {
    counts[what] = (counts[what] ?? 0) + 1;
  };
  let batch = 0;
  async function attack(): Promise<void> {
    const connection = new RawConnection(url);
    while (report.asked < requests && report.faults.length < MOST_FAULTS) {
      batch += 1;
      for (const request of fc.sample(anyRequest, { seed: seed * 100_000 + batch, numRuns: AT_A_TIME })) {
        if (report.asked >= requests || report.faults.length >= MOST_FAULTS) break;
        report.asked += 1;
        if (report.asked % NO_REQUEST_EVERY === 0) {
          const bytes = NO_REQUESTS[(report.asked / NO_REQUEST_EVERY) % NO_REQUESTS.length] ?? "";
          const answer = await connection.send(bytes);
          count(report.manners, "no request");
          if (answer !== undefined) count(report.statuses, answer.status);
          // The host answers 501 to HTTP that it does not support.
          if (answer !== undefined && answer.status >= 500 && answer.status !== 501) {
            report.faults.push(
              `${answer.status} to ${JSON.stringify(bytes.slice(0, 200))}: ${answer.body.slice(0, 200)}`,
            );
          }
          continue;
        }
        count(report.manners, request.manner);
        count(report.shapes, request.shape);
        try {
          const answer = await connection.ask(request);
          if (answer === undefined) continue;
          report.answered += 1;
          count(report.statuses, answer.status);
          const wrong = hosts(request, answer.body) ? undefined : fault(request, answer);
          if (wrong !== undefined) report.faults.push(`${wrong}\n    ${shown(request)}`);
        } catch (error) {
          report.faults.push(`${String(error)}\n    ${shown(request)}`);
          connection.close();
        }
      }
      progress(report);
    }
    connection.close();
  }
  await Promise.all(Array.from({ length: connections }, attack));
  return report;
}

/** Returns whether the host itself refused a broken request, with a text of its own. */
function hosts({ manner }: HostileRequest, body: string): boolean {
  return (manner === "cut" || manner === "mislabelled") && /^(ERROR: |Bad Request)/.test(body);
}

function shown({ method, path, headers, body, manner }: HostileRequest): string {
  const text = Buffer.from(body).toString("latin1").slice(0, 600);
  return `${manner} ${method} ${path} ${JSON.stringify(headers).slice(0, 600)} ${JSON.stringify(text)}`;
}
