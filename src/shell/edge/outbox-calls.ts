// What the worker calls on an outbox. Apart from the outbox itself, so that the bindings can name it without
// loading it.

import type { Accepted, DatasetStatus, Health, Person } from "#wasm/edge";

/** What a call brings: events, and what is to be remembered of people. */
export type Arrived = Accepted | Person;

/** The methods of an outbox that others call. */
export interface OutboxCalls extends Rpc.DurableObjectBranded {
  accept(datasetId: string, arrived: Arrived[]): Promise<void>;
  status(datasetId: string, quarantineShown: number): Promise<DatasetStatus>;
  replay(ids?: number[]): Promise<{ replayed: number; too_old: number }>;
  refused(counts: Record<string, number>): Promise<void>;
  health(datasetId: string): Promise<Health>;
}
