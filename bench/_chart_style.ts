// What the charts have in common: whose colour is which, and how texts fit.

import { type Result, roundsOf, type Unit } from "./_result.ts";

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

/** Whoever comes in several charts has one colour in all of them. */
const COLOURS: Record<string, string> = {
  // Ours are blue, the strongest there is.
  "@alkdev/pubsub, iroh (@rayhanadev)": "#0b4fc4",
  "@alkdev/pubsub, iroh (@number0)": "#4d94ff",
  "@alkdev/pubsub, WebSocket": "#062a6b",
  "@alkdev/pubsub, synchronous core": "#062a6b",
  "@alkdev/pubsub, streams": "#2f7df6",
  "@alkdev/pubsub": "#0b4fc4",
  // Peers are any other colour, told apart by who sees no red or green, too.
  "NATS": "#d1350f",
  "Redis": "#7a1f6b",
  "Socket.IO": "#00875f",
  "ws": "#c48a00",
  "@graphql-yoga/subscription": "#b5339b",
  "it-length-prefixed": "#d1350f",
};
const OTHER_PEER = "#d1350f";
/** The points of their lines, which tell them apart without any colour. */
const SYMBOLS: Record<string, string> = {
  "NATS": "diamond",
  "Redis": "rect",
  "Socket.IO": "triangle",
  "ws": "roundRect",
};
/** Limits are grey, which have to be told apart where they are lines. */
const LIMITS = ["#7d8590", "#a3abb4", "#5b646e", "#bcc3ca"];

export type Side = "ours" | "peer" | "limit";

/** Whose a series is, by its name. */
export function sideOf(name: string): Side {
  if (name.startsWith("@alkdev/pubsub")) return "ours";
  return /^(raw|bare|JSON)\b/.test(name) ? "limit" : "peer";
}

/** Of the `n`th limit, or of whoever else has that name. */
export function colourOf(name: string, n = 0): string {
  if (sideOf(name) === "limit") return LIMITS[n % LIMITS.length]!;
  return COLOURS[systemOf(name)] ?? OTHER_PEER;
}

/** The shape of the points on its line. */
export function symbolOf(name: string): string {
  return SYMBOLS[systemOf(name)] ?? "circle";
}

/** `NATS` of `NATS, 10 topics each`: the longest name known that it begins with. */
export function systemOf(name: string): string {
  return Object.keys(COLOURS).filter((one) => name.startsWith(one))
    .sort((a, b) => b.length - a.length)[0] ?? name.split(",")[0]!;
}

/** `10 topics each` of `NATS, 10 topics each`: what of it was measured. */
export function kindOf(name: string): string {
  return name.slice(systemOf(name).length).replace(/^, /, "");
}

/**
 * The title says what, the line under it how to read; and their height.
 *
 * @param how What is to be said after the unit: `, log scale`.
 */
export function titleOf(result: Result, how: string) {
  const { title, unit, better } = result;
  const rounds = roundsOf(result);
  const spread = rounds > 1
    ? ` Median, lowest and highest of ${rounds} rounds.`
    : "";
  const text = wrap(title, 72);
  const subtext = wrap(
    `${UNITS[unit]}${how}: ${better} is better.${spread}`,
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

/** Broken into lines of so many characters: after commas, or else at spaces. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const part of text.split(/(?<=,) /)) {
    for (const [i, word] of part.split(" ").entries()) {
      const line = lines.at(-1);
      const rest = i === 0 ? part : word;
      const fits = line !== undefined && line.length < width - rest.length;
      // A part that fits nowhere as a whole begins where its first word fits.
      const begins = line !== undefined && i === 0 && part.length > width &&
        line.length < width - word.length;
      if (fits || begins) lines[lines.length - 1] = `${line} ${word}`;
      else lines.push(word);
    }
  }
  return lines;
}
