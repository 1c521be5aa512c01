// Over a MessagePort, where the test can be the other end by itself.

import assert from "node:assert/strict";
import { ConnectionError, createEvent, type EventEnvelope } from "../mod.ts";
import { createWorkerHostEventTarget, type WorkerFault } from "../worker.ts";
import { counted } from "./_counting.ts";
import { envelopesOn, Log } from "./_waiting.ts";

Deno.test.sanitizer({ ops: true, resources: true });

/** Web Locks, which Deno has and its types do not. */
const { locks } = navigator as unknown as {
  locks: {
    request(name: string, callback: () => Promise<void>): Promise<void>;
  };
};

/** A channel that is closed with the test: a port of it keeps a process. */
class Channel implements Disposable {
  readonly #channel = new MessageChannel();
  readonly here: MessagePort = this.#channel.port1;
  readonly there: MessagePort = this.#channel.port2;

  /** Takes the other end; gives what arrives there. */
  listen(): Log<EventEnvelope> {
    const log = new Log<EventEnvelope>();
    this.there.onmessage = ({ data }) => log.add(data);
    return log;
  }

  [Symbol.dispose](): void {
    this.here.close();
    this.there.close();
  }
}

const ping = (id: string): EventEnvelope => ({
  type: "__ping",
  id,
  payload: null,
});
const pong = (id: string): EventEnvelope => ({ ...ping(id), type: "__pong" });

Deno.test("over ports, both ends are alike", async () => {
  using channel = new Channel();
  await using here = createWorkerHostEventTarget(channel.here);
  await using there = createWorkerHostEventTarget(channel.there);
  const [atHere, atThere] = [here, there].map((end) => envelopesOn(end, "n"));
  here.dispatchEvent(createEvent("n", "1", new Set([1])));
  there.dispatchEvent(createEvent("n", "2", 2n));
  await Promise.all([here.flush(), there.flush()]);
  assert.deepEqual(atThere!.all, [{
    type: "n",
    id: "1",
    payload: new Set([1]),
  }]);
  assert.deepEqual(atHere!.all, [{ type: "n", id: "2", payload: 2n }]);
});

Deno.test("over ports, nothing is missed that came before the target", async () => {
  using channel = new Channel();
  await using here = createWorkerHostEventTarget(channel.here);
  for (const n of [1, 2, 3]) here.dispatchEvent(createEvent("n", "", n));
  const flushed = here.flush();
  await using there = createWorkerHostEventTarget(channel.there);
  const heard = envelopesOn(there, "n");
  await flushed;
  assert.deepEqual(heard.all.map(({ payload }) => payload), [1, 2, 3]);
});

Deno.test("over a port, an envelope is what is posted", async () => {
  using channel = new Channel();
  const posted = channel.listen();
  await using here = createWorkerHostEventTarget(channel.here);
  const payload = { when: new Date(5), map: new Map([[1n, /x/]]) };
  here.dispatchEvent(createEvent("job.done", "7", payload));
  const sent = await posted.find(({ type }) => type === "job.done");
  assert.deepEqual(sent, { type: "job.done", id: "7", payload });
});

Deno.test("over a port, a ping is answered behind what came before it", async () => {
  using channel = new Channel();
  const posted = channel.listen();
  await using here = createWorkerHostEventTarget(channel.here);
  here.addEventListener("echo", ({ detail }) => {
    here.dispatchEvent(createEvent("echoed", detail.id, detail.payload));
  });
  channel.there.postMessage(ping("a"));
  channel.there.postMessage({ type: "echo", id: "1", payload: 1 });
  channel.there.postMessage(ping("b"));
  await posted.find(({ id }) => id === "b");
  const answers = posted.all.filter(({ type }) => type !== "__watch");
  assert.deepEqual(answers, [
    pong("a"),
    { type: "echoed", id: "1", payload: 1 },
    pong("b"),
  ]);
});

Deno.test("over a port, flush waits for the pong of its own ping", async () => {
  using channel = new Channel();
  const posted = channel.listen();
  await using here = createWorkerHostEventTarget(channel.here);
  const settled: string[] = [];
  const flushes = ["first", "second"].map((name) =>
    here.flush().then(() => settled.push(name))
  );
  await posted.find(() =>
    posted.all.filter(({ type }) => type === "__ping").length === 2
  );
  const ids = posted.all.filter(({ type }) => type === "__ping")
    .map(({ id }) => id);
  assert.notEqual(ids[0], ids[1]);
  channel.there.postMessage(pong("of nobody"));
  channel.there.postMessage(pong(ids[1]!));
  await flushes[1];
  assert.deepEqual(settled, ["second"]);
  channel.there.postMessage(pong(ids[0]!));
  await flushes[0];
});

Deno.test("over a port, a flush is not answered by the pong of the target before", async () => {
  using channel = new Channel();
  const posted = channel.listen();
  const pings = () => posted.all.filter(({ type }) => type === "__ping");
  const first = createWorkerHostEventTarget(channel.here);
  const abandoned = assert.rejects(first.flush(), { name: "ClosedError" });
  await first.close();
  await abandoned;
  await using second = createWorkerHostEventTarget(channel.here);
  let isFlushed = false;
  const flushing = second.flush().then(() => isFlushed = true);
  await posted.find(() => pings().length === 2);
  const [before, own] = pings();
  const seen = new Log<unknown>();
  second.addEventListener("behind", ({ detail }) => seen.add(detail));
  // The answer to what the first one asked is on its way still.
  channel.there.postMessage(pong(before!.id));
  channel.there.postMessage({ type: "behind", id: "", payload: null });
  await seen.count(1);
  assert.equal(isFlushed, false, "the other end has not worked off anything");
  channel.there.postMessage(pong(own!.id));
  await flushing;
});

Deno.test("over a port, close takes its listeners off and leaves the port open", async () => {
  using channel = new Channel();
  const counts = counted(channel.here);
  const posted = channel.listen();
  const here = createWorkerHostEventTarget(channel.here);
  const heard = envelopesOn(here, "n");
  assert.ok(counts.listening > 0);
  await here.close();
  assert.equal(counts.listening, 0);
  assert.deepEqual(counts.removed.toSorted(), counts.added.toSorted());

  const raw = new Log<unknown>();
  channel.here.addEventListener("message", ({ data }) => raw.add(data));
  channel.there.postMessage({ type: "n", id: "", payload: 1 });
  channel.there.postMessage(ping("a"));
  await raw.count(2);
  channel.here.postMessage({ type: "last", id: "", payload: null });
  await posted.find(({ type }) => type === "last");
  assert.deepEqual(heard.all, []);
  assert.deepEqual(
    posted.all.filter(({ type }) => type === "__pong"),
    [],
    "what has closed answers nobody",
  );
});

Deno.test("over a port, close within a listener is the end at once", async () => {
  using channel = new Channel();
  const faults: WorkerFault[] = [];
  const here = createWorkerHostEventTarget(channel.here, {
    onError: (fault) => void faults.push(fault),
  });
  const heard: string[] = [];
  here.addEventListener("n", () => {
    heard.push("first");
    void here.close();
    assert.throws(() => here.dispatchEvent(createEvent("n", "", 1)), {
      name: "ClosedError",
    });
  });
  here.addEventListener("n", () => heard.push("second"));
  channel.there.postMessage({ type: "n", id: "", payload: 1 });
  channel.there.postMessage({ type: "n", id: "", payload: 2 });
  assert.equal(await here.closed, undefined);
  assert.deepEqual([heard, faults], [["first"], []]);
});

Deno.test("over a port, a listener hears events from a listener in order", async () => {
  using channel = new Channel();
  await using here = createWorkerHostEventTarget(channel.here);
  await using there = createWorkerHostEventTarget(channel.there);
  there.addEventListener("n", ({ detail }) => {
    const n = detail.payload as number;
    if (n < 100) there.dispatchEvent(createEvent("n", "", n + 1));
  });
  const heard = envelopesOn(here, "n");
  here.addEventListener("n", ({ detail }) => {
    here.dispatchEvent(createEvent("n", "", detail.payload as number + 1));
  });
  here.dispatchEvent(createEvent("n", "", 1));
  await heard.find(({ payload }) => payload === 100);
  assert.deepEqual(
    heard.all.map(({ payload }) => payload),
    Array.from({ length: 50 }, (_, i) => 2 * i + 2),
  );
});

Deno.test("over a port, the fall of a sign of life is the end of the target", async () => {
  using channel = new Channel();
  const posted = channel.listen();
  const here = createWorkerHostEventTarget(channel.here);
  await posted.find(({ type }) => type === "__watch");
  const name = `test/${crypto.randomUUID()}`;
  let fall = () => {};
  const held = locks.request(name, () => {
    channel.there.postMessage({ type: "__life", id: "", payload: { name } });
    return new Promise<void>((resolve) => fall = resolve);
  });
  const heard = envelopesOn(here, "n");
  for (let n = 0; n < 100; n++) {
    channel.there.postMessage({ type: "n", id: "", payload: n });
  }
  await heard.count(1);
  fall();
  const error = await here.closed;
  assert.ok(error instanceof ConnectionError);
  assert.equal(error.message, "Connection lost: the worker has ended");
  assert.equal(heard.all.length, 100, "what was sent before has arrived");
  await held;
});
