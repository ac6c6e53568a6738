// An outbox without a disk. It delivers while the request lives, and retries while there is time. It runs the
// plan of the durable outbox over memory.

import type { Plan, Relay } from "#wasm/edge";
import { readAtMost } from "../edge/body.ts";
import { freePlan, isAlive, wakePlan, withRelay } from "../edge/engine.ts";
import { type Env, missingToken, orderSecret, secrets } from "../edge/env.ts";
import { log } from "../edge/log.ts";
import { Undelivered } from "../edge/undelivered.ts";
import { Trap } from "../wasm/guard.ts";

/** The longest time for one delivery with all its tries, in milliseconds. Senders wait longer than this. */
const DELIVER_WITHIN_MILLIS = 8_000;
/** The most events of one request to Meta. */
const MAX_EVENTS = 1000;
/** The most bytes that are read of an answer. Meta's answers are shorter. */
const MAX_ANSWER_BYTES = 1024 * 1024;

/** The replacement for the Durable Objects. It delivers events before it answers. */
export class DirectOutbox {
  readonly #config: string;
  readonly #env: Env;

  constructor(config: string, environment: Record<string, string | undefined>) {
    this.#config = config;
    // Only the secrets of the environment are read.
    this.#env = environment as unknown as Env;
  }

  /** The methods of the binding that the handler calls. */
  get namespace() {
    const stub = {
      accept: (datasetId: string, parcels: Uint8Array[]) => this.#accept(datasetId, parcels),
      orders: (datasetId: string, parcels: Uint8Array[]) =>
        Promise.resolve(parcels.map((parcel) => this.#orders(datasetId, parcel))),
    };
    const here = { isDurable: false, idFromName: (name: string) => name, get: () => stub };
    // The outbox stores nothing, so the region makes no difference.
    return { ...here, jurisdiction: () => here };
  }

  /** Returns the problems of these datasets, as sentences. Without a disk, there is one: no token. */
  alarms(datasets: string[]): string[] {
    return datasets.flatMap((dataset) => {
      const problem = missingToken(this.#env, dataset);
      return problem === undefined ? [] : [`dataset ${dataset}: ${problem}`];
    });
  }

  /**
   * Remembers the visitors of a parcel's orders in memory, until the process ends. Returns the parcel with its events
   * completed; null if nothing of it is to be delivered.
   */
  #orders(datasetId: string, parcel: Uint8Array): Uint8Array | null {
    const plan = wakePlan(this.#memories.get(datasetId), undefined, datasetId);
    this.#memories.set(datasetId, plan);
    try {
      return withRelay(this.#config, (relay) => {
        const done = plan.orders(relay, undefined, parcel, orderSecret(this.#env), Date.now());
        plan.upkeep(relay, undefined, Date.now());
        if (done.unknown > 0) {
          log("warn", "visitor of order not remembered", { dataset: datasetId, dropped: done.unknown });
        }
        return done.parcel;
      });
    } catch (error) {
      if (!(error instanceof Trap)) throw error;
      // The events matter more than what they lack.
      log("error", "trap", { dataset: datasetId, cause: String(error.cause) });
      return parcel;
    }
  }
  /** The plans that remember orders, by dataset. They have no events. */
  readonly #memories = new Map<string, Plan>();

  /** @throws {Undelivered} when not every event was delivered in time, or all take more than the outbox holds */
  async #accept(datasetId: string, parcels: Uint8Array[]): Promise<{ stored: boolean[] }> {
    const { token, appSecret } = secrets(this.#env, datasetId);
    if (token === undefined) throw this.#undelivered(datasetId, "there is no token", null);
    const end = Date.now() + DELIVER_WITHIN_MILLIS;
    const plan = wakePlan(undefined, undefined, datasetId);
    const run = <T>(use: (relay: Relay) => T): T => {
      // While this request waited, the module trapped on another one.
      if (!isAlive(plan)) throw this.#undelivered(datasetId, "the bridge failed on another request", null);
      return withRelay(this.#config, use);
    };
    try {
      const { stored } = run((relay) => plan.accept(relay, undefined, parcels, false, Date.now()));
      if (stored[0] !== true) {
        // The outbox was empty, so this request alone is larger than it may be.
        log("error", "outbox full", { dataset: datasetId });
        const message = "the events take more than the outbox holds (maxBacklogBytes)";
        throw new Undelivered(`${message}; send them in smaller requests, with the same ids`, "outbox_full");
      }
      while (!run(() => plan.isEmpty)) {
        const delivery = run((relay) =>
          plan.next(relay, undefined, token, appSecret, MAX_EVENTS, Date.now()),
        );
        if (delivery === undefined) {
          if (plan.isEmpty) break;
          const due = run((relay) => plan.nextAlarm(relay, undefined, Date.now())) ?? Infinity;
          if (due >= end) throw this.#undelivered(datasetId, "Meta did not take it in time", null);
          await new Promise((done) => setTimeout(done, Math.max(1, due - Date.now())));
          continue;
        }
        let [status, headers, body]: [number, Headers | undefined, Uint8Array] = [
          0,
          undefined,
          new Uint8Array(),
        ];
        const started = Date.now();
        const timeout = Math.max(1, Math.min(delivery.timeoutMillis, end - started));
        try {
          const response = await fetch(delivery.url, {
            method: "POST",
            headers: { authorization: delivery.authorization, "content-type": "application/json" },
            body: delivery.body,
            signal: AbortSignal.timeout(timeout),
            redirect: "manual",
          });
          body = await readAtMost(response, MAX_ANSWER_BYTES);
          [status, headers] = [response.status, response.headers];
        } catch {
          // No answer, or none in time: the plan gets status 0.
        }
        const took = Date.now() - started;
        const isTimeout = status === 0 && took >= timeout;
        const settled = run((relay) =>
          plan.settle(relay, undefined, status, headers, body, isTimeout, took, Date.now()),
        );
        if (settled?.fate === "quarantined") {
          // There is no quarantine here, and Meta would reject the events again.
          log("error", "rejected by Meta", {
            dataset_id: datasetId,
            events: settled.events,
            refusal: settled.refusal,
          });
        }
        if (settled?.sending === "stopped") {
          throw this.#undelivered(datasetId, "Meta refused the token or the request", settled.refusal);
        }
        if (Date.now() >= end && !plan.isEmpty) {
          throw this.#undelivered(datasetId, "Meta did not take it in time", settled?.refusal ?? null);
        }
      }
      return { stored };
    } finally {
      freePlan(plan);
    }
  }

  #undelivered(datasetId: string, why: string, refusal: unknown): Undelivered {
    log("error", "undelivered", { dataset_id: datasetId, why, refusal });
    return new Undelivered(`not every event was delivered (${why}); send them again, with the same ids`);
  }
}
