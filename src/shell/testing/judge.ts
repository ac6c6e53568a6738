// Judges what the sandbox has seen. All functions are pure: a report and an expectation in, a judgement out.

import type { Copy, Report, SeenEvent } from "./api.ts";
import { differences, shown } from "./match.ts";
import type { Judgement } from "./settle.ts";

/** Selects the events that a test means, and names the values that they should have. */
export interface Wanted {
  /** Values of `custom_data`: a part of what was sent is enough. */
  parameters?: Record<string, unknown>;
  /** The copy that counts. Default: any. `both`: the event has a copy of each side. */
  copy?: "any" | "browser" | "server" | "both";
  datasetId?: string;
  eventId?: string;
}

/** A judgement about events. */
export type OfEvents = Judgement<SeenEvent>;

/** Judges whether an event of this name was sent. */
export function sent(report: Report, name: string, wanted: Wanted = {}): OfEvents {
  const near = named(report, name, wanted);
  const found = near.filter((event) => mismatches(event, wanted).length === 0);
  return {
    pass: found.length > 0,
    isFirm: found.length > 0,
    expected: described(name, wanted),
    found: found.length > 0 ? counted(found.length, name) : whatInstead(report, name, near, wanted),
    next: found.length > 0 ? "remove the call that sends it." : nextForSent(report, name, near, wanted),
    events: found.length > 0 ? found : near,
  };
}

/** Judges whether an event of this name was sent exactly once: one event, each copy received once. */
export function sentOnce(report: Report, name: string, wanted: Wanted = {}): OfEvents {
  const any = sent(report, name, wanted);
  if (!any.pass) return { ...any, expected: `exactly one ${described(name, wanted)}` };
  const repeated = any.events.flatMap((event) =>
    copiesOf(event).flatMap(([side, { copies }]) =>
      copies > 1 ? [`the ${side}'s copy came ${copies} times`] : [],
    ),
  );
  const isOnce = any.events.length === 1 && repeated.length === 0;
  const both =
    any.events.length === 2 &&
    any.events.some((event) => event.browser) &&
    any.events.some((event) => event.server);
  return {
    pass: isOnce,
    isFirm: !isOnce && !both,
    expected: `exactly one ${described(name, wanted)}`,
    found: isOnce ? "one" : [counted(any.events.length, name), ...repeated].join("; "),
    next: isOnce
      ? "call it once more, or expect it once."
      : both && any.events.every((event) => !event.browser || !event.server)
        ? `give both copies of ${name} one event id: Meta counts two events now.`
        : `find the second call of fbq("track", "${name}") or the second request with it: a reload and a double click are the usual causes.`,
    events: any.events,
  };
}

/** Judges whether Meta sees one event in both copies of each event of this name. */
export function deduplicated(report: Report, name: string, wanted: Wanted = {}): OfEvents {
  const events = named(report, name, wanted);
  const apart = events.filter((event) => !event.merged);
  const expected = `the browser's and the server's copy of ${name} are one event`;
  if (events.length === 0) return nothing(report, name, expected, wanted);
  const pass = apart.length === 0;
  return {
    pass,
    isFirm: pass,
    expected,
    found: pass
      ? `${events.length === 1 ? "one event" : `${events.length} events`}, merged by ${[...new Set(events.map((event) => event.merged_by))].join(" and ")}`
      : apart.map(halves).join("; "),
    next: pass ? "give the copies different ids, or send one of them." : nextForApart(name, apart),
    events,
  };
}

/** Judges whether the two copies of each event of this name have one event id. */
export function sharesEventId(report: Report, name: string, wanted: Wanted = {}): OfEvents {
  const events = named(report, name, wanted);
  const expected = `the browser's and the server's copy of ${name} have one event id`;
  if (events.length === 0) return nothing(report, name, expected, wanted);
  const ids = (side: "browser" | "server") =>
    events.flatMap((event) => (event[side] === null ? [] : [event[side].event_id]));
  const [browser, server] = [ids("browser"), ids("server")];
  const isMissing = browser.length === 0 || server.length === 0;
  const pass =
    !isMissing &&
    ![...browser, ...server].includes(null) &&
    browser.every((id) => server.includes(id)) &&
    server.every((id) => browser.includes(id));
  const told = (side: string, given: (string | null)[]) =>
    given.length === 0
      ? `no ${side} copy`
      : `${side} ${given.map((id) => (id === null ? "no event id" : shown(id))).join(", ")}`;
  return {
    pass,
    isFirm: pass,
    isEmpty: isMissing,
    expected,
    found: `${told("browser", browser)}; ${told("server", server)}`,
    next: isMissing
      ? nextForMissing(name, browser.length === 0 ? "browser" : "server")
      : browser.includes(null)
        ? `fbq("track", "${name}", {…}, { eventID: id }) in the page, with the id that the server sends as event_id.`
        : server.includes(null)
          ? `add "event_id" to the server's ${name}, beside "event_name", with the page's eventID.`
          : `make the id of ${name} once, and give it to both: fbq("track", "${name}", {…}, { eventID: id }) and "event_id": id.`,
    events,
  };
}

/** Judges whether each event of this name carries these identifiers, such as `fbp`, `em` or `external_id`. */
export function carries(report: Report, name: string, keys: string[], wanted: Wanted = {}): OfEvents {
  const events = named(report, name, wanted).filter((event) => mismatches(event, wanted).length === 0);
  const expected = `${described(name, wanted)} with ${keys.join(", ")}`;
  if (events.length === 0) return nothing(report, name, expected, wanted);
  const missing = [
    ...new Set(events.flatMap((event) => keys.filter((key) => !hasIdentifier(event, key, wanted)))),
  ];
  return {
    pass: missing.length === 0,
    isFirm: missing.length === 0,
    expected,
    found:
      missing.length === 0
        ? keys.join(", ")
        : `${missing.join(", ")} ${missing.length === 1 ? "is" : "are"} missing; there: ${[...new Set(events.flatMap(identifiersOf))].sort().join(", ") || "none"}`,
    next:
      missing.length === 0
        ? "leave these identifiers out."
        : missing.some((key) => key === "fbp" || key === "fbc")
          ? "check the cookies _fbp and _fbc with toHaveFbp() and toHaveFbc(), and that the server's copy takes them from the request."
          : `give the page's customer information before the event: capiBridge.identify({ … }) or fbq("init", id, { … }); a server sends it as user_data.`,
    events,
  };
}

function hasIdentifier(event: SeenEvent, key: string, { copy = "any" }: Wanted): boolean {
  const sides = copiesOf(event).filter(([side]) => copy === "any" || copy === "both" || copy === side);
  const has = ([, each]: [string, Copy]) => identifiersOfCopy(each).includes(key);
  return copy === "both" ? sides.length === 2 && sides.every(has) : sides.some(has);
}

const identifiersOf = (event: SeenEvent) => copiesOf(event).flatMap(([, copy]) => identifiersOfCopy(copy));

function identifiersOfCopy(copy: Copy): string[] {
  return [
    ...(["fbp", "fbc", "client_ip_address", "client_user_agent"] as const).filter(
      (key) => (copy[key] ?? "") !== "",
    ),
    ...Object.keys(copy.user_data),
  ];
}

/** Returns the events of a name, of a dataset and with an id where these are given. */
function named({ events }: Report, name: string, { datasetId, eventId }: Wanted): SeenEvent[] {
  return events.filter(
    (event) =>
      event.event_name === name &&
      (datasetId === undefined || event.dataset_id === datasetId) &&
      (eventId === undefined || event.event_id === eventId),
  );
}

/** Returns in which points an event is not the wanted one. */
function mismatches(event: SeenEvent, { parameters = {}, copy = "any" }: Wanted): string[] {
  const sides = copiesOf(event).filter(([side]) => copy === "any" || copy === "both" || copy === side);
  const absent = (["browser", "server"] as const).filter(
    (side) => (copy === "both" || copy === side) && event[side] === null,
  );
  if (absent.length > 0) return absent.map((side) => `no ${side} copy`);
  const found = sides.map(([side, { custom_data }]) =>
    differences(parameters, custom_data).map((each) => `${each} (${side})`),
  );
  // Any copy may hold the parameters, unless the test asks for both.
  return copy === "both" ? found.flat() : found.some((each) => each.length === 0) ? [] : (found[0] ?? []);
}

const copiesOf = ({ browser, server }: SeenEvent): [side: "browser" | "server", copy: Copy][] => [
  ...(browser ? [["browser", browser] as ["browser", Copy]] : []),
  ...(server ? [["server", server] as ["server", Copy]] : []),
];

function described(name: string, { parameters, copy = "any", datasetId, eventId }: Wanted): string {
  const of = copy === "any" ? "" : copy === "both" ? " with both copies" : ` with a ${copy} copy`;
  return [
    `${name}${of}`,
    ...(parameters !== undefined ? [`parameters ${shown(parameters)}`] : []),
    ...(datasetId !== undefined ? [`dataset ${datasetId}`] : []),
    ...(eventId !== undefined ? [`event id ${eventId}`] : []),
  ].join(", ");
}

const counted = (count: number, name: string) => (count === 1 ? `one ${name}` : `${count} events ${name}`);

function whatInstead(report: Report, name: string, near: SeenEvent[], wanted: Wanted): string {
  if (near.length > 0) {
    return near.map((event) => `a ${name} with ${mismatches(event, wanted).join(", ")}`).join("; ");
  }
  const refused = refusals(report, name);
  if (refused.length > 0) return `the sandbox refused it: ${refused[0]}`;
  const names = [...new Set(report.events.map((event) => event.event_name))];
  return names.length === 0 ? "no event at all" : `no ${name}, only ${names.join(", ")}`;
}

/** Returns why requests with this event were refused. */
function refusals({ requests }: Report, name: string): string[] {
  return requests
    .filter(({ status, events }) => status >= 400 && events.some((event) => event.event_name === name))
    .map(({ error }) => error?.error_user_msg ?? error?.message ?? "no reason was given");
}

function nextForSent(report: Report, name: string, near: SeenEvent[], { copy = "any" }: Wanted): string {
  const [first] = near;
  if (first !== undefined) {
    if (copy !== "browser" && first.server === null && copy !== "any") return nextForMissing(name, "server");
    if (copy !== "server" && first.browser === null && copy !== "any") return nextForMissing(name, "browser");
    return `compare the call's parameters with the expected ones: fbq("track", "${name}", {…}).`;
  }
  if (refusals(report, name).length > 0)
    return "correct the field that the sentence names; Meta refuses it, too.";
  if (report.events.length === 0) {
    return "check that the page loads the pixel or capi-bridge.js, that consent is granted, and that the test waits for the page.";
  }
  return `check that the step that sends ${name} has run, and the spelling: names are case-sensitive.`;
}

function nextForMissing(name: string, side: "browser" | "server"): string {
  return side === "server"
    ? `check that the server's copy leaves: the page's POST to the bridge, or the back end's request to the Graph API, whose address in tests is the sandbox's.`
    : `check that the page calls fbq("track", "${name}") and that nothing blocks the pixel.`;
}

function nextForApart(name: string, apart: SeenEvent[]): string {
  const sides = new Set(apart.flatMap((event) => copiesOf(event).map(([side]) => side)));
  if (!sides.has("browser")) return nextForMissing(name, "browser");
  if (!sides.has("server")) return nextForMissing(name, "server");
  return `give both copies of ${name} one event id: fbq("track", "${name}", {…}, { eventID: id }) and "event_id": id.`;
}

/** Describes an event that is not merged. */
function halves({ event_id, browser, server, why_not }: SeenEvent): string {
  const side =
    browser && server ? "two copies" : browser ? "the browser's copy alone" : "the server's copy alone";
  return `${side} (${event_id === null ? "no event id" : `event id ${event_id}`}${why_not === null ? "" : `: ${why_not}`})`;
}

function nothing(report: Report, name: string, expected: string, wanted: Wanted): OfEvents {
  return {
    pass: false,
    isFirm: false,
    isEmpty: true,
    expected,
    found: whatInstead(report, name, [], wanted),
    next: nextForSent(report, name, [], wanted),
    events: [],
  };
}
