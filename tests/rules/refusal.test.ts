// Tests the events of a refused request: only the events at fault are deleted.

import { describe, expect, test } from "vitest";
import {
  isLasting,
  isWorthAWarning,
  type Problem,
  problemsOf,
  sendAgain,
} from "../../src/shell/browser/rules/refusal.ts";

const refused = (path: string, code = "invalid"): Problem => ({
  code,
  path,
  message: "expected another",
  event_kept: false,
});
const kept = (path: string): Problem => ({ ...refused(path), event_kept: true });
const again = (status: number, problems: Problem[] | undefined, count: number) =>
  sendAgain({ status, problems, tries: 0 }, count);

describe.each([400, 413, 422])("%i", (status) => {
  test("deletes the events that the worker named, and sends the others again", () => {
    const problems = [refused("data[1].custom_data.value"), refused("data[3]")];
    expect(again(status, problems, 5)).toEqual([[0, 2, 4]]);
  });

  test("deletes all events when the worker named each", () => {
    expect(again(status, [refused("data[0].event_name"), refused("data[1]")], 2)).toEqual([]);
  });

  test("a field that was left out is no refusal of its event", () => {
    expect(again(status, [kept("data[0].user_data.em"), refused("data[1]")], 2)).toEqual([[0]]);
  });

  test.each(["", "data", "data.length"])("about the body (path %j): halves", (path) => {
    expect(again(status, [refused(path, "invalid_body")], 5)).toEqual([
      [0, 1],
      [2, 3, 4],
    ]);
  });

  test("an event that is refused alone is deleted", () => {
    expect(again(status, [refused("", "invalid_body")], 1)).toEqual([]);
  });

  test("an index may have several digits", () => {
    expect(again(status, [refused("data[12].value")], 13)).toEqual([[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]]);
  });

  test("an index within another name is no event's", () => {
    expect(again(status, [refused("custom_data[0]")], 2)).toBeUndefined();
  });

  test("about the request and the body: its events are kept", () => {
    expect(again(status, [refused("data"), refused("dataset_id")], 3)).toBeUndefined();
  });

  test("a name that is none of the request's events names nothing", () => {
    expect(again(status, [refused("data[7].value")], 2)).toEqual([[0], [1]]);
  });

  test.each(["dataset_id", "test_event_code", "source", "Origin"])(
    "about the request (path %s): its events are kept, also a single one",
    (path) => {
      expect(again(status, [refused(path, "unknown_dataset")], 3)).toBeUndefined();
      expect(again(status, [refused(path, "unknown_dataset")], 1)).toBeUndefined();
    },
  );

  test("from something that is not the bridge: a single event is kept", () => {
    expect(again(status, undefined, 1)).toBeUndefined();
  });
});

test("a proxy's 413 halves the request; its 400 and 422 are about the whole", () => {
  expect(again(413, undefined, 2)).toEqual([[0], [1]]);
  expect(again(400, undefined, 2)).toBeUndefined();
  expect(again(422, undefined, 2)).toBeUndefined();
});

test.each([0, 200, 204, 302, 401, 403, 404, 405, 408, 429, 500, 503])(
  "%i keeps all events, whatever the worker named",
  (status) => {
    expect(again(status, undefined, 3)).toBeUndefined();
    expect(again(status, [refused("data[0]")], 3)).toBeUndefined();
  },
);

test("a visitor's no is obeyed: the events are not kept for later", () => {
  expect(again(403, [refused("Sec-GPC", "global_privacy_control")], 3)).toEqual([]);
});

test("halving ends: each event is refused alone in the end, and only the bad one is deleted", () => {
  // A worker that refuses the whole body for one event and does not name it.
  const BAD = 6;
  const deleted: number[] = [];
  let requests = 0;
  const send = (group: number[]) => {
    requests++;
    if (!group.includes(BAD)) return;
    const rest = again(400, [refused("", "invalid_body")], group.length) ?? [];
    const sent = rest.flat().map((index) => group[index]!);
    deleted.push(...group.filter((event) => !sent.includes(event)));
    for (const each of rest) send(each.map((index) => group[index]!));
  };
  send([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(deleted).toEqual([BAD]);
  expect(requests).toBeLessThan(12);
});

test("only a body with the number events_received is the worker's", () => {
  expect(problemsOf({ events_received: 0, problems: [refused("data[0]")] })).toEqual([refused("data[0]")]);
  expect(problemsOf({ events_received: 0 })).toEqual([]);
  expect(problemsOf({ events_received: 0, problems: null })).toEqual([]);
  expect(problemsOf({ events_received: 0, problems: [null, 7, "x", {}, { path: 1 }] })).toEqual([]);
  for (const other of [undefined, null, "text", 7, [], {}, { events_received: "0" }, { problems: [] }]) {
    expect(problemsOf(other)).toBeUndefined();
  }
});

test("a refusal that lasts is worth a warning at once, one that may pass when it comes again", () => {
  for (const status of [400, 401, 403, 404, 405, 413, 422]) {
    expect(isLasting(status)).toBe(true);
    expect(isWorthAWarning({ status, problems: undefined, tries: 0 })).toBe(true);
  }
  for (const status of [0, 408, 425, 429, 500, 502, 503, 504]) {
    expect(isLasting(status)).toBe(false);
    expect(isWorthAWarning({ status, problems: undefined, tries: 0 })).toBe(false);
    expect(isWorthAWarning({ status, problems: undefined, tries: 1 })).toBe(true);
  }
  // The limits of a refusal and of a success.
  expect([399, 400, 499, 500].map(isLasting)).toEqual([false, true, true, false]);
  const isWorth = (status: number) => isWorthAWarning({ status, problems: undefined, tries: 0 });
  expect([199, 200, 299, 300].map(isWorth)).toEqual([false, true, true, false]);
  // A success without a receipt, and a success with a problem of a field.
  expect(isWorthAWarning({ status: 200, problems: undefined, tries: 0 })).toBe(true);
  expect(isWorthAWarning({ status: 202, problems: [kept("data[0]")], tries: 0 })).toBe(true);
  expect(isWorthAWarning({ status: 202, problems: [], tries: 0 })).toBe(false);
});
