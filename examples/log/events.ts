// What travels: the events of a shop, and how their log is asked for.

import type { EventEnvelope, EventsOf } from "@alkdev/pubsub";
import * as v from "valibot";

const text = v.pipe(v.string(), v.minLength(1), v.maxLength(1_000));

/** The events of the shop, by type. The id is the order's. */
export const shop = {
  "order.viewed": v.strictObject({ by: text }),
  "order.placed": v.strictObject({ item: text, count: v.number() }),
  "order.shipped": v.strictObject({ to: text }),
};
type ShopEventMap = {
  [TType in keyof typeof shop]: v.InferOutput<typeof shop[TType]>;
};
export type ShopType = keyof ShopEventMap;

/** Those that are kept, unless the server is told otherwise. */
export const KEPT: readonly ShopType[] = ["order.placed", "order.shipped"];

/** An event that is kept. */
export interface Entry extends EventEnvelope {
  /** Its place: 1, 2, 3 and so on, without a gap. */
  readonly seq: number;
  /** When it was taken, in milliseconds since 1970. */
  readonly at: number;
}

/** What the server answers. */
export type Answer =
  /** Everything that was sent before the question is on the disk. */
  | { readonly kind: "synced"; readonly question: string }
  /** What is kept after a place; the last of it, if `isEnd`. */
  | {
    readonly kind: "page";
    readonly after: number;
    readonly entries: readonly Entry[];
    readonly isEnd: boolean;
    /** The place of the last one that is kept. */
    readonly last: number;
  };

/** All that travels. The id of questions and of `direct` is the client's. */
export type LogEvent = EventsOf<
  ShopEventMap & {
    /** A client asks for a `synced`. */
    "log.synced": { question: string };
    /** A client asks for a `page`. */
    "log.wanted": { after: number };
    /** The server tells all who follow what it has kept, in order. */
    "log.stored": Entry;
    "direct": Answer;
  }
>;

/** What clients may ask. */
export const questions = {
  "log.synced": v.strictObject({ question: v.pipe(v.string(), v.uuid()) }),
  "log.wanted": v.strictObject({
    after: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  }),
};

/** An entry as a line; what could be a command to a terminal is escaped. */
export function lineOf({ seq, at, ...envelope }: Entry): string {
  const entry = { seq, at: new Date(at).toISOString(), ...envelope };
  return JSON.stringify(entry).replaceAll(
    /[\x7f-\x9f]/g,
    (control) => `\\u00${control.charCodeAt(0).toString(16)}`,
  );
}
