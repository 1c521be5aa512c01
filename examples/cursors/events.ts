// What travels between pages and server.

import type { EventsOf } from "@alkdev/pubsub";
import * as v from "valibot";

/** From 0 to 1: windows are of different sizes. */
const fraction = v.pipe(v.number(), v.minValue(0), v.maxValue(1));

/** Where a pointer is; `null` when it is nowhere on the page. */
const place = v.nullable(
  v.strictObject({ x: fraction, y: fraction, isDown: v.boolean() }),
);
export type Place = v.InferOutput<typeof place>;

/** Somebody with the page open. */
export interface Visitor {
  readonly id: string;
  readonly place: Place;
}

export type CursorEvent = EventsOf<{
  /** A page tells all others; the id is the visitor's. */
  "cursor.moved": Place;
  /** A page has just connected; the id is the visitor's. */
  "visitor.came": null;
  /** The server tells all pages who is here. */
  "visitors.changed": readonly Visitor[];
}>;

/** By event type: what pages may send. */
export const schemas = {
  "cursor.moved": place,
  "visitor.came": v.null(),
};
