// What the charts have in common: whose colour is which, and how texts fit.

import type { Result, Unit } from "./_result.ts";

export const WIDTH = 760;
export const TEXT = "#1f2328";
export const FAINT = "#59636e";
export const GRID = "#e4e7eb";
export const FONT =
  "-apple-system, 'Segoe UI', 'Noto Sans', Helvetica, Arial, sans-serif";

const UNITS: Record<Unit, string> = {
  "msg/s": "Messages per second",
  "deliveries/s": "Deliveries per second",
  "MB/s": "MB per second",
  "µs": "Microseconds",
  "ms": "Milliseconds",
  "bytes": "Bytes",
};

/** Ours: blue, the strongest there is. */
const OURS = ["#0b4fc4", "#4d94ff", "#062a6b", "#00a3bf"];
/** Peers: warm. */
const PEERS: Record<string, string> = {
  "NATS": "#d9480f",
  "Redis": "#b01a3a",
  "Socket.IO": "#b8860b",
  "ws": "#f08c3a",
  "@graphql-yoga/subscription": "#b5339b",
  "it-length-prefixed": "#d9480f",
};
/** Limits: grey. */
const LIMITS = ["#8b949e", "#b8bfc7", "#6e7781", "#cdd3d9"];

export type Side = "ours" | "peer" | "limit";

/** Whose a series is, by its name. */
export function sideOf(name: string): Side {
  if (name.startsWith("@alkdev/pubsub")) return "ours";
  return /^(raw|bare|JSON)\b/.test(name) ? "limit" : "peer";
}

/** A colour for each name; the variants of ours are told apart. */
export function coloursOf(names: readonly string[]): Map<string, string> {
  const colours = new Map<string, string>();
  const kinds = [...new Set(names.map(variantOf))];
  const ours = kinds.filter((name) => sideOf(name) === "ours");
  const limits = kinds.filter((name) => sideOf(name) === "limit");
  for (const name of names) {
    const kind = variantOf(name);
    const side = sideOf(name);
    const peer = Object.keys(PEERS).find((peer) => name.startsWith(peer));
    colours.set(
      name,
      side === "ours"
        ? OURS[ours.indexOf(kind) % OURS.length]!
        : side === "limit"
        ? LIMITS[limits.indexOf(kind) % LIMITS.length]!
        : PEERS[peer ?? ""] ?? "#d9480f",
    );
  }
  return colours;
}

/** `@alkdev/pubsub, iroh (@number0), 3 hops` is of `…, iroh (@number0)`. */
function variantOf(name: string): string {
  return name.split(", ").slice(0, 2).join(", ");
}

/** The title says what, the line under it how to read; and their height. */
export function titleOf(
  { title, unit, better }: Result,
  rounds: number,
  axis?: string,
) {
  const by = axis === undefined ? "" : `, by ${axis}`;
  const spread = rounds > 1
    ? ` Medians of ${rounds} rounds, with the lowest and the highest.`
    : "";
  const text = wrap(title, 72);
  const subtext = wrap(
    `${UNITS[unit]}${by}: ${better} is better.${spread}`,
    112,
  );
  return {
    title: {
      left: 16,
      top: 14,
      itemGap: 6,
      text: text.join("\n"),
      subtext: subtext.join("\n"),
      textStyle: {
        fontFamily: FONT,
        fontSize: 16,
        lineHeight: 22,
        color: TEXT,
      },
      subtextStyle: {
        fontFamily: FONT,
        fontSize: 12,
        lineHeight: 16,
        color: FAINT,
      },
    },
    height: 32 + 22 * text.length + 16 * subtext.length,
  };
}

/** Broken into lines of so many characters, at spaces. */
export function wrap(text: string, width: number): string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1)!;
    if (line === "") lines[lines.length - 1] = word;
    else if (line.length + 1 + word.length <= width) {
      lines[lines.length - 1] = `${line} ${word}`;
    } else lines.push(word);
  }
  return lines;
}
