// What a listener sees of an event, in words: the same in every runtime, so that
// what the hub has judged can be compared with what subscribers get.

import type { TypedEvent, TypedEventTarget } from "@alkdev/pubsub";
import { topics } from "./_rows_payloads.ts";

/** Listens to all that the rows send, and tells what it sees, in order. */
export function watch(
  target: TypedEventTarget<TypedEvent>,
  tell: (view: string) => void,
): void {
  for (const topic of topics) {
    target.addEventListener(
      topic,
      ({ type, detail }) =>
        tell(`${JSON.stringify(type)} ${inWords(detail)}${pollution()}`),
    );
  }
}

/** A value, with its own properties alone; no recursion into what is deep. */
function inWords(value: unknown, level = 0): string {
  if (Object.is(value, -0)) return "-0";
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value !== "object" || value === null) return String(value);
  if (level === 9) return `${depthOf(value)} levels`;
  if (Array.isArray(value)) {
    return `[${value.map((one) => inWords(one, level + 1)).join(" ")}]`;
  }
  const parts = Object.entries(value).map(([key, one]) =>
    `${JSON.stringify(key)}: ${inWords(one, level + 1)}`
  );
  const { getPrototypeOf } = Object;
  const isPlain = getPrototypeOf(value) === Object.prototype;
  return `{${parts.join(", ")}}${isPlain ? "" : " of a strange prototype"}`;
}

function depthOf(value: unknown): number {
  let depth = 0;
  for (; Array.isArray(value); value = value[0]) depth++;
  return depth;
}

/** Says when something has got into every object. */
function pollution(): string {
  const empty: Record<string, unknown> = {};
  return empty.polluted === undefined && Object.keys(empty).length === 0
    ? ""
    : " POLLUTED";
}
