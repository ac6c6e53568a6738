// The fake of `capi-bridge` for unit tests: it behaves as the documentation of `Bridge` says, without a page.

import { beforeEach, describe, expect, test } from "vitest";
import { fakeBridge, forget, start } from "../../src/shell/testing/fake.ts";

test("records events with ids that a test can expect", () => {
  const bridge = fakeBridge();
  expect(bridge.track("Lead")).toEqual({ eventId: "fake-1" });
  expect(bridge.track("Purchase", { value: 59.9 }, { orderId: 1001 })).toEqual({
    eventId: "fake-Purchase-1001",
  });
  expect(bridge.track("Search", {}, { eventId: "own" })).toEqual({ eventId: "own" });
  expect(bridge.tracked).toEqual([
    { eventName: "Lead", parameters: {}, eventId: "fake-1" },
    { eventName: "Purchase", parameters: { value: 59.9 }, eventId: "fake-Purchase-1001", orderId: "1001" },
    { eventName: "Search", parameters: {}, eventId: "own" },
  ]);
});

test("a prepared id is the next event's, once", () => {
  const bridge = fakeBridge();
  const eventId = bridge.prepare("Purchase");
  expect(bridge.carry("Purchase")).toMatchObject({ eventId });
  expect(bridge.track("Purchase")).toEqual({ eventId });
  expect(bridge.track("Purchase").eventId).not.toBe(eventId);
});

describe("consent", () => {
  test("pending events wait, and are there once it is granted", () => {
    const bridge = fakeBridge({ consent: "pending" });
    bridge.track("Lead");
    expect([bridge.tracked, bridge.identifiers(), bridge.carry("Lead")]).toEqual([[], {}, undefined]);
    bridge.setConsent("granted");
    expect(bridge.tracked).toHaveLength(1);
    expect(bridge.identifiers().fbp).toMatch(/^fb\.1\.\d+\.\d+$/);
  });

  test("denied events are gone", () => {
    const bridge = fakeBridge({ consent: "pending" });
    bridge.track("Lead");
    bridge.setConsent("denied");
    bridge.setConsent("granted");
    expect(bridge.tracked).toEqual([]);
  });
});

test("customer information is kept as the page gave it", () => {
  const bridge = fakeBridge();
  bridge.identify({ externalId: 7, email: "jane@example.com" });
  bridge.identify({ email: "other@example.com", phone: "1" }, { unlessSaid: true });
  expect(bridge.customer).toEqual({ externalId: 7, email: "jane@example.com", phone: "1" });
  expect(bridge.identifiers()).toMatchObject({ externalId: "7" });
});

test("a stopped bridge takes nothing; a reset one starts over", () => {
  const bridge = fakeBridge();
  bridge.track("Lead");
  bridge.stop();
  expect(bridge.track("Lead")).toEqual({ eventId: "" });
  bridge.reset();
  expect(bridge.tracked).toEqual([]);
  expect(bridge.track("Lead")).toEqual({ eventId: "fake-1" });
});

describe("start, in place of the library's", () => {
  beforeEach(forget);

  test("returns the bridge that runs", () => {
    const bridge = start({ datasets: ["1234567890"] });
    expect(start()).toBe(bridge);
    forget();
    expect(start()).not.toBe(bridge);
  });
});
