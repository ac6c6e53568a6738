// Reads the pixel's hits and posts of events, as pages send them. (`/tr` parameters: Meta's pixel, "Image Pixel")

import { describe, expect, test } from "vitest";
import { parseHit, parsePost } from "../../src/shell/testing/observed.ts";

describe("a hit of the pixel", () => {
  test("in the address", () => {
    const url =
      "https://www.facebook.com/tr/?id=42&ev=Purchase&eid=order-1&dl=https%3A%2F%2Fshop.example%2F&ts=1790000000000" +
      "&cd[value]=59.9&cd%5Bcontents%5D=%5B%7B%22id%22%3A%221%22%7D%5D&ud[em]=abc&udff[ph]=def&fbp=fb.1.1.1";
    expect(parseHit(url)).toMatchObject({
      side: "browser",
      datasetId: "42",
      eventName: "Purchase",
      eventId: "order-1",
      eventTimeMillis: 1_790_000_000_000,
      url: "https://shop.example/",
      fbp: "fb.1.1.1",
      customData: { value: "59.9", contents: [{ id: "1" }] },
      userData: { em: "abc", ph: "def" },
    });
  });

  test("in a form", () => {
    expect(parseHit("https://www.facebook.com/tr/", "id=42&ev=Lead")).toMatchObject({
      datasetId: "42",
      eventName: "Lead",
      eventId: undefined,
    });
  });

  test.each([
    "https://www.facebook.com/tr/?id=42",
    "https://www.facebook.com/trx/?id=4&ev=Lead",
    "about:blank",
    "",
  ])("is not %j", (url) => expect(parseHit(url)).toBeUndefined());
});

describe("a post of events", () => {
  test("in the Conversions API's shape", () => {
    const event = {
      event_name: "Lead",
      event_id: "lead-1",
      event_time: 1_790_000_000,
      event_source_url: "https://shop.example/",
      user_data: { fbp: "fb.1.1.1" },
    };
    expect(parsePost(JSON.stringify({ dataset_id: "42", data: [event] }))).toMatchObject([
      {
        side: "server",
        datasetId: "42",
        eventName: "Lead",
        eventId: "lead-1",
        eventTimeMillis: 1_790_000_000_000,
        fbp: "fb.1.1.1",
        url: "https://shop.example/",
      },
    ]);
  });

  test.each([
    [{ eventName: "Lead", eventId: 7 }, "7"],
    [[{ event_name: "Lead", user_data: {} }], undefined],
    [{ event_name: "Lead", eventID: "a" }, "a"],
  ])("in a shape of its own: %j", (body, eventId) => {
    expect(parsePost(JSON.stringify(body))).toMatchObject([{ eventName: "Lead", eventId }]);
  });

  test.each(["", "x", "null", "[]", "7", `{"event_name":"Lead"}`, `{"data":[null,7,{"event_name":{}}]}`])(
    "is not %j",
    (body) => expect(parsePost(body)).toEqual([]),
  );
});
