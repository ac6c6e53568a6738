// Where the outboxes of a dataset are: in regions of Cloudflare's, and numbered in each.

import type { Jurisdiction } from "#wasm/edge";

/** Where outboxes are; undefined is wherever they were needed first. */
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

/** Between a dataset and a region, in the registry. No dataset has such a sign. */
const AT = "@";
/** Numbers of the quarantine are those of their outbox; those of the second one begin here, */
const IDS_PER_OUTBOX = 2 ** 40;
/** and those of the first one in the second region behind the most outboxes that there may be. */
const OUTBOXES_PER_REGION = 64;

/** The places of so many outboxes in a region. */
export function placesIn(region: Region, outboxes: number): Place[] {
  const first = REGIONS.indexOf(region) * OUTBOXES_PER_REGION;
  return Array.from({ length: outboxes }, (_, number) => ({ region, number, place: first + number }));
}

/** The name of an outbox in its region; the first one has the dataset's own. */
export const nameOf = (datasetId: string, number: number) =>
  number === 0 ? datasetId : `${datasetId}#${number}`;

/** The name under which the registry knows that a dataset has outboxes in a region. */
export const registeredName = (datasetId: string, region: Region) =>
  region === undefined ? datasetId : `${datasetId}${AT}${region}`;

/** What the registry says by a name. */
export function fromRegistry(name: string): { id: string; region: Region } {
  const [id = "", region] = name.split(AT);
  return { id, region: REGIONS.find((known) => known === region) };
}

/** The number of an event in quarantine, as an operator sees it: unique among a dataset's outboxes. */
export const publicId = (place: number, id: number) => place * IDS_PER_OUTBOX + id;

/** The numbers that are of one outbox, as that one has them. */
export function idsOf(place: number, ids: number[]): number[] {
  const own = ids.filter((id) => Math.floor(id / IDS_PER_OUTBOX) === place);
  return own.map((id) => id % IDS_PER_OUTBOX);
}
