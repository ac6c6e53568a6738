// An outbox without a disk: it delivers while the request lives, and tries again while there is time.

import type { Accepted, Outcome, Refusal, Relay } from "#wasm/edge";
import { withRelay } from "../edge/engine.ts";
import { type Env, secrets } from "../edge/env.ts";
import { log } from "../edge/log.ts";
import type { Arrived } from "../edge/outbox-calls.ts";
import { Undelivered } from "../edge/undelivered.ts";

/** How long one delivery may take for all its tries: less than a request waits for it. */
const DELIVER_WITHIN_MILLIS = 8_000;

/** Events that travel together, and how often they failed. */
interface Part {
  events: string[];
  /** What their sender wants beside them: the same for all. */
  mainBody: string;
  tries: number;
}

/** Takes the place of the Durable Objects. */
export class DirectOutbox {
  readonly #config: string;
  readonly #env: Env;

  constructor(config: string, environment: Record<string, string | undefined>) {
    this.#config = config;
    // Of what is bound, only the secrets are asked for.
    this.#env = environment as unknown as Env;
  }

  /** The binding, as far as the handler uses it. */
  get namespace() {
    const stub = { accept: (datasetId: string, arrived: Arrived[]) => this.#accept(datasetId, arrived) };
    return { isDurable: false, idFromName: (name: string) => name, get: () => stub };
  }

  /** @throws {Undelivered} when Meta has not taken all in time */
  async #accept(datasetId: string, arrived: Arrived[]): Promise<void> {
    // Nothing is kept here, so nobody is remembered.
    const accepted = arrived.filter((one): one is Accepted => "event" in one);
    if (accepted.length === 0) return;
    const end = Date.now() + DELIVER_WITHIN_MILLIS;
    const parts = together(accepted);
    let failures = 0;
    for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
      const { events, mainBody, tries } = part;
      const { fate, sending, datasetWaitsMillis, refusal, ...next } = await this.#try(
        datasetId,
        part,
        failures,
        end,
      );
      failures = fate === "delivered" ? 0 : failures + 1;
      if (sending === "stopped") throw this.#undelivered(datasetId, "Meta refused the token", refusal);
      if (fate === "quarantined") {
        // There is no quarantine here, and a second try would meet the same.
        log("error", "refused", { dataset_id: datasetId, events: events.length, refusal });
      }
      if (fate === "halved") {
        const half = Math.ceil(events.length / 2);
        parts.push({ events: events.slice(half), mainBody, tries: next.tries });
        parts.push({ events: events.slice(0, half), mainBody, tries: next.tries });
      }
      if (fate === "again" || fate === "kept")
        parts.push({ events, mainBody, tries: Math.max(tries, next.tries) });
      if (parts.length === 0) return;
      if (Date.now() + datasetWaitsMillis >= end) {
        throw this.#undelivered(datasetId, "Meta did not take it in time", refusal);
      }
      await new Promise((done) => setTimeout(done, datasetWaitsMillis));
    }
  }

  /** One request to Meta. What fails here counts as if no answer had come. */
  async #try(
    datasetId: string,
    { events, mainBody, tries }: Part,
    failures: number,
    end: number,
  ): Promise<Outcome> {
    const { token, appSecret } = secrets(this.#env, datasetId);
    if (token === undefined) throw this.#undelivered(datasetId, "there is no token", null);
    const delivery = this.#relay((relay) => relay.delivery(datasetId, token, appSecret, mainBody, events));
    let [status, headers, body]: [number, Headers | undefined, Uint8Array] = [0, undefined, new Uint8Array()];
    try {
      const response = await fetch(delivery.url, {
        method: "POST",
        headers: { authorization: delivery.authorization, "content-type": "application/json" },
        body: delivery.body,
        signal: AbortSignal.timeout(Math.max(1, Math.min(delivery.timeoutMillis, end - Date.now()))),
        redirect: "manual",
      });
      body = new Uint8Array(await response.arrayBuffer());
      [status, headers] = [response.status, response.headers];
    } catch {
      // Away, or too slow: the relay knows what that means.
    }
    const attempt = { events: events.length, tries, failures, othersTaken: false };
    return this.#relay((relay) => relay.outcome(status, headers, body, attempt, Date.now()));
  }

  #undelivered(datasetId: string, why: string, refusal: Refusal | null): Undelivered {
    log("error", "undelivered", { dataset_id: datasetId, why, refusal });
    return new Undelivered(`not every event was delivered (${why}); send them again, with the same ids`);
  }

  #relay<T>(use: (relay: Relay) => T): T {
    return withRelay(this.#config, use);
  }
}

/** Events by what stands beside them. */
function together(accepted: Accepted[]): Part[] {
  const parts = new Map<string, Part>();
  for (const { event, main_body: mainBody } of accepted) {
    const part = parts.get(mainBody) ?? { events: [], mainBody, tries: 0 };
    part.events.push(event);
    parts.set(mainBody, part);
  }
  return [...parts.values()];
}
