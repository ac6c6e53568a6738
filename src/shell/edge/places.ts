// Names and numbers the outboxes of a dataset, in each of Cloudflare's regions.

import type { Jurisdiction } from "#wasm/edge";

/** The region of an outbox; undefined if Cloudflare places it near its first request. */
export type Region = Jurisdiction | undefined;
const REGIONS: readonly Region[] = [undefined, "eu", "fedramp"];

/** One outbox of a dataset. */
export interface Place {
  region: Region;
  /** Its number in the region. */
  number: number;
  /** Its number among all of the dataset. */
  place: number;
}

/** The sign between dataset and region in a name of the registry. No dataset id has it. */
const AT = "@";
/** The number of quarantine ids per outbox. Public ids of the outbox at place `n` begin at `n` times this. */
const IDS_PER_OUTBOX = 2 ** 40;
/** The most outboxes of a dataset in one region. Places of the second region begin here. */
const OUTBOXES_PER_REGION = 64;

/** Returns the places of this many outboxes in a region. */
export function placesIn(region: Region, outboxes: number): Place[] {
  const first = REGIONS.indexOf(region) * OUTBOXES_PER_REGION;
  return Array.from({ length: outboxes }, (_, number) => ({ region, number, place: first + number }));
}

/** Returns the name of an outbox in its region. The first one has the dataset's id as its name. */
export const nameOf = (datasetId: string, number: number) =>
  number === 0 ? datasetId : `${datasetId}#${number}`;

/** Returns the name in the registry of a dataset that has outboxes in a region. */
export const registeredName = (datasetId: string, region: Region) =>
  region === undefined ? datasetId : `${datasetId}${AT}${region}`;

/** Parses a name of the registry. */
export function fromRegistry(name: string): { id: string; region: Region } {
  const [id = "", region] = name.split(AT);
  return { id, region: REGIONS.find((known) => known === region) };
}

/** Returns the id of a quarantined event for operators. It is unique among a dataset's outboxes. */
export const publicId = (place: number, id: number) => place * IDS_PER_OUTBOX + id;

/** Returns the ids that belong to one outbox, as that outbox numbers them. */
export function idsOf(place: number, ids: number[]): number[] {
  const own = ids.filter((id) => Math.floor(id / IDS_PER_OUTBOX) === place);
  return own.map((id) => id % IDS_PER_OUTBOX);
}
