// Tests the attacks in docs/security.md that have no test elsewhere.

import { readFileSync, readdirSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { DATASET, type Edge, KEY, ORIGIN, pageEvent } from "../support/edge.ts";
import type { Sandbox } from "../support/sandbox.ts";
import { startBridge, startEdge } from "../support/started.ts";

let sandbox: Sandbox;
let edge: Edge;

beforeAll(async () => {
  const secrets = { SEGMENT_WRITE_KEY: "write-key-0123456789abcdef0123456789" };
  ({ sandbox, edge } = await startBridge({ bodyTimeoutMillis: 300 }, { secrets }));
});

/** Sends bytes as they are. `isEnd` ends the sending side. Resolves with the first bytes of the answer. */
function raw(text: string, isEnd = false): Promise<string> {
  const { hostname, port } = new URL(edge.url);
  return new Promise((done, fail) => {
    const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true }, () => {
      socket.write(text);
      if (isEnd) socket.end();
    });
    socket.on("end", () => done(""));
    socket.on("error", fail);
    socket.once("data", (answer) => {
      socket.destroy();
      done(answer.toString());
    });
  });
}

const post = (headers: string[], body: string) =>
  ["POST /bridge/events HTTP/1.1", "Host: shop.example", ...headers, "", body].join("\r\n");

test("a navigation or an address that was typed in is no page's script: 403", async () => {
  const body = JSON.stringify({ data: [pageEvent()] });
  for (const header of ["Sec-Fetch-Site: none", "Sec-Fetch-Mode: navigate"]) {
    const answer = await raw(post([`Origin: ${ORIGIN}`, header, `Content-Length: ${body.length}`], body));
    expect(answer).toContain("403");
  }
  for (const header of [
    "Sec-Fetch-Site: same-origin",
    "Sec-Fetch-Site: cross-site",
    "Sec-Fetch-Mode: cors",
  ]) {
    const answer = await raw(post([`Origin: ${ORIGIN}`, header, `Content-Length: ${body.length}`], body));
    expect(answer).toContain("202");
  }
});

test("a body that does not come gets 408, and holds nobody up", async () => {
  const slow = raw(post([`Origin: ${ORIGIN}`, "Content-Length: 1000"], '{"data":['));
  expect((await edge.post({ data: [pageEvent()] })).status).toBe(202);
  expect(await slow).toContain("408");
});

test("an operator's body that does not come gets 408 as well", async () => {
  const head = ["POST /bridge/replay HTTP/1.1", "Host: shop.example", `Authorization: Bearer ${KEY}`];
  const answer = await raw([...head, "Content-Length: 1000", "", '{"ids":['].join("\r\n"));
  expect(answer).toContain("408");
  expect(answer).toContain("expected the whole body");
});

test("a page's body that breaks off gets 408: its events are sent again, not let go", async () => {
  const answer = await raw(post([`Origin: ${ORIGIN}`, "Content-Length: 1000"], '{"data":['), true);
  expect(answer).toContain("HTTP/1.1 408");
  expect(answer).toContain('"code":"body_broken_off"');
});

test.each([
  ["/v26.0/1234567890/events", `Authorization: Bearer ${KEY}`, '"is_transient":false'],
  ["/bridge/v1/track", "Content-Type: application/json", '"code":"body_broken_off"'],
  ["/bridge/replay", `Authorization: Bearer ${KEY}`, '"error":"expected the whole body'],
])(
  "a body to %s that breaks off is its sender's fault: 400, in the sender's shape",
  async (path, header, expected) => {
    const answer = await raw(
      [`POST ${path} HTTP/1.1`, "Host: shop.example", header, "Content-Length: 1000", "", '{"data":['].join(
        "\r\n",
      ),
      true,
    );
    expect(answer).toContain("HTTP/1.1 400");
    expect(answer).toContain(expected);
  },
);

test("a body that arrives in pieces is read", async () => {
  const { hostname, port } = new URL(edge.url);
  const body = JSON.stringify({ data: [pageEvent()] });
  const answer = await new Promise<string>((done, fail) => {
    const socket = connect(Number(port), hostname, () => {
      socket.write(post([`Origin: ${ORIGIN}`, `Content-Length: ${body.length}`], body.slice(0, 40)));
      setTimeout(() => socket.write(body.slice(40)), 100);
    });
    socket.on("error", fail);
    socket.once("data", (bytes) => {
      socket.destroy();
      done(bytes.toString());
    });
  });
  expect(answer).toContain("202");
});

describe("a length that is not the body's", () => {
  const FORGED = [`Origin: ${ORIGIN}`, "Transfer-Encoding: chunked"];
  const LIMIT = 131_072;

  /** Sends a body in chunks, 16 times the limit. Returns the answer if there is one before the end. */
  function endless(headers: string[]): Promise<string> {
    const { hostname, port } = new URL(edge.url);
    const data = " ".repeat(16_384);
    return new Promise((done, fail) => {
      const socket = connect(Number(port), hostname, () => {
        socket.write(post(headers, ""));
        let sent = 0;
        const more = setInterval(() => {
          socket.write(`${data.length.toString(16)}\r\n${data}\r\n`);
          sent += data.length;
          if (sent >= 16 * LIMIT) end("");
        }, 5);
        const end = (answer: string) => {
          clearInterval(more);
          socket.destroy();
          done(answer);
        };
        socket.once("data", (bytes) => end(bytes.toString()));
      });
      socket.on("error", fail);
    });
  }

  test.each(["1", "65536"])("such as %s before chunks: no more than the limit is read", async (length) => {
    const answer = await endless([...FORGED, `Content-Length: ${length}`]);
    expect(answer).toContain("413");
  });

  test.each(["-5", "+5", "0x10", "5, 5", "1e3", "99999999999999999999"])(
    "such as %s is no length: the request is refused, and its neighbours are not",
    async (length) => {
      const answer = await raw(post([`Origin: ${ORIGIN}`, `Content-Length: ${length}`], "{}"), true);
      expect(answer).not.toContain(" 503 ");
      expect(answer).toMatch(/^(HTTP\/1\.1 4\d\d |$)/);
      expect((await edge.post({ data: [pageEvent()] })).status).toBe(202);
    },
  );

  // workerd itself drops or refuses such a length. A host of `capi-bridge/direct` may pass it on.
  test.each<Record<string, string>>([
    { "content-length": "1", "transfer-encoding": "chunked" },
    { "content-length": "-5" },
    { "content-length": "0x10" },
  ])("in %j, passed on by another host, does not let a body exceed the limit", async (headers) => {
    const built = new URL("../../dist/edge/direct.js", import.meta.url).href;
    const { directBridge } = (await import(built)) as {
      directBridge(settings: object): (request: Request) => Promise<Response>;
    };
    const configuration = { datasets: [DATASET], allowedOrigins: [ORIGIN], graphUrl: sandbox.url };
    const bridge = directBridge({ configuration, environment: { META_ACCESS_TOKEN: "test-token" } });
    let read = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.enqueue(new Uint8Array(16_384).fill(32));
        read += 16_384;
        if (read >= 64 * LIMIT) controller.close();
      },
    });
    const init = { method: "POST", headers: { origin: ORIGIN, ...headers }, body, duplex: "half" };
    const answer = await bridge(new Request("http://127.0.0.1/bridge/events", init));
    expect(answer.status).toBe(413);
    expect(read).toBeLessThan(2 * LIMIT);
  });
});

test("line breaks in what is sent stay what they are: refused as ids, escaped as text", async () => {
  const lines = edge.lines.length;
  const id = await edge.post({ data: [pageEvent({ event_id: 'x\n{"level":"error","what":"forged"}' })] });
  expect(id.body.problems[0]).toMatchObject({ code: "invalid_event_id", path: "data[0].event_id" });
  const event = pageEvent({ custom_data: { value: 1, currency: "EUR", note: "a\r\nSet-Cookie: x=1" } });
  const answer = await edge.post({ data: [event] });
  expect(answer.headers.get("set-cookie")).toBeNull();
  expect((await sandbox.arrived(event.event_id)).server?.custom_data).toMatchObject(event.custom_data);
  expect(edge.lines.slice(lines).join()).not.toContain("forged");
  // The worker returns an origin only if the configuration has exactly this text.
  const forged = await raw(post([`Origin: ${ORIGIN}%0d%0aSet-Cookie:x=1`, "Content-Length: 2"], "{}"));
  expect(forged).toContain("403");
  expect(forged.toLowerCase()).not.toContain("set-cookie");
});

test("no secret is in any answer", async () => {
  const bearer = { authorization: `Bearer ${KEY}` };
  const texts = await Promise.all([
    fetch(`${edge.url}/bridge/health`).then((answer) => answer.text()),
    fetch(`${edge.url}/bridge/status`, { headers: bearer }).then((answer) => answer.text()),
    fetch(`${edge.url}/bridge/status?format=prometheus`, { headers: bearer }).then((answer) => answer.text()),
    fetch(`${edge.url}/nowhere`, { headers: bearer }).then((answer) => answer.text()),
    fetch(`${edge.url}/bridge/replay`, { method: "POST", headers: bearer, body: "{" }).then((answer) =>
      answer.text(),
    ),
    edge.postAsServer("{").then(({ body }) => JSON.stringify(body)),
  ]);
  for (const text of texts) {
    expect(text).not.toContain(KEY);
    expect(text).not.toContain("test-token");
  }
});

test("raw customer information is not on disk, and neither is a secret", async () => {
  const held = await startEdge(sandbox.url, { holdSeconds: 60 });
  const event = pageEvent({ user_data: { em: "jane.disk@example.com", fn: "Rumpelstiltskin" } });
  expect((await held.post({ data: [event] })).status).toBe(202);
  await held.stop("SIGKILL");
  const folder = join(held.state, "durable-objects");
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  const disk = files.map((one) => readFileSync(join(one.parentPath, one.name), "latin1")).join("");
  // The event is on disk, with hashed customer information.
  expect(disk).toContain(event.event_id);
  for (const text of ["jane.disk", "Rumpelstiltskin", "rumpelstiltskin", "test-token", KEY]) {
    expect(disk).not.toContain(text);
  }
});

test("the table in docs/security.md names tests that exist", () => {
  const root = new URL("../../", import.meta.url).pathname;
  const rows = readFileSync(join(root, "docs/security.md"), "utf8")
    .split("\n")
    .filter((line) => /^\| (?!attempt|---)/.test(line));
  expect(rows.length).toBeGreaterThan(30);
  for (const row of rows) {
    const cell = row.split(" | ").at(-1) ?? "";
    const named = [...cell.matchAll(/`([^`]+)`((?:[:,]? "[^"]+")*)/g)];
    expect(named.length, row).toBeGreaterThan(0);
    for (const [, file = "", titles = ""] of named.filter(([, file]) => !file?.startsWith("npm run "))) {
      const path = /\.rs$/.test(file) ? file : `${file.includes("/") ? file : `tests/edge/${file}`}.test.ts`;
      const text = readFileSync(join(root, path), "utf8");
      for (const [, title = ""] of titles.matchAll(/"([^"]+)"/g)) {
        for (const part of title.split("…")) expect(text, `${path}: ${title}`).toContain(part.trim());
      }
    }
  }
});
