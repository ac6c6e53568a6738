// What was tracked, how each page was left, and what became of it all.

import type { GraphRequest, Seen } from "../support/sandbox.ts";
import type { Told } from "./page.ts";

/** An event that a page tracked, for one dataset: the document, and the moments between which, in milliseconds. */
interface Tracked {
  document: string;
  before: number;
  after: number;
}

/** A departure is no departure of what was tracked in the same breath. */
const SETTLED_MILLIS = 1_000;
/** A worker that is killed has its last request taken up to so much later by a busy Meta, … */
const TAKEN_AFTER_A_KILL_MILLIS = 2_000;
/** … and may not know what was taken so much earlier. */
const TAKEN_BEFORE_A_KILL_MILLIS = 3_000;

/**
 * The promise. An event is promised when, more than a second after it was tracked, its document was left cleanly:
 * by a reload, a link, the history or a closed tab, in any way in which the document's `pagehide` ran and what it
 * wrote to storage was kept. Then a later page of the same origin was opened, as the run does at its end.
 *
 * @param departures when the event's document was left so, in milliseconds
 */
function promised({ after }: Tracked, departures: number[]): boolean {
  return departures.some((at) => at - after > SETTLED_MILLIS);
}

/** An event as it reached Meta. */
interface Arrival {
  time: number;
  at: number;
  /** The driver's own number, which the event or its address carries. */
  number: unknown;
  url: string | null;
  hashed: boolean;
}

/** What became of the events. */
export interface Verdict {
  /** How many events were tracked. */
  tracked: number;
  figures: [what: string, number: number][];
  /** What must not be, by what it is; empty lists where all is well. */
  faults: Record<string, string[]>;
}

/** Takes what pages tell and what the sandbox saw. */
export class Ledger {
  /** By dataset, event name and event id. */
  readonly #tracked = new Map<string, [first: Tracked, ...again: Tracked[]]>();
  readonly #arrived = new Map<string, Arrival>();
  /** What the sandbox had forgotten, or took for another event. */
  readonly #duplicates = new Set<string>();
  /** When each was sent to Meta and taken. */
  readonly #sent = new Map<string, number[]>();
  readonly #requests = new Set<string>();
  /** When each document was left cleanly, in milliseconds. */
  readonly #left = new Map<string, number[]>();
  readonly #crashed = new Map<string, number>();
  /** The driver's own numbers of events. */
  readonly #asked = new Set<string>();
  readonly #ids = new Set<string>();
  readonly #errors = new Set<string>();
  readonly #kills: number[] = [];
  readonly counts = new Map<string, number>();

  /** How many events were tracked. */
  get tracked(): number {
    return this.#ids.size;
  }

  count(what: string, times = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + times);
  }

  ask(number: string): void {
    this.#asked.add(number);
  }

  /** A page had an error of nobody's. */
  wrong(message: string): void {
    this.#errors.add(message);
  }

  killed(at: number): void {
    this.#kills.push(at);
  }

  /** A document's process is about to crash. */
  crashed(document: string, at: number): void {
    this.#crashed.set(document, at);
  }

  /** A document was left cleanly, and had told this. */
  left(document: string, at: number, told: Told[]): void {
    this.#left.set(document, [...(this.#left.get(document) ?? []), at]);
    for (const each of told) if (each.kind === "tracked") this.#track(each);
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
   * Events and requests as the sandbox shows them, the same ones as often as it shows them. Says whether there was
   * one that was known: where there was none, others may have been passed over.
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

  /** Judges, once nothing is on its way; `tries` are what became of the requests with each event. */
  verdict(tries: Map<string, string[]>): Verdict {
    const lost: string[] = [];
    const changed: string[] = [];
    const apart = { tooSoon: 0, tooSoonLost: 0, crashed: 0, crashedLost: 0, other: 0, otherLost: 0 };
    let held = 0;
    for (const [key, all] of this.#tracked) {
      // An order may be tracked again; what is sent is the first.
      const [tracked] = all;
      const left = this.#left.get(tracked.document) ?? [];
      const arrival = this.#arrived.get(key);
      const missing = arrival === undefined ? 1 : 0;
      if (promised(tracked, left)) {
        held++;
        if (missing) {
          const sent = (tries.get(key) ?? ["never sent"]).join("; ");
          lost.push(
            `${key} of ${tracked.document}, tracked at ${tracked.after}, left at ${left.join(" and ")}: ${sent}`,
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
    // A page that crashes may not have told of its last events, and one that came back from the back/forward cache
    // may not be heard: there the number says that they are its own.
    const untold = [...this.#arrived].filter(([key]) => !this.#tracked.has(key));
    const own = (number: unknown) =>
      typeof number === "string" && (this.#asked.has(number) || this.#isOfCrashed(number));
    const untracked = untold
      .filter(([, { number }]) => !own(number))
      .map(([key, { number, url }]) => `${key}, ${String(number)}, of ${url}`);
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
        "an error reached a page": [...this.#errors],
      },
    };
  }

  /** Whether the worker was killed after Meta had the event, and before it could know. */
  #isExcused(key: string): boolean {
    const [first = 0] = (this.#sent.get(key) ?? []).sort((one, other) => one - other);
    return this.#kills.some(
      (kill) => kill > first - TAKEN_AFTER_A_KILL_MILLIS && kill < first + TAKEN_BEFORE_A_KILL_MILLIS,
    );
  }

  /** Whether it is the PageView of a document that was not left cleanly. */
  #isOfCrashed(number: string): boolean {
    const [, document] = /^page-(.*)$/.exec(number) ?? [];
    return document !== undefined && !this.#left.has(document);
  }
}
