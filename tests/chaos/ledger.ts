// The ledger of a chaos run: the tracked events, the departures from each page, and the events at Meta.

import { isDeepStrictEqual } from "node:util";
import type { GraphRequest, Seen } from "../support/sandbox.ts";
import type { Told } from "./page.ts";

/** An event that a page tracked for one dataset: its document and the times around it, in milliseconds. */
interface Tracked {
  document: string;
  before: number;
  after: number;
}

/** An event is promised only if its page was left more than this time after it was tracked. */
const SETTLED_MILLIS = 1_000;
/** A busy Meta takes a killed worker's last request at most this long after the kill. */
const TAKEN_AFTER_A_KILL_MILLIS = 2_000;
/** A killed worker may lack the receipts that Meta sent in this time before the kill. */
const TAKEN_BEFORE_A_KILL_MILLIS = 3_000;

/**
 * Returns whether the bridge promises to deliver an event. It does if the event's document was left cleanly
 * more than a second after the event was tracked: by a reload, a link, the history or a closed tab. A
 * departure is clean if the document's `pagehide` ran and the browser kept what it wrote to storage. The
 * promise also needs a later page of the same origin, which the run opens at its end.
 *
 * @param departures the times at which the event's document was left cleanly, in milliseconds
 */
function promised({ after }: Tracked, departures: number[]): boolean {
  return departures.some((at) => at - after > SETTLED_MILLIS);
}

/** An event as it reached Meta. */
interface Arrival {
  time: number;
  at: number;
  /** The driver's number of the event, from its custom data or from the fragment of its address. */
  number: unknown;
  url: string | null;
  parameters: Record<string, unknown>;
  hashed: boolean;
}

/** Returns true if a text of the event had half an emoji. */
const hasHalf = ({ parameters }: Arrival): boolean => JSON.stringify(parameters).includes("\ufffd");

/** Returns a value as the network carries it: in each text and key, half an emoji becomes U+FFFD. */
function onTheWire(value: unknown): unknown {
  if (typeof value === "string") return Buffer.from(value).toString();
  if (Array.isArray(value)) return value.map(onTheWire);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [onTheWire(key), onTheWire(each)]));
}

/** The result of a run. */
export interface Verdict {
  /** The number of tracked events, counted once for all datasets. */
  tracked: number;
  figures: [what: string, number: number][];
  /** The faults by kind. All lists are empty if the run succeeded. */
  faults: Record<string, string[]>;
}

/** Collects the reports of the pages and the events of the sandbox. */
export class Ledger {
  /** The tracked events, by dataset, event name and event id. */
  readonly #tracked = new Map<string, [first: Tracked, ...again: Tracked[]]>();
  readonly #arrived = new Map<string, Arrival>();
  /** Events that the sandbox received twice without joining the copies. */
  readonly #duplicates = new Set<string>();
  /** The times at which Meta took each event, in milliseconds. */
  readonly #sent = new Map<string, number[]>();
  readonly #requests = new Set<string>();
  /** The times at which each document was left cleanly, in milliseconds. */
  readonly #left = new Map<string, number[]>();
  /** The events that were in storage when their page was left. */
  readonly #stored = new Set<string>();
  readonly #crashed = new Map<string, number>();
  /** The numbers that the driver gave to events, and the parameters that Meta should have. */
  readonly #asked = new Map<string, unknown>();
  readonly #ids = new Set<string>();
  readonly #errors = new Set<string>();
  readonly #kills: number[] = [];
  readonly counts = new Map<string, number>();

  /** The number of tracked events, counted once for all datasets. */
  get tracked(): number {
    return this.#ids.size;
  }

  count(what: string, times = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + times);
  }

  /** Counts the greatest of some numbers. */
  atMost(what: string, number: number): void {
    this.counts.set(what, Math.max(this.counts.get(what) ?? 0, number));
  }

  ask(number: string, parameters: object): void {
    this.#asked.set(number, onTheWire(parameters));
  }

  /** Counts a warning of the bridge in a page's console, without the browser's error. */
  warned(text: string): void {
    const [kind = ""] = text.split(/[.:] [A-Z]/);
    this.count(`warning: ${kind.slice(0, 60)}`);
    if (text.startsWith("capi-bridge: failed")) this.#errors.add(text);
  }

  /** Records an uncaught error of a page. */
  wrong(message: string): void {
    this.#errors.add(message);
  }

  killed(at: number): void {
    this.#kills.push(at);
  }

  /** Records that a document's process is about to crash. */
  crashed(document: string, at: number): void {
    this.#crashed.set(document, at);
  }

  /** Records that a document was left cleanly, and the reports that it made before. */
  left(document: string, at: number, told: Told[]): void {
    this.#left.set(document, [...(this.#left.get(document) ?? []), at]);
    for (const each of told) {
      if (each.kind !== "tracked") continue;
      this.#track(each);
      if (each.isStored === true) this.#stored.add(`${each.name} ${each.id}`);
    }
  }

  told(told: Told): void {
    if (told.kind === "tracked") this.#track(told);
    else this.count(`pages ${told.kind}`);
  }

  #track(told: Told & { kind: "tracked" }): void {
    const { document, name, id, to, before, after } = told;
    this.#ids.add(`${name} ${id}`);
    for (const dataset of to) {
      const key = `${dataset} ${name} ${id}`;
      const known = this.#tracked.get(key);
      if (known === undefined) this.#tracked.set(key, [{ document, before, after }]);
      else if (known.every((each) => each.after !== after)) known.push({ document, before, after });
    }
  }

  /**
   * Records events and requests of the sandbox, which may show the same ones again. Returns whether an event
   * was already known. If none was, the ledger may have missed events.
   */
  saw(events: Seen[], requests: GraphRequest[]): boolean {
    let overlaps = false;
    for (const { dataset_id, event_name, event_id, server } of events) {
      if (server === null) continue;
      const key = `${dataset_id} ${event_name} ${event_id ?? ""}`;
      const at = server.received_at_millis;
      const known = this.#arrived.get(key);
      overlaps ||= known !== undefined;
      if (known !== undefined && known.at !== at) this.#duplicates.add(key);
      this.#arrived.set(key, {
        time: server.event_time ?? 0,
        at,
        number: server.custom_data["number"] ?? new URL(server.url ?? "http://none").hash.slice(1),
        url: server.url,
        parameters: server.custom_data,
        hashed: "em" in server.user_data,
      });
    }
    for (const { fbtrace_id, status, dataset_id, received_at_millis, events } of requests) {
      if (this.#requests.has(fbtrace_id)) continue;
      this.#requests.add(fbtrace_id);
      if (status !== 200) continue;
      for (const { event_name, event_id } of events) {
        const key = `${dataset_id} ${event_name} ${event_id}`;
        this.#sent.set(key, [...(this.#sent.get(key) ?? []), received_at_millis]);
      }
    }
    return overlaps;
  }

  get arrived(): number {
    return this.#arrived.size;
  }

  /** Returns the verdict. No request may be on its way. `tries` has the outcomes of the requests by event. */
  verdict(tries: Map<string, string[]>): Verdict {
    const lost: string[] = [];
    const changed: string[] = [];
    const apart = { tooSoon: 0, tooSoonLost: 0, crashed: 0, crashedLost: 0, other: 0, otherLost: 0 };
    let held = 0;
    for (const [key, all] of this.#tracked) {
      // An order may be tracked again. The bridge sends the first event.
      const [tracked] = all;
      const left = this.#left.get(tracked.document) ?? [];
      const arrival = this.#arrived.get(key);
      const missing = arrival === undefined ? 1 : 0;
      if (promised(tracked, left)) {
        held++;
        if (missing > 0) {
          const sent = (tries.get(key) ?? ["never sent"]).join("; ");
          const stored = this.#stored.has(key.slice(key.indexOf(" ") + 1)) ? "stored" : "not stored";
          lost.push(
            `${key} of ${tracked.document}, tracked at ${tracked.after}, left at ${left.join(" and ")}, then ${stored}: ${sent}`,
          );
        }
      } else if (left.some((at) => at >= tracked.after)) {
        apart.tooSoon++;
        apart.tooSoonLost += missing;
      } else if ((this.#crashed.get(tracked.document) ?? 0) - tracked.after > SETTLED_MILLIS) {
        apart.crashed++;
        apart.crashedLost += missing;
      } else {
        apart.other++;
        apart.otherLost += missing;
      }
      if (arrival === undefined) continue;
      const seconds = (millis: number) => Math.floor(millis / 1000);
      const unchanged = all.some(
        ({ before, after }) => arrival.time >= seconds(before) && arrival.time <= seconds(after),
      );
      if (!unchanged) changed.push(`${key}: tracked at ${tracked.after}, arrived with ${arrival.time}`);
    }
    // A page that crashes may not report its last events, and a page from the back/forward cache may not
    // reach the driver. The number shows that such an event was tracked.
    const untold = [...this.#arrived].filter(([key]) => !this.#tracked.has(key));
    const own = (number: unknown) =>
      typeof number === "string" && (this.#asked.has(number) || this.#isOfCrashed(number));
    const untracked = untold
      .filter(([, { number }]) => !own(number))
      .map(([key, { number, url }]) => `${key}, ${String(number)}, of ${url}`);
    const otherTexts = [...this.#arrived]
      // A PageView of the bridge has no parameters.
      .filter(([, { parameters }]) => this.#asked.has(String(parameters["number"])))
      .map(
        ([key, { parameters }]) => [key, parameters, this.#asked.get(String(parameters["number"]))] as const,
      )
      .filter(([, parameters, expected]) => !isDeepStrictEqual(parameters, expected))
      .map(
        ([key, parameters, expected]) =>
          `${key}: ${JSON.stringify(parameters)}, not ${JSON.stringify(expected)}`,
      );
    const twice = [...this.#arrived.keys()].filter((key) => (this.#sent.get(key) ?? []).length > 1);
    const twiceForNothing = twice
      .filter((key) => !this.#isExcused(key))
      .map((key) => {
        const sent = this.#sent.get(key) ?? [];
        const near = this.#kills.filter((kill) => sent.some((at) => Math.abs(kill - at) < 15_000));
        return `${key}: sent at ${sent.join(", ")}; kills at ${near.join(", ")}`;
      });
    return {
      tracked: this.#ids.size,
      figures: [
        ["events tracked", this.#ids.size],
        ["with their datasets", this.#tracked.size],
        ["promised", held],
        ["promised and lost", lost.length],
        ["left within a second of tracking", apart.tooSoon],
        ["… of them lost", apart.tooSoonLost],
        ["more than a second before a crash", apart.crashed],
        ["… of them lost", apart.crashedLost],
        ["other events of pages not left cleanly", apart.other],
        ["… of them lost", apart.otherLost],
        ["arrived", this.#arrived.size],
        ["… with customer information", [...this.#arrived.values()].filter(({ hashed }) => hashed).length],
        ["… with half an emoji", [...this.#arrived.values()].filter(hasHalf).length],
        ["… untold by a page that was not left cleanly", untold.length - untracked.length],
        ["two events after deduplication", this.#duplicates.size],
        ["sent to Meta twice, around a kill", twice.length - twiceForNothing.length],
        ...[...this.counts].sort(([one], [other]) => (one < other ? -1 : 1)),
      ],
      faults: {
        "promised and lost": lost,
        "two events after deduplication": [...this.#duplicates],
        "sent to Meta twice for nothing": twiceForNothing,
        "arrived and never tracked": untracked,
        "another time than it was tracked at": changed,
        "other parameters than it was tracked with": otherTexts,
        "an error reached a page": [...this.#errors],
      },
    };
  }

  /** Returns whether a kill explains a second transmission: the worker may not have stored the receipt. */
  #isExcused(key: string): boolean {
    const [first = 0] = (this.#sent.get(key) ?? []).sort((one, other) => one - other);
    return this.#kills.some(
      (kill) => kill > first - TAKEN_AFTER_A_KILL_MILLIS && kill < first + TAKEN_BEFORE_A_KILL_MILLIS,
    );
  }

  /** Returns whether a number is that of the PageView of a document that was not left cleanly. */
  #isOfCrashed(number: string): boolean {
    const [, document] = /^page-(.*)$/.exec(number) ?? [];
    return document !== undefined && !this.#left.has(document);
  }
}
