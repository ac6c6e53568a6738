// The changes between two statuses of a bridge, as lines. They have names of events and counts, nothing else of events.

import { explain } from "../meta-error.ts";

/** The fields of the bridge's status that are shown. `docs/operating.md` describes them. */
export interface Status {
  alarms: string[];
  warnings?: string[];
  refused: Record<string, number>;
  datasets: DatasetStatus[];
}

export interface DatasetStatus {
  dataset_id: string;
  sending: string;
  depth: number;
  per_minute: { accepted: number; delivered: number };
  totals: Record<string, number>;
  quarantined: number;
  quarantine: { id: number; event_name: string; refusal: { code: number; errorSubcode: number } }[];
}

/** The counters that are shown, with the words for them. */
const COUNTERS: [name: string, word: string][] = [
  ["accepted", "accepted"],
  ["merged", "merged"],
  ["repeated", "repeated"],
  ["delivered", "delivered"],
  ["quarantined", "to quarantine"],
  ["dropped", "dropped"],
  ["full", "refused: outbox full"],
  ["failed_requests", "failed requests"],
];

/** Returns the state of a bridge, a line for each dataset. */
export function summary({ datasets, alarms }: Status): string[] {
  const lines = datasets.map(
    ({ dataset_id, sending, depth, quarantined, per_minute: { accepted, delivered } }) =>
      `${dataset_id}  sending ${sending}, ${depth} waiting, ${quarantined} in quarantine, ` +
      `${Math.round(accepted)} accepted and ${Math.round(delivered)} delivered a minute`,
  );
  return [...lines, ...alarms.map((alarm) => `alarm: ${alarm}`)];
}

/** Returns what has changed since the status before. */
export function changes(before: Status, after: Status): string[] {
  const lines = after.datasets.flatMap((dataset) => {
    const old = before.datasets.find(({ dataset_id }) => dataset_id === dataset.dataset_id);
    return changesOf(old, dataset);
  });
  const refused = Object.entries(after.refused).flatMap(([reason, count]) => {
    const more = increase(before.refused[reason], count);
    return more > 0 ? [`${reason} ${more}`] : [];
  });
  if (refused.length > 0) lines.push(`refused: ${refused.join(", ")}`);
  for (const alarm of after.alarms) if (!before.alarms.includes(alarm)) lines.push(`alarm: ${alarm}`);
  for (const alarm of before.alarms) if (!after.alarms.includes(alarm)) lines.push(`alarm over: ${alarm}`);
  return lines;
}

function changesOf(before: DatasetStatus | undefined, after: DatasetStatus): string[] {
  const { dataset_id: id, totals, sending, depth } = after;
  const counted = COUNTERS.flatMap(([name, word]) => {
    const more = increase(before?.totals[name], totals[name] ?? 0);
    return more > 0 ? [`${more} ${word}`] : [];
  });
  const lines = counted.length > 0 ? [`${id}  ${counted.join(", ")}; ${depth} waiting`] : [];
  if (before !== undefined && before.sending !== sending) lines.push(`${id}  sending is now ${sending}`);
  const known = new Set(before?.quarantine.map((entry) => entry.id));
  for (const { id: number, event_name, refusal } of after.quarantine) {
    if (before === undefined || known.has(number)) continue;
    const { code, errorSubcode } = refusal;
    const [row] = explain(code, errorSubcode === 0 ? undefined : errorSubcode).errors;
    const name = errorSubcode === 0 ? `${code}` : `${code}/${errorSubcode}`;
    lines.push(
      `${id}  quarantine ${number}: ${event_name}, error ${name}${row === undefined ? "" : `, ${row.title}`}`,
    );
  }
  return lines;
}

/** Returns by how much a counter grew. A counter that is smaller has started again at 0. */
function increase(before = 0, after: number): number {
  return after < before ? after : after - before;
}
