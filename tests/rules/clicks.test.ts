// Tests the addresses in which a page view looks for a click id.

import { expect, test } from "vitest";
import { addressesOf } from "../../src/shell/browser/rules/clicks.ts";

const URL = "https://shop.example/p";
const LANDING = "https://shop.example/p?fbclid=A";
const REFERRER = "https://ads.example/";

test("the first look has the landing address, too, because a router may have tidied it", () =>
  expect(addressesOf(URL, REFERRER, LANDING, undefined, "")).toEqual([`${URL}#${LANDING}`, REFERRER]));

test("a later look at another address has not: its click was read", () =>
  expect(addressesOf(`${URL}/2`, REFERRER, LANDING, URL, "_fbc=fb.1.1.A")).toEqual([`${URL}/2`, REFERRER]));

test("an address that was read counts once, as another tab may have a newer click", () =>
  expect(addressesOf(URL, REFERRER, LANDING, URL, "x=1; _fbc=fb.1.2.B")).toEqual(["", ""]));

test("it counts again while no click is in the cookies", () =>
  expect(addressesOf(URL, REFERRER, LANDING, URL, "x=1")).toEqual([URL, REFERRER]));
