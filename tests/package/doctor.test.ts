// Tests `capi-bridge doctor` against a stand-in for the Graph API and against the sandbox.

import { execFile } from "node:child_process";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { judgeClock } from "../../src/shell/cli/doctor/clock.ts";
import { judgeToken } from "../../src/shell/cli/doctor/token.ts";
import { DATASET } from "../support/edge.ts";
import { ROOT, startSandbox } from "../support/sandbox.ts";
import { configured } from "../support/serve.ts";

const TOKEN = "EAAB-test-token-that-must-not-be-shown";
const SECRET = "0123456789abcdef0123456789abcdef";
/** A time of the examples, in seconds. */
const NOW = 1_790_000_000;
/** `debug_token`'s answers, as Meta documents its fields and as they were published. */
const EVENTS_MANAGER = {
  app_id: "1000000000000001",
  type: "SYSTEM_USER",
  application: "Conversions API Application",
  is_valid: true,
  issued_at: 1788600000,
  expires_at: 0,
  data_access_expires_at: 0,
  scopes: ["read_ads_dataset_quality"],
  granular_scopes: [{ scope: "read_ads_dataset_quality", target_ids: [DATASET] }],
};
const DYING = {
  type: "SYSTEM_USER",
  is_valid: true,
  issued_at: 1784900000,
  expires_at: 1790084000,
  data_access_expires_at: 0,
};
const DEAD = {
  is_valid: false,
  expires_at: 1789990000,
  error: { code: 190, subcode: 463, message: "…" },
  scopes: [],
};
const error = (code: number, more: object = {}) => ({
  error: {
    message: `Malformed access token ${TOKEN}`,
    type: "OAuthException",
    code,
    fbtrace_id: "AbC",
    ...more,
  },
});
const answered = (body: object, status = 200) => ({ status, body: body as Record<string, unknown> });

describe("a token", () => {
  const judged = (body: object, status = 200) =>
    judgeToken(answered(body, status), DATASET, NOW)?.map(({ level, says, todo }) => [
      level,
      says,
      todo ?? "",
    ]);

  test("of Events Manager has no end", () => {
    expect(judged({ data: EVENTS_MANAGER })).toEqual([["ok", "Meta accepts it, and it has no end.", ""]]);
  });

  test("that ends soon is a warning with its date", () => {
    expect(judged({ data: DYING })).toEqual([
      [
        "warning",
        "Meta accepts it. It ends in less than a day, on 2026-09-22.",
        expect.stringContaining("Events Manager"),
      ],
    ]);
    const later = { ...DYING, expires_at: NOW + 40 * 86_400 };
    expect(judged({ data: later })?.[0]?.[0]).toBe("ok");
    // The earlier of the two ends counts.
    expect(judged({ data: { ...later, data_access_expires_at: NOW - 1 } })?.[0]?.[0]).toBe("problem");
  });

  test("that is dead is a problem, whatever its dates say", () => {
    expect(judged({ data: DEAD })).toEqual([
      [
        "problem",
        "Meta answers error 190/463: The token's life is over.",
        expect.stringContaining("new token"),
      ],
    ]);
    expect(judged({ data: { is_valid: false, expires_at: 0 } })?.[0]?.[0]).toBe("problem");
  });

  test("of another dataset is a warning that names both", () => {
    const other = { ...EVENTS_MANAGER, granular_scopes: [{ scope: "s", target_ids: ["999"] }] };
    expect(judged({ data: other })?.[1]?.[1]).toContain(`999, and not ${DATASET}`);
  });

  test("that may not ask about itself has an unknown life", () => {
    expect(judged(error(100), 400)).toBe(undefined);
    expect(judged(error(200), 403)).toBe(undefined);
    expect(judged({ hello: 1 })).toBe(undefined);
  });

  test.each([
    [190, {}, "The token is not valid"],
    [2500, {}, "no token"],
    [2635, {}, "not served any more"],
    [100, { type: "GraphMethodException" }, "the proof of the app's secret"],
  ])("refused with code %i is a problem in plain words", (code, more, words) => {
    const [first] = judged(error(code, more), 400) ?? [];
    expect(first?.[0]).toBe("problem");
    expect(first?.[1]).toContain(words);
    // Meta's text repeats the token.
    expect(JSON.stringify(first)).not.toContain(TOKEN);
  });
});

describe("a clock", () => {
  test.each([
    [0, "ok"],
    [45_000, "ok"],
    [61_500, "problem"],
    [-3_600_000, "problem"],
  ])("that is %i ms ahead: %s", (millis, level) => {
    const [finding] = judgeClock({ status: 200, body: {}, dateMillis: NOW * 1000 }, NOW * 1000 + millis);
    expect(finding?.level).toBe(level);
  });
});

type Answering = (request: IncomingMessage, response: ServerResponse) => void;
const json = (response: ServerResponse, body: object, status = 200) =>
  void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
const healthy: Answering = ({ url = "", method }, response) => {
  if (url.includes("/debug_token")) json(response, { data: EVENTS_MANAGER });
  else if (method === "POST") json(response, { events_received: 1, messages: [], fbtrace_id: "T" });
  else json(response, {});
};

describe("the command", () => {
  let answering = healthy;
  const asked: { path: string; authorization: string | undefined }[] = [];
  const server = createServer((request, response) => {
    asked.push({ path: request.url ?? "", authorization: request.headers.authorization });
    request.resume().on("end", () => answering(request, response));
  });
  let graph = "";
  beforeAll(async () => {
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    graph = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  beforeEach(() => {
    answering = healthy;
    asked.length = 0;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  /** Runs the command. The server is in this process, so that it must not wait. */
  function doctor(words: string[] = [], environment: object = {}, changes: object = {}) {
    const config = configured({ graphUrl: graph, allowedOrigins: [graph], ...changes });
    const env = { PATH: process.env["PATH"], META_ACCESS_TOKEN: TOKEN, BRIDGE_KEY: SECRET, ...environment };
    return new Promise<{ status: unknown; out: string; err: string }>((done) => {
      const line = [join(ROOT, "dist/cli.js"), "doctor", "--config", config, ...words];
      execFile(process.execPath, line, { env }, (failed, out, err) => {
        expect(out + err).not.toContain(TOKEN);
        expect(out + err).not.toContain(SECRET);
        done({ status: failed?.code ?? 0, out, err });
      });
    });
  }

  test("finds nothing wrong where all is well, and sends no event", async () => {
    const { status, out, err } = await doctor();
    expect({ status, err }).toEqual({ status: 0, err: "0 problem(s), 1 warning(s).\n" });
    for (const line of [
      `ok       token of ${DATASET}: Meta accepts it, and it has no end.`,
      `ok       dataset ${DATASET}: The token may use it.`,
      "ok       clock: It agrees with the Graph API's.",
      `ok       origins: ${graph} answers.`,
      `warning  graphUrl: Events go to ${graph}, not to Meta.`,
    ]) {
      expect(out).toContain(`${line}\n`);
    }
    expect(asked.filter(({ path }) => path.includes("/events"))).toEqual([]);
    expect(new Set(asked.map(({ authorization }) => authorization))).toEqual(new Set([`Bearer ${TOKEN}`]));
  });

  test("sends one test event of its own name when asked", async () => {
    const { status, out } = await doctor(["--send-test-event", "TEST123"]);
    expect(status).toBe(0);
    expect(out).toContain(
      "Meta took a test event named CapiBridgeDoctor. Look for it under Test Events, code TEST123.",
    );
    expect(asked.map(({ path }) => path)).toContain(`/v27.0/${DATASET}/events`);
  });

  test("adds the proof of the app's secret where it is set", async () => {
    await doctor([], { META_APP_SECRET: SECRET });
    for (const { path } of asked) expect(path).toMatch(/[?&]appsecret_proof=[0-9a-f]{64}/);
  });

  test("explains a dead token and ends with 1", async () => {
    answering = (_, response) => json(response, error(190, { error_subcode: 463 }), 401);
    const { status, out } = await doctor();
    expect(status).toBe(1);
    expect(out).toContain(
      `problem  token of ${DATASET}: Meta answers error 190/463, fbtrace_id AbC: The token's life is over.\n` +
        "         → Make a new token.",
    );
  });

  test("asks /me where a token may not ask about itself", async () => {
    answering = (request, response) => {
      if (request.url?.includes("/debug_token")) json(response, error(100), 400);
      else healthy(request, response);
    };
    const { status, out } = await doctor();
    expect(status).toBe(0);
    expect(out).toContain("Meta accepts it, and does not tell this token when it ends.");
  });

  test("names a dataset that the token may not use", async () => {
    answering = (request, response) => {
      if (request.url?.includes("/dataset_quality")) json(response, error(100, { error_subcode: 33 }), 400);
      else healthy(request, response);
    };
    const { status, out } = await doctor();
    expect(status).toBe(1);
    expect(out).toMatch(/^problem {2}dataset .*error 100\/33.*does not exist, or the token has no right/m);
  });

  test("says that a clock is wrong", async () => {
    answering = (request, response) => {
      response.setHeader("date", new Date(Date.now() - 7_200_000).toUTCString());
      healthy(request, response);
    };
    const { status, out } = await doctor();
    expect(status).toBe(1);
    expect(out).toMatch(/^problem {2}clock: It is 7\d\d\d seconds ahead of the Graph API's/m);
  });

  test("says that something else than the Graph API answers", async () => {
    answering = (_, response) =>
      void response.writeHead(200, { "content-type": "text/html" }).end("<h1>Hotel</h1>");
    const { status, out } = await doctor(["--send-test-event", "TEST1"]);
    expect(status).toBe(1);
    expect(out).toContain(`${graph} does not answer as the Graph API does (status 200).`);
  });

  test("survives a connection that breaks", async () => {
    answering = (request) => void request.socket.destroy();
    const { status, out } = await doctor();
    expect(status).toBe(1);
    expect(out).toMatch(/^problem {2}token of \d+: http:\S+ does not answer \(\w+\)\.$/m);
  });

  test("names what is missing: a token, an address, an origin, a misspelt secret", async () => {
    const environment = { META_ACCESS_TOKEN: "", META_ACESS_TOKEN: "x" };
    const changes = { graphUrl: "http://127.0.0.1:9", allowedOrigins: ["http://127.0.0.1:9"] };
    const { status, out } = await doctor([], environment, changes);
    expect(status).toBe(1);
    expect(out).toContain(`problem  token of ${DATASET}: There is none, so the events of this dataset wait.`);
    expect(out).toContain("problem  graphUrl: Nothing answers at http://127.0.0.1:9 (ECONNREFUSED)");
    expect(out).toContain(
      "warning  origins: Nothing answers at http://127.0.0.1:9 from here (ECONNREFUSED).",
    );
    expect(out).toContain("META_ACESS_TOKEN is unknown.\n         → Did you mean META_ACCESS_TOKEN?");
  });

  test("prints JSON when asked", async () => {
    const { out } = await doctor(["--json"]);
    expect(JSON.parse(out)).toContainEqual({
      level: "ok",
      about: `token of ${DATASET}`,
      says: "Meta accepts it, and it has no end.",
    });
  });

  test.each([
    [["--config", "no-such.json"], 78, /^no-such\.json cannot be read \(ENOENT\)/],
    [
      ["--send-test-event", "not a code"],
      64,
      /^--send-test-event not a code: expected a code such as TEST12345/,
    ],
  ])("%j ends with status %i", async (words, status, sentence) => {
    const answer = await doctor(words);
    expect(answer.status).toBe(status);
    expect(answer.err).toMatch(sentence);
  });

  test("sends its test event to the sandbox, which accepts it", async () => {
    const sandbox = await startSandbox();
    const { out } = await doctor(["--send-test-event", "TEST1"], {}, { graphUrl: sandbox.url });
    await sandbox.stop();
    expect(out).toContain("Meta took a test event named CapiBridgeDoctor.");
  });
});
