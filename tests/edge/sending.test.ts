// Tests the requests to Meta, and the worker's reaction to Meta's answers.

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DATASET, type Edge, pageEvent } from "../support/edge.ts";
import { eventually } from "../support/eventually.ts";
import { graphError, receipt, startMeta } from "../support/meta.ts";
import { startEdge } from "../support/started.ts";

let meta: Awaited<ReturnType<typeof startMeta>>;

beforeEach(async () => {
  meta = await startMeta();
});
afterEach(() => meta.stop());

const requests = (least: number) =>
  eventually(`${least} requests`, async () => (meta.received.length >= least ? meta.received : undefined));
const dataset = async (edge: Edge, id = DATASET) =>
  (await edge.status()).datasets.find(({ dataset_id }) => dataset_id === id);
const delivered = (edge: Edge, events: number) =>
  eventually(`${events} delivered`, async () => {
    const status = await dataset(edge);
    return status?.totals["delivered"] === events ? status : undefined;
  });

test("a request proves with the app's secret, shows the test code, and has the token in its header alone", async () => {
  const token = "EAABsbCS1234TOKEN";
  const secrets = { META_ACCESS_TOKEN: token, META_APP_SECRET: "0123456789abcdef0123456789abcdef" };
  const edge = await startEdge(meta.url, { testEventCode: "TEST12345" }, { secrets });
  await edge.post({ data: [pageEvent()] });
  const [request] = await requests(1);
  expect(request?.path).toBe(`/v27.0/${DATASET}/events`);
  expect(request?.headers.authorization).toBe(`Bearer ${token}`);
  expect(request?.body).toMatchObject({
    // The vector of Meta's reference.
    appsecret_proof: "81659871342e6cd677c31e3d3fdf14533bce2313fd1ef59879d384ea8793604b",
    test_event_code: "TEST12345",
    partner_agent: expect.stringMatching(/^capi-bridge-/),
  });
  expect(JSON.stringify(request?.body)).not.toContain(token);
  await edge.stop();
});

describe("an answer", () => {
  test.each([
    ["that is slow", (_: unknown, response: Response) => void setTimeout(() => response.end("late"), 2000)],
    [
      "that stops in its middle",
      (_: unknown, response: Response) => {
        response.writeHead(200, { "content-length": "100" });
        response.write('{"events_received"');
        setTimeout(() => response.destroy(), 50);
      },
    ],
    ["that never comes", (_: unknown, response: Response) => void response.socket?.resetAndDestroy()],
    ["that is another's page", (_: unknown, response: Response) => void response.end("<h1>Welcome</h1>")],
    [
      "that leads elsewhere",
      (_: unknown, response: Response) => {
        response.writeHead(302, { location: "http://127.0.0.1:1/" });
        response.end();
      },
    ],
    [
      "that is no status of Meta's",
      (_: unknown, response: Response) => {
        response.writeHead(400);
        response.end("Bad Request");
      },
    ],
  ])("%s counts as none: the event goes out again, with its id and time", async (_, badly) => {
    let tries = 0;
    meta.behave((request, response) => {
      tries += 1;
      if (tries > 2) return false;
      badly(request, response);
      return true;
    });
    const edge = await startEdge(meta.url, { retryAtMostSeconds: 1, timeoutMillis: 500 });
    const event = pageEvent();
    await edge.post({ data: [event] });
    expect((await delivered(edge, 1)).totals).toMatchObject({ requests: 3, failed_requests: 2 });
    for (const { body } of meta.received) {
      expect(body.data).toMatchObject([{ event_id: event.event_id, event_time: event.event_time }]);
    }
    await edge.stop();
  });

  test.each([
    ["Retry-After", { "retry-after": "600" }, 600],
    [
      "X-Business-Use-Case-Usage",
      {
        "x-business-use-case-usage":
          '{"1":[{"type":"ads_management","call_count":100,"estimated_time_to_regain_access":7}]}',
      },
      420,
    ],
    ["X-App-Usage", { "x-app-usage": '{"call_count":100,"total_time":20,"total_cputime":5}' }, 300],
  ])("with %s is obeyed, and nothing is lost", async (_, headers, seconds) => {
    meta.behave((_, response) => {
      graphError(response, 429, { code: 4 }, headers);
      return true;
    });
    const edge = await startEdge(meta.url);
    await edge.post({ data: [pageEvent()] });
    const status = await eventually("the pause", async () => {
      const found = await dataset(edge);
      return found?.sending === "throttled" ? found : undefined;
    });
    expect(status.depth).toBe(1);
    expect(status.paused_seconds).toBeGreaterThan(seconds - 30);
    expect(status.paused_seconds).toBeLessThanOrEqual(seconds);
    expect(meta.received).toHaveLength(1);
    await edge.stop();
  });

  test("that is a receipt but says that a limit is near spreads the next requests", async () => {
    meta.behave((request, response) => {
      receipt(request, response, { "x-app-usage": '{"call_count":95}' });
      return true;
    });
    const edge = await startEdge(meta.url);
    await edge.post({ data: [pageEvent()] });
    const status = await delivered(edge, 1);
    expect(status.paused_seconds).toBeGreaterThan(1);
    await edge.stop();
  });
});

test("a refused token stops its dataset alone, is an alarm, and loses nothing", async () => {
  meta.behave(({ path }, response) => {
    if (!path.includes(DATASET)) return false;
    graphError(response, 401, { code: 190, error_subcode: 463, message: "Session has expired" });
    return true;
  });
  const edge = await startEdge(meta.url);
  const [stopped, other] = [pageEvent(), pageEvent()];
  await edge.post({ data: [stopped] });
  await edge.post({ dataset_id: "42", data: [other] });
  const status = await eventually("the alarm", async () => {
    const found = await edge.status();
    return found.status === "alarm" ? found : undefined;
  });
  expect(status.alarms[0]).toContain(DATASET);
  expect(status.alarms[0]).toContain("190");
  expect(await dataset(edge)).toMatchObject({ sending: "stopped", depth: 1, quarantined: 0 });
  await eventually("the other dataset", async () =>
    (await dataset(edge, "42"))?.totals["delivered"] === 1 ? true : undefined,
  );
  // The operator sets a new token and starts the worker again. No event was lost, and none has to wait.
  await edge.stop();
  meta.behave(() => false);
  const again = await startEdge(
    meta.url,
    {},
    { state: edge.state, secrets: { META_ACCESS_TOKEN: "new-token" } },
  );
  await again.status();
  await delivered(again, 1);
  expect(meta.received.at(-1)?.headers.authorization).toBe("Bearer new-token");
  expect((await again.status()).alarms).toEqual([]);
  await again.stop();
});

test("without a token the events wait, and the status says which secret to set", async () => {
  const edge = await startEdge(meta.url, {}, { secrets: { META_ACCESS_TOKEN: "" } });
  await edge.post({ data: [pageEvent()] });
  const status = await eventually("the alarm", async () => {
    const found = await edge.status();
    return found.status === "alarm" ? found : undefined;
  });
  expect(status.alarms[0]).toContain("META_ACCESS_TOKEN");
  expect(meta.received).toEqual([]);
  await edge.stop();
});

type Response = Parameters<typeof receipt>[1];
