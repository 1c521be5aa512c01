/**
 * Publishing in process.
 *
 * Method: one iteration publishes 1 000 events and returns once all have been
 * received; subscribers are those of `_in_process.ts`. The baseline of
 * iterators is another library, that of listeners the bare `EventTarget`.
 */

import { iterating, listening, type Run } from "./_in_process.ts";

const EVENTS = 1000;

function bench(
  name: string,
  group: string,
  run: Run,
  options?: { baseline: true },
): void {
  // Deno awaits nothing but what is written as an `async` function.
  Deno.bench(name, { group, ...options }, async () => await run(EVENTS));
}

for (
  const [how, burst] of [["one by one", 1], ["100 at once", 100]] as const
) {
  const { ours, yoga } = iterating(burst);
  const group = `${EVENTS} events to an iterator, ${how}`;
  bench("@graphql-yoga/subscription", group, yoga, { baseline: true });
  bench("ours", group, ours);
}

for (
  const [who, listeners, ids] of [
    ["a listener", 1, 1],
    ["10 listeners", 10, 1],
    ["a listener on each of 1 000 topics", 1, 1000],
  ] as const
) {
  const { ours, bare } = listening(listeners, ids);
  const group = `${EVENTS} events to ${who}`;
  bench("EventTarget, CustomEvent", group, bare, { baseline: true });
  bench("ours", group, ours);
}
