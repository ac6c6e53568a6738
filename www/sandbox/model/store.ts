// Keeps the events and requests that the reader reported, by their numbers.

import type { Changes, Numbered } from "./known.ts";
import type { SeenEvent, SeenRequest } from "./report.ts";

export class Store {
  #events = new Sequence<SeenEvent>();
  #requests = new Sequence<SeenRequest>();

  take({ reset, firstEvent, firstRequest, events, requests }: Changes): void {
    if (reset) {
      this.#events = new Sequence();
      this.#requests = new Sequence();
    }
    this.#events.take(events, firstEvent);
    this.#requests.take(requests, firstRequest);
  }

  /** Returns the events, newest first. */
  events(): Generator<Numbered<SeenEvent>> {
    return this.#events.newestFirst();
  }

  /** Returns the requests, newest first. */
  requests(): Generator<Numbered<SeenRequest>> {
    return this.#requests.newestFirst();
  }

  *onlyEvents(): Generator<SeenEvent> {
    for (const [, event] of this.events()) yield event;
  }
}

class Sequence<Value> {
  #values = new Map<number, Value>();
  #first = 0;
  #end = 0;

  take(changed: Numbered<Value>[], first: number): void {
    for (; this.#first < first; this.#first += 1) this.#values.delete(this.#first);
    for (const [number, value] of changed) {
      this.#values.set(number, value);
      this.#end = Math.max(this.#end, number + 1);
    }
  }

  *newestFirst(): Generator<Numbered<Value>> {
    for (let number = this.#end - 1; number >= this.#first; number -= 1) {
      const value = this.#values.get(number);
      if (value !== undefined) yield [number, value];
    }
  }
}
