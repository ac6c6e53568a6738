// Places of outboxes. workerd knows no regions, so that an outbox in one runs on Cloudflare alone.

import { expect, test } from "vitest";
import {
  fromRegistry,
  idsOf,
  nameOf,
  placesIn,
  publicId,
  type Region,
  registeredName,
} from "../../src/shell/edge/places.ts";

const REGIONS: Region[] = [undefined, "eu", "fedramp"];

test("every outbox of a dataset has a place of its own", () => {
  const places = REGIONS.flatMap((region) => placesIn(region, 64)).map(({ place }) => place);
  expect(new Set(places).size).toBe(3 * 64);
  // The places of those without a region are their numbers, as in releases that knew no region.
  expect(placesIn(undefined, 2).map(({ place }) => place)).toEqual([0, 1]);
  expect([nameOf("1", 0), nameOf("1", 3)]).toEqual(["1", "1#3"]);
});

test("the registry tells the regions of a dataset", () => {
  for (const region of REGIONS) {
    expect(fromRegistry(registeredName("1", region))).toEqual({ id: "1", region });
  }
  expect(registeredName("1", undefined)).toBe("1");
});

test("a number of the quarantine leads back to its outbox", () => {
  const place = placesIn("fedramp", 64)[63]?.place ?? 0;
  const id = publicId(place, 2 ** 40 - 1);
  expect(Number.isSafeInteger(id)).toBe(true);
  expect(idsOf(place, [id, publicId(0, 7)])).toEqual([2 ** 40 - 1]);
  expect(idsOf(0, [id, publicId(0, 7)])).toEqual([7]);
});
