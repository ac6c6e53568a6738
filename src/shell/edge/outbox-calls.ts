// What the worker calls on an outbox. Apart from the outbox itself, so that the bindings can name it without
// loading it.

import type { DatasetStatus, Health, Layout } from "#wasm/edge";

/** What became of the parcels of one call. */
export interface Stored {
  /** For each parcel whether it is on disk. The others found the outbox full. */
  stored: boolean[];
}

/** The methods of an outbox that others call. */
export interface OutboxCalls extends Rpc.DurableObjectBranded {
  accept(datasetId: string, parcels: Uint8Array[]): Promise<Stored>;
  status(datasetId: string, quarantineShown: number): Promise<DatasetStatus>;
  known(datasetId: string, keys: string[]): Promise<(string | null)[]>;
  layout(datasetId: string): Promise<Layout>;
  seen(datasetId: string, parcel: Uint8Array): Promise<Uint8Array>;
  register(name: string): Promise<void>;
  datasets(): Promise<string[]>;
  replay(datasetId: string, ids?: number[]): Promise<{ replayed: number; too_old: number }>;
  refused(datasetId: string, counts: Record<string, number>): Promise<void>;
  health(datasetId: string): Promise<Health>;
}
