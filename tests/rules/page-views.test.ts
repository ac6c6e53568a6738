// Tests that one PageView counts per navigation and dataset.

import { describe, expect, test } from "vitest";
import { pageViews } from "../../src/shell/browser/rules/page-views.ts";

const A = ["1"];
const BOTH = ["1", "2"];

describe("a page", () => {
  test("has not navigated at its first address, nor while it stays there", () => {
    const views = pageViews();
    expect(views.hasNavigated("/a")).toBe(false);
    expect(views.hasNavigated("/a")).toBe(false);
    expect(views.isLater()).toBe(false);
  });

  test("has navigated at another address, once", () => {
    const views = pageViews();
    views.hasNavigated("/a");
    expect(views.hasNavigated("/b")).toBe(true);
    expect(views.hasNavigated("/b")).toBe(false);
    expect(views.isLater()).toBe(true);
  });

  test("that returns from the back/forward cache has navigated", () => {
    const views = pageViews();
    views.first(A, false);
    views.navigate();
    expect(views.isLater()).toBe(true);
    expect(views.unseen()).toEqual(A);
  });
});

describe("a PageView", () => {
  test("is the first of its dataset, and a second is a duplicate", () => {
    const views = pageViews();
    expect(views.first(A, false)).toEqual(A);
    expect(views.first(A, false)).toBeUndefined();
    expect(views.first(BOTH, false)).toEqual(["2"]);
    expect(views.first(BOTH, false)).toBeUndefined();
  });

  test("counts again after a navigation", () => {
    const views = pageViews();
    views.hasNavigated("/a");
    views.first(BOTH, false);
    views.hasNavigated("/b");
    expect(views.first(BOTH, false)).toEqual(BOTH);
  });

  test("is no duplicate where the page takes all", () => {
    const views = pageViews();
    views.first(A, true);
    expect(views.first(A, true)).toEqual(A);
  });

  test("of a page without datasets is no duplicate", () => {
    const views = pageViews();
    expect(views.first([], false)).toEqual([]);
    expect(views.first([], false)).toEqual([]);
  });
});

test("a navigation is unseen for the datasets that had a PageView before, until they have one", () => {
  const views = pageViews();
  views.hasNavigated("/a");
  expect(views.unseen()).toEqual([]);
  views.first(BOTH, false);
  expect(views.unseen()).toEqual([]);
  views.hasNavigated("/b");
  expect(views.unseen()).toEqual(BOTH);
  views.first(A, false);
  expect(views.unseen()).toEqual(["2"]);
});
