// Bars of block characters, an eighth of a column at a time.

const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/** A bar that takes a part, from 0 to 1, of so many columns. */
export function barText(part: number, columns: number): string {
  const eighths = Math.round(Math.min(1, Math.max(0, part)) * columns * 8);
  return "█".repeat(Math.floor(eighths / 8)) + EIGHTHS[eighths % 8];
}
