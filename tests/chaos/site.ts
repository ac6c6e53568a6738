// The site between browser and worker. It serves pages. Its connection to the worker fails as networks do, and
// sometimes a server that is not the worker answers in its place.

import { type IncomingMessage, type ServerResponse, createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { weighted } from "../support/seeded.ts";
import { html, type Setting } from "./page.ts";
import { answerAs, answerRedirected, STRANGERS } from "./strangers.ts";

/** The fates of requests with events, in percent. */
const EVENTS = {
  arrives: 50,
  "reset before the worker": 9,
  "answer lost": 9,
  "error 500": 5,
  "error 503": 4,
  "503, Retry-After": 3,
  "429, Retry-After": 3,
  slow: 4,
  "no answer": 1,
  stranger: 10,
  "answer of a stranger": 2,
} as const;
/** The fates of requests for the bridge's files, in percent. */
const FILES = { arrives: 84, reset: 5, slow: 5, "no answer": 2, stranger: 4 } as const;
/** The chance of each stranger, in equal parts. */
const EACH_STRANGER = Object.fromEntries(Object.keys(STRANGERS).map((name) => [name, 1]));

/**
 * Some clients and proxies add this to a user agent: half an emoji in UTF-8 and in CESU-8, which are no valid text. Node
 * writes each character as a byte.
 */
const BROKEN_AGENTS = ["", "", " \xf0\x9f\x98", " \xed\xa0\xbd", " \xff\x80"];

const SLOW_MILLIS = 4_000;

/** A running site. */
export interface Site {
  port: number;
  /** The number of requests with each fate and of each stranger, and of those that found no worker. */
  counts: Map<string, number>;
  /** The outcomes of the requests with an event, by dataset, event name and event id. */
  tries: Map<string, string[]>;
  /** Ends the faults: from now on every request arrives. */
  calmDown(): void;
  stop(): Promise<void>;
}

/** Starts a site on a free port. It reads the worker's port anew for each request. */
export async function startSite(workerPort: () => number, random: () => number): Promise<Site> {
  const counts = new Map<string, number>();
  const tries = new Map<string, string[]>();
  let calm = false;
  const count = (what: string) => counts.set(what, (counts.get(what) ?? 0) + 1);
  const port = () => (server.address() as AddressInfo).port;

  const server = createServer((incoming, response) => {
    incoming.on("error", () => undefined);
    response.on("error", () => undefined);
    const { pathname, searchParams } = new URL(incoming.url ?? "/", "http://site");
    if (answerRedirected(pathname, incoming.headers.origin, response)) return incoming.resume();
    if (!pathname.startsWith("/bridge/")) return page(searchParams, response);
    const events = pathname === "/bridge/events";
    const fate = calm ? "arrives" : events ? weighted(EVENTS, random) : weighted(FILES, random);
    const stranger = fate.includes("stranger") ? weighted(EACH_STRANGER, random) : undefined;
    if (events || fate !== "arrives") count(`${events ? "events" : "files"}: ${fate}`);
    if (stranger !== undefined) count(`stranger: ${stranger}`);
    // A slow request is noted when it is forwarded.
    if (events && fate !== "slow")
      note(stranger === undefined ? fate : `${fate}, ${stranger}`, incoming, response);
    switch (fate) {
      case "reset":
      case "reset before the worker":
        incoming.socket.resetAndDestroy();
        return;
      case "no answer":
        // Ends after a minute, because a socket that hangs forever would keep the run from ending.
        setTimeout(() => incoming.socket.destroy(), 60_000).unref();
        return;
      case "error 500":
        return answer(response, 500);
      case "error 503":
        return answer(response, 503);
      case "503, Retry-After":
        return answer(response, 503, { "retry-after": "2" });
      case "429, Retry-After":
        return answer(response, 429, { "retry-after": "3" });
      case "slow":
        setTimeout(() => {
          if (events) note(fate, incoming, response);
          forward(incoming, response);
        }, random() * SLOW_MILLIS);
        return;
      case "stranger":
        return void text(incoming).then(
          (body) => answerAs(stranger ?? "", response, port(), body),
          // The page is gone.
          () => undefined,
        );
      case "answer of a stranger":
        return forward(incoming, response, () => answerAs(stranger ?? "", response, port(), ""));
      case "answer lost":
        return forward(incoming, response, () => incoming.socket.resetAndDestroy());
      default:
        return forward(incoming, response);
    }
  });

  /** Notes the outcome of a request, to explain events that are lost. */
  function note(fate: string, incoming: IncomingMessage, response: ServerResponse): void {
    const begun = Date.now();
    let body = "";
    incoming.on("data", (chunk: Buffer) => (body += chunk.toString()));
    response.once("close", () => {
      const answer = response.headersSent ? response.statusCode : "no answer";
      const line = `${begun} to ${Date.now()} ${fate}, ${answer}`;
      for (const key of keysOf(body)) tries.set(key, [...(tries.get(key) ?? []), line]);
    });
  }

  /** Forwards a request to the worker. If `instead` is set, it answers the page in place of the worker. */
  function forward(incoming: IncomingMessage, response: ServerResponse, instead?: () => void): void {
    const { method, url } = incoming;
    const ending = BROKEN_AGENTS[Math.floor(random() * BROKEN_AGENTS.length)] ?? "";
    const headers = { ...incoming.headers, "user-agent": `${incoming.headers["user-agent"] ?? ""}${ending}` };
    const onward = request(
      { host: "127.0.0.1", port: workerPort(), method, path: url, headers, agent: false },
      (answered) => {
        if (instead !== undefined) {
          answered.resume();
          answered.once("end", instead);
          return;
        }
        // A cached file is not requested again and so could not fail.
        const { "cache-control": _, ...headers } = answered.headers;
        response.writeHead(answered.statusCode ?? 502, { ...headers, "cache-control": "no-cache" });
        answered.pipe(response);
        answered.on("error", () => incoming.socket.destroy());
      },
    );
    // The worker is gone, or ended before it had answered.
    onward.on("error", () => {
      count("worker away");
      incoming.socket.resetAndDestroy();
    });
    incoming.pipe(onward);
  }

  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    port: port(),
    counts,
    tries,
    calmDown: () => void (calm = true),
    stop: () =>
      new Promise<void>((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

/** Returns the keys of the events in a body: dataset, event name and event id. */
function keysOf(body: string): string[] {
  try {
    const { dataset_id = "", data } = JSON.parse(body) as {
      dataset_id?: string;
      data: { event_name: string; event_id: string }[];
    };
    return data.map(({ event_name, event_id }) => `${dataset_id} ${event_name} ${event_id}`);
  } catch {
    // The body was cut off.
    return [];
  }
}

function page(query: URLSearchParams, response: ServerResponse): void {
  const setting: Setting = {
    pixel: (query.get("pixel") ?? "mirror") as Setting["pixel"],
    async: query.has("async"),
  };
  response.writeHead(200, { "content-type": "text/html", "cache-control": "no-cache" });
  response.end(html(setting));
}

function answer(response: ServerResponse, status: number, headers: Record<string, string> = {}): void {
  response.writeHead(status, headers);
  response.end();
}
