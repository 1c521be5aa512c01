// What travels between sensors and hub. The id of both is the sensor's node id.

import type { EventsOf } from "@alkdev/pubsub";
import * as v from "valibot";

/** Letters alone: the hub writes them to a terminal. */
const name = v.pipe(v.string(), v.regex(/^[\p{L}\p{N}_-]{1,16}$/u));
const count = v.pipe(v.number(), v.integer(), v.minValue(1));
/** Milliseconds between two readings. */
const interval = v.pipe(
  v.number(),
  v.integer(),
  v.minValue(10),
  v.maxValue(60_000),
);

export const reading = v.strictObject({
  /** Freely chosen; the node id is not. */
  name,
  celsius: v.pipe(v.number(), v.minValue(-273.15), v.maxValue(10_000)),
  /** Counted from the start of the sensor: a gap is a loss. */
  number: count,
  interval,
});
export type Reading = v.InferOutput<typeof reading>;

export const command = v.strictObject({ interval });
export type Command = v.InferOutput<typeof command>;

export type FleetEvent = EventsOf<{
  /** A sensor has measured. */
  "reading.taken": Reading;
  /** The hub tells one sensor what to do. */
  "direct": Command;
}>;

/** Whether a sensor can have this name. */
export function isName(text: string): boolean {
  return v.is(name, text);
}
