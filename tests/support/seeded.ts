// Numbers that look random and are the same for the same seed.

/** The numbers of a seed, from 0 up to 1 (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** One of these, each as often as its parts of all. */
export function weighted<T extends string>(parts: Record<T, number>, random: () => number): T {
  const all = Object.entries(parts) as [T, number][];
  let left = random() * all.reduce((sum, [, part]) => sum + part, 0);
  for (const [one, part] of all) {
    left -= part;
    if (left < 0) return one;
  }
  return (all[0] as [T, number])[0];
}
