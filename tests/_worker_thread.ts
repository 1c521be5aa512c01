// The worker of the tests on workers: does what it is told over its target.

import process from "node:process";
import { parentPort } from "node:worker_threads";
import { createEvent } from "../mod.ts";
import { createWorkerThreadEventTarget } from "../worker.ts";

/** What a worker can be told, as the id of a `do` event, and its payload. */
const COMMANDS: Record<string, (payload: unknown) => void> = {
  /** Throws from a listener. */
  throw(payload) {
    throw new Error(String(payload));
  },
  /** Throws where nobody catches, before the next message is looked at. */
  crash(payload) {
    queueMicrotask(() => {
      throw new Error(String(payload));
    });
  },
  /** Throws, and looks after it. */
  stumble(payload) {
    const onError = (event: ErrorEvent) => {
      event.preventDefault();
      post(`caught: ${event.message}`);
    };
    globalThis.addEventListener("error", onError, { once: true });
    queueMicrotask(() => {
      throw new Error(String(payload));
    });
  },
  reject(payload) {
    void Promise.reject(new Error(String(payload)));
  },
  "close the target"() {
    void target.close();
    post("the target is closed");
  },
  "close the scope"() {
    globalThis.close();
  },
  exit(payload) {
    process.exit(payload as number);
  },
  /** Sends something of its own over the same wire. */
  post,
  "dispatch a function"() {
    try {
      target.dispatchEvent(createEvent("never", "", () => {}));
    } catch (error) {
      const { name } = error as Error;
      target.dispatchEvent(createEvent("thrown", name, null));
    }
  },
  /** Dispatches so many events, then is gone. */
  "count and leave"(payload) {
    for (let n = 0; n < (payload as number); n++) {
      target.dispatchEvent(createEvent("counted", "", n));
    }
    process.exit(0);
  },
  /** Dispatches so many events, then throws. */
  "count and crash"(payload) {
    for (let n = 0; n < (payload as number); n++) {
      target.dispatchEvent(createEvent("counted", "", n));
    }
    setTimeout(() => {
      throw new Error("crashed");
    });
  },
  /** Dispatches so many events, then closes its target. */
  "count and close"(payload) {
    for (let n = 0; n < (payload as number); n++) {
      target.dispatchEvent(createEvent("counted", "", n));
    }
    void target.close();
  },
};

function post(message: unknown): void {
  if (parentPort) parentPort.postMessage(message);
  else (globalThis as unknown as Worker).postMessage(message);
}

const target = createWorkerThreadEventTarget({
  onError({ error, topic }) {
    const { name, message } = error as Error;
    const fault = { name, message, topic };
    // Not by the target: it may have ended by this.
    post({ type: "fault", id: "", payload: fault });
  },
});
target.addEventListener("echo", ({ detail: { id, payload } }) => {
  target.dispatchEvent(createEvent("echoed", id, payload));
});
target.addEventListener("do", ({ detail: { id, payload } }) => {
  COMMANDS[id]!(payload);
});
