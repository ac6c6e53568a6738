// Workers Analytics Engine, where it is bound.

import { expect, test } from "vitest";
import { edge as service } from "../../src/shell/testing/services.ts";
import { startWorkerd } from "../../src/shell/serve/workerd.ts";
import { DATASET, ORIGIN, pageEvent } from "../support/edge.ts";
import { eventually } from "../support/eventually.ts";
import { startMeta } from "../support/meta.ts";
import { ROOT, scratch } from "../support/sandbox.ts";

test("gets a point for each write and for each request to Meta, with numbers alone", async () => {
  const meta = await startMeta();
  const lines: string[] = [];
  const configuration = {
    datasets: [DATASET],
    allowedOrigins: [ORIGIN],
    graphUrl: meta.url,
    holdSeconds: 0,
  };
  const edge = service(ROOT, configuration);
  const bindings = { ...edge.bindings, ANALYTICS: { service: "analytics" } };
  const folder = new URL("fixtures/analytics", import.meta.url).pathname;
  const workerd = await startWorkerd({
    services: [
      { ...edge, bindings },
      { name: "analytics", folder },
    ],
    ports: { edge: 0 },
    state: scratch("analytics"),
    environment: { META_ACCESS_TOKEN: "test-token" },
    onLine: (line) => lines.push(line),
  });
  const response = await fetch(`${workerd.urls["edge"]}/bridge/events`, {
    method: "POST",
    headers: { origin: ORIGIN },
    body: JSON.stringify({ data: [pageEvent(), pageEvent()] }),
  });
  expect(response.status).toBe(202);
  const points = await eventually("two points", async () => {
    const found = lines.filter((line) => line.startsWith("point "));
    return found.length >= 2 ? found.map((line) => JSON.parse(line.slice(6)) as object) : undefined;
  });
  expect(points).toEqual([
    { indexes: [DATASET], blobs: ["accepted"], doubles: [2] },
    { indexes: [DATASET], blobs: ["delivered"], doubles: [2] },
  ]);
  await workerd.stop();
  await meta.stop();
});
