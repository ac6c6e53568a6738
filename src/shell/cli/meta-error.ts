// Meta's errors in plain words. The table is the relay's, whose tests hold it to its verdicts.

import TABLE from "../../relay/outbox/meta_errors.json" with { type: "json" };

/** An error of the Graph API, in plain words. */
export interface MetaError {
  code: number;
  /** The last code of a range. */
  to?: number;
  subcode?: number;
  /** The `type` of Meta's error object, where it decides. */
  type?: string;
  title: string;
  /** The meaning, as a sentence. */
  means: string;
  /** The bridge's reaction. */
  does: keyof typeof ACTIONS;
  /** The operator's next step. */
  do: string;
  /** The document or the evidence. */
  source: string;
}

/** The bridge's treatment of the events of a request that got such an error. */
export const ACTIONS = {
  retry: "keeps the events and sends them again after a pause that grows, with the same ids and times.",
  wait: "keeps the events, waits as long as Meta asks, and sends them again.",
  quarantine:
    "sends the events again in smaller requests, so that the good ones arrive, and puts the bad ones into quarantine with Meta's message.",
  stop: "stops sending to the dataset, raises an alarm and keeps the events, for 7 days at most.",
};

export const META_ERRORS = TABLE as readonly MetaError[];

/** Returns the name of an error: its code, and its subcode where it has one. */
export function nameOf({ code, to, subcode, type }: MetaError): string {
  const range = to === undefined ? `${code}` : `${code}-${to}`;
  return `${range}${subcode === undefined ? "" : `/${subcode}`}${type === undefined ? "" : ` (${type})`}`;
}

/** Returns what is known of an error. The list is empty for an unknown code; a subcode may be unknown. */
export function explain(code: number, subcode?: number): { errors: MetaError[]; isSubcodeKnown: boolean } {
  const ofCode = META_ERRORS.filter((row) => code >= row.code && code <= (row.to ?? row.code));
  const exact = ofCode.filter((row) => row.subcode === subcode && subcode !== undefined);
  if (exact.length > 0) return { errors: exact, isSubcodeKnown: true };
  const errors = ofCode.filter((row) => row.subcode === undefined);
  return { errors, isSubcodeKnown: subcode === undefined };
}
