// The methods that the worker calls on an outbox. They are apart from the outbox, so that the bindings can
// name its type without loading it.

import type { DatasetStatus, Health, Layout } from "#wasm/edge";

/** The outcome for the parcels of one call. */
export interface Stored {
  /** For each parcel: true if it is on disk, false if the outbox was full. */
  stored: boolean[];
}

/** The methods of an outbox that others call. */
export interface OutboxCalls extends Rpc.DurableObjectBranded {
  accept(datasetId: string, parcels: Uint8Array[]): Promise<Stored>;
  orders(datasetId: string, parcels: Uint8Array[]): Promise<(Uint8Array | null)[]>;
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
