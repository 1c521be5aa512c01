// Numbers that look random and are the same in every run.

/** Gives whole numbers from 0 to below a limit (mulberry32). */
export function randomOf(seed: number): (below: number) => number {
  return (below) => {
    seed = (seed + 0x6D2B79F5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor(((t ^ (t >>> 14)) >>> 0) / 4294967296 * below);
  };
}
