// Two ways to do the same, timed in turns, so that whatever else the machine does meets both.

/** Something to time: does its work once with the input of that number, and returns what came of it. */
export type Work = (input: number) => unknown;

/** What one call took, over the rounds. */
export interface Timing {
  min: number;
  median: number;
  max: number;
}

/** What a comparison found. */
export interface Comparison {
  name: string;
  ours: Timing;
  theirs: Timing;
  /** How many times as fast ours is, round by round. */
  ratio: Timing;
}

const ROUNDS = 21;
const ROUND_MILLIS = 40;
const WARM_UP_MILLIS = 500;

/** Takes part in every result, so that no engine may leave the work out. */
let kept = 0;

/**
 * Calls `work` with `count` inputs in turn; how long one call took, in nanoseconds: processor time of
 * all threads, so that collecting garbage counts and what other programs do meanwhile does not.
 */
function time(work: Work, count: number): number {
  const start = process.cpuUsage();
  for (let input = 0; input < count; input++) {
    if (work(input) !== undefined) kept++;
  }
  const { user, system } = process.cpuUsage(start);
  return ((user + system) * 1000) / count;
}

/** Runs until the engine has compiled it; how many calls make a round. */
function warmUp(work: Work): number {
  const end = performance.now() + WARM_UP_MILLIS;
  let nanos = 0;
  do nanos = time(work, 1000);
  while (performance.now() < end);
  return Math.max(1000, Math.ceil((ROUND_MILLIS * 1e6) / nanos));
}

/** Least, median and most of all rounds. */
export function spread(values: number[]): Timing {
  const sorted = [...values].sort((one, other) => one - other);
  const at = (place: number) => sorted[place] ?? Number.NaN;
  return { min: at(0), median: at(sorted.length >> 1), max: at(sorted.length - 1) };
}

/** Times both in turns; every second round starts with the other one. */
export function compare(name: string, ours: Work, theirs: Work): Comparison {
  const count = { ours: warmUp(ours), theirs: warmUp(theirs) };
  const times = { ours: [] as number[], theirs: [] as number[] };
  for (let round = 0; round < ROUNDS; round++) {
    const turns = [
      () => times.ours.push(time(ours, count.ours)),
      () => times.theirs.push(time(theirs, count.theirs)),
    ];
    for (const turn of round % 2 ? turns.reverse() : turns) turn();
  }
  return {
    name,
    ours: spread(times.ours),
    theirs: spread(times.theirs),
    ratio: spread(times.theirs.map((nanos, round) => nanos / (times.ours[round] ?? Number.NaN))),
  };
}

/** Times one thing alone, the same way. */
export function measure(name: string, work: Work): { name: string; nanos: Timing } {
  const count = warmUp(work);
  const rounds = Array.from({ length: ROUNDS }, () => time(work, count));
  return { name, nanos: spread(rounds) };
}

const micros = (nanos: number) => (nanos / 1000).toFixed(2);
const spreadOf = ({ min, median, max }: Timing, show: (value: number) => string) =>
  `${show(median)} (${show(min)}–${show(max)})`;

/** A line each: medians, in brackets the least and the most of all rounds. */
export function print(title: string, columns: [string, string], rows: Comparison[]): void {
  const line = (name: string, ...cells: string[]) =>
    console.log(name.padEnd(46) + cells.map((cell) => cell.padStart(26)).join(""));
  console.log(`\n${title}, µs of processor time a call, ${ROUNDS} rounds in turns: median (least–most)\n`);
  line("", ...columns, "times as fast");
  for (const { name, ours, theirs, ratio } of rows) {
    line(
      name,
      spreadOf(ours, micros),
      spreadOf(theirs, micros),
      spreadOf(ratio, (value) => value.toFixed(2)),
    );
  }
}

/** The same for things that are compared with nothing. */
export function printAlone(title: string, rows: { name: string; nanos: Timing }[]): void {
  console.log(`\n${title}\n`);
  for (const { name, nanos } of rows) {
    console.log(name.padEnd(46) + spreadOf(nanos, micros).padStart(24));
  }
}
