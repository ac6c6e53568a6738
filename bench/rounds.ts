// Times two ways to do the same in turns, so that other load of the machine affects both.

/** The work to time. It does its work once with the input of that number, and returns the result. */
export type Work = (input: number) => unknown;

/** The time of one call, over the rounds. */
export interface Timing {
  min: number;
  median: number;
  max: number;
}

/** The result of a comparison. */
export interface Comparison {
  name: string;
  ours: Timing;
  theirs: Timing;
  /** The speed of ours, as a multiple of theirs, round by round. */
  ratio: Timing;
}

const ROUNDS = 21;
const ROUND_MILLIS = 40;
const WARM_UP_MILLIS = 500;

/** Counts all results, so that the engine cannot leave the work out. */
let kept = 0;

/**
 * Calls `work` with `count` inputs in turn. Returns the time of one call, in nanoseconds. It is processor
 * time of all threads: garbage collection counts, other programs do not.
 */
function time(work: Work, count: number): number {
  const start = process.cpuUsage();
  for (let input = 0; input < count; input++) {
    if (work(input) !== undefined) kept++;
  }
  const { user, system } = process.cpuUsage(start);
  return ((user + system) * 1000) / count;
}

/** Runs `work` until the engine has compiled it. Returns the number of calls in a round. */
function warmUp(work: Work): number {
  const end = performance.now() + WARM_UP_MILLIS;
  let nanos = 0;
  do nanos = time(work, 1000);
  while (performance.now() < end);
  return Math.max(1000, Math.ceil((ROUND_MILLIS * 1e6) / nanos));
}

/** Returns the least, median and greatest of the values. */
export function spread(values: number[]): Timing {
  const sorted = [...values].sort((one, other) => one - other);
  const at = (place: number) => sorted[place] ?? Number.NaN;
  return { min: at(0), median: at(sorted.length >> 1), max: at(sorted.length - 1) };
}

/** Times both in turns. Every second round starts with the other one. */
export function compare(name: string, ours: Work, theirs: Work): Comparison {
  const count = { ours: warmUp(ours), theirs: warmUp(theirs) };
  const times = { ours: [] as number[], theirs: [] as number[] };
  for (let round = 0; round < ROUNDS; round++) {
    const turns = [
      () => times.ours.push(time(ours, count.ours)),
      () => times.theirs.push(time(theirs, count.theirs)),
    ];
    for (const turn of round % 2 === 1 ? turns.reverse() : turns) turn();
  }
  return {
    name,
    ours: spread(times.ours),
    theirs: spread(times.theirs),
    ratio: spread(times.theirs.map((nanos, round) => nanos / (times.ours[round] ?? Number.NaN))),
  };
}

/** Times one thing alone, in the same way. */
export function measure(name: string, work: Work): { name: string; nanos: Timing } {
  const count = warmUp(work);
  const rounds = Array.from({ length: ROUNDS }, () => time(work, count));
  return { name, nanos: spread(rounds) };
}

const micros = (nanos: number) => (nanos / 1000).toFixed(2);
const spreadOf = ({ min, median, max }: Timing, show: (value: number) => string) =>
  `${show(median)} (${show(min)}–${show(max)})`;

/** Prints a line for each comparison: medians, and in brackets the least and the greatest of all rounds. */
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

/** Prints the same for things that are compared with nothing. */
export function printAlone(title: string, rows: { name: string; nanos: Timing }[]): void {
  console.log(`\n${title}\n`);
  for (const { name, nanos } of rows) {
    console.log(name.padEnd(46) + spreadOf(nanos, micros).padStart(24));
  }
}
