// The worker: a thread of its own, so that work keeps nobody waiting. It talks to
// the server as the server talks to it.

import { createEvent } from "@alkdev/pubsub";
import { createWorkerThreadEventTarget } from "@alkdev/pubsub/event-target-worker";
import type { WorkEvent } from "./events.ts";

/** Milliseconds of work between two looks at what has arrived. */
const SLICE = 40;

const server = createWorkerThreadEventTarget<WorkEvent>();

server.addEventListener("work.begun", async ({ detail: { id, payload } }) => {
  const stopping = new AbortController();
  const { signal } = stopping;
  server.addEventListener(`work.stopped:${id}`, () => stopping.abort(), {
    signal,
  });
  try {
    const found = await countPrimes(payload.below, signal, (progress) => {
      server.dispatchEvent(createEvent("work.progressed", id, progress));
    });
    server.dispatchEvent(createEvent("work.done", id, found));
  } catch (error) {
    if (signal.aborted) return; // The server knows.
    server.dispatchEvent(createEvent("work.failed", id, String(error)));
  } finally {
    stopping.abort(); // Nobody listens for the end of what is over.
  }
});

async function countPrimes(
  below: number,
  signal: AbortSignal,
  onProgress: (progress: number) => void,
): Promise<number> {
  let found = 0;
  let until = performance.now() + SLICE;
  for (let n = 2; n < below; n++) {
    if (isPrime(n)) found++;
    if (performance.now() < until) continue;
    onProgress(n / below);
    await new Promise((resolve) => setTimeout(resolve));
    signal.throwIfAborted();
    until = performance.now() + SLICE;
  }
  return found;
}

function isPrime(n: number): boolean {
  for (let i = 2; i * i <= n; i++) if (n % i === 0) return false;
  return true;
}
