// The calls of examples/rpc: both ends as processes, and rpc.ts by itself.

import assert from "node:assert/strict";
import * as v from "valibot";
import { createEvent } from "../envelope.ts";
import {
  type Api,
  createRpcClient,
  method,
  RpcError,
  type RpcEvent,
  rpcPolicy,
  serveRpc,
} from "../examples/rpc/rpc.ts";
import { createIrohHubEventTarget } from "../iroh_hub.ts";
import {
  createIrohSpokeEventTarget,
  type IrohSpokeEventTarget,
} from "../iroh_spoke.ts";
import { Example } from "./_example.ts";
import { number0, type TestEndpoint } from "./_iroh.ts";
import { envelopesOn, Log } from "./_waiting.ts";

Deno.test.sanitizer({ ops: true, resources: true });

function testRpc(name: string, fn: () => Promise<void>): void {
  Deno.test({
    name: `example rpc: ${name}`,
    ignore: number0.unavailable !== undefined,
    fn,
  });
}

testRpc("one command shows calls, errors, a timeout and an end", async () => {
  await using tour = new Example("example:rpc");
  const [, me] = await tour.find(/^This is node ([0-9a-f]{64})$/);
  assert.equal(await tour.ended(), 0);
  assert.deepEqual(tour.errors.all, []);
  const after = (what: string) => {
    const { all } = tour.lines;
    return all.slice(all.indexOf(what) + 1).find((line) =>
      /^ {2}\S/.test(line)
    );
  };
  assert.equal(after("whoami"), `  → "${me}"`);
  assert.match(after("machine")!, /→ {"name":/);
  assert.equal(after("divide 1 / 4"), "  → 0.25");
  assert.match(after("divide 1 / 0")!, /✗ division_by_zero RpcError: 1 \/ 0/);
  assert.match(after("divide nonsense")!, /✗ invalid_params /);
  assert.match(after("what failed stays there")!, /✗ internal /);
  assert.match(
    after("sleep a minute, for 200 ms at the most")!,
    /✗ timeout /,
  );
  assert.match(after("sleep a minute, and stop it")!, /I changed my mind/);
  assert.match(after("a call in the name of another")!, /nobody/);
  const { length } = tour.lines.all.filter((line) =>
    /server: .* no longer waits for sleep/.test(line)
  );
  assert.equal(length, 2);
});

testRpc("a server and callers by themselves", async () => {
  const folder = await Deno.makeTempDir({ prefix: "pubsub-rpc-" });
  await using server = new Example("example:rpc", ["serve"]);
  const [ticket] = await server.find(/endpoint\w+/);
  const start = (...args: string[]) =>
    new Example("example:rpc", [
      ...["call", "--key", `${folder}/key`, ticket, ...args],
    ]);
  const call = async (...args: string[]) => {
    await using caller = start(...args);
    const code = await caller.ended();
    return [code, ...caller.lines.all, ...caller.errors.all];
  };
  const [, who] = await call("whoami");
  const name = String(who).slice(1, 9);
  assert.match(name, /^[0-9a-f]{8}$/);
  assert.deepEqual(await call("whoami"), [0, who], "the key is who one is");
  assert.deepEqual(await call("divide", `{"a":1,"b":4}`), [0, "0.25"]);
  const nothing = "RpcError: 1 / 0 is nothing";
  assert.deepEqual(await call("divide", `{"a":1,"b":0}`), [1, nothing]);
  const unknown = "RpcError: There is no such method";
  assert.deepEqual(await call("constructor"), [1, unknown]);

  /** Starts a call that takes its time. */
  const sleep = async (ms: string, ...args: string[]) => {
    server.lines.all.length = 0;
    const caller = start("sleep", ms, ...args);
    await server.find(/calls 'sleep'|calls "sleep"/);
    return caller;
  };
  const isFree = () => server.find(new RegExp(`^${name} no longer waits`));
  const late = await sleep("60000", "--timeout", "300");
  await isFree();
  assert.equal(await late.ended(), 1);
  const stopped = await sleep("60000");
  stopped.interrupt();
  await isFree();
  assert.equal(await stopped.ended(), 1);
  assert.deepEqual(stopped.errors.all, ["Error: Stopped"]);
  const killed = await sleep("60000");
  await killed.kill();
  await isFree();

  // What is under way is answered before the server ends.
  const last = await sleep("1000");
  assert.equal(await server.stop(), 0);
  assert.equal(await last.ended(), 0);
  assert.deepEqual(last.lines.all, [`"slept for 1000 ms"`]);
  await Deno.remove(folder, { recursive: true });
});

const waiting = new Log<string>();
const api = {
  whoami: method(v.null(), (_params, { id }) => id),
  twice: method(v.number(), (n) => Promise.resolve(n * 2)),
  big: method(v.null(), () => 1n),
  wait: method(v.string(), (name, { signal }) => {
    waiting.add(name);
    return new Promise<string>((resolve) =>
      signal.addEventListener("abort", () => {
        waiting.add(`${name} stopped`);
        resolve("nobody hears it");
      })
    );
  }),
} satisfies Api;

/** A hub that is the server, and who dials it. */
class Stage implements AsyncDisposable {
  readonly #closers: (() => Promise<unknown>)[] = [];
  readonly refusals = new Log<string>();
  own!: TestEndpoint;
  server!: ReturnType<typeof serveRpc>;

  static async open(): Promise<Stage> {
    const stage = new Stage();
    stage.own = await stage.#endpoint();
    const hub = await createIrohHubEventTarget<RpcEvent>({
      endpoint: stage.own.endpoint,
      ...rpcPolicy(),
      onDisconnection: ({ id }) => stage.server.forget(id),
      onError: ({ error }) => stage.refusals.add(String(error)),
    });
    stage.#closers.push(() => hub.close());
    stage.server = serveRpc(hub, api);
    return stage;
  }

  async peer(): Promise<{ me: string; spoke: IrohSpokeEventTarget<RpcEvent> }> {
    const { endpoint, nodeId } = await this.#endpoint();
    const spoke = await createIrohSpokeEventTarget<RpcEvent>({
      endpoint,
      hubNodeId: this.own.address,
      reconnect: { minDelay: 60_000, maxDelay: 60_000 },
      offline: "throw",
    });
    this.#closers.push(() => spoke.close());
    return { me: nodeId, spoke };
  }

  async client() {
    const { me, spoke } = await this.peer();
    return { me, spoke, rpc: createRpcClient<typeof api>(spoke, me) };
  }

  async #endpoint(): Promise<TestEndpoint> {
    const endpoint = await number0.createEndpoint();
    this.#closers.push(() => endpoint.close());
    return endpoint;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const close of this.#closers.reverse()) await close();
  }
}

testRpc("calls are typed, and each gets its own answer", async () => {
  await using stage = await Stage.open();
  const { me, rpc } = await stage.client();
  const whoami: string = await rpc.call("whoami", null);
  assert.equal(whoami, me);
  const numbers = Array.from({ length: 12 }, (_, i) => i);
  assert.deepEqual(
    await Promise.all(numbers.map((n) => rpc.call("twice", n))),
    numbers.map((n) => n * 2),
  );
  const typed = () => {
    // @ts-expect-error -- it takes a number
    void rpc.call("twice", "1");
    // @ts-expect-error -- there is none
    void rpc.call("thrice", 1);
    // @ts-expect-error -- it gives a number
    const text: Promise<string> = rpc.call("twice", 1);
    return text;
  };
  assert.equal(typeof typed, "function");
  const code = (code: string) => (error: unknown) =>
    error instanceof RpcError && error.code === code;
  const untyped = rpc.call as (...args: unknown[]) => Promise<unknown>;
  await assert.rejects(untyped("constructor", null), code("unknown_method"));
  await assert.rejects(untyped("twice", "1"), code("invalid_params"));
  const logged = console.error;
  console.error = () => {};
  await assert.rejects(rpc.call("big", null), code("internal"));
  console.error = logged;
});

testRpc("what nobody waits for is stopped at the server", async () => {
  await using stage = await Stage.open();
  const { rpc, spoke } = await stage.client();
  const seen = (name: string) => waiting.find((one) => one === name);
  await assert.rejects(rpc.call("wait", "late", { timeout: 50 }), {
    code: "timeout",
  });
  await seen("late stopped");
  const stopping = new AbortController();
  const stopped = rpc.call("wait", "signal", { signal: stopping.signal });
  await seen("signal");
  stopping.abort(new Error("enough"));
  await assert.rejects(stopped, /enough/);
  await seen("signal stopped");
  const { signal } = stopping;
  await assert.rejects(rpc.call("wait", "never", { signal }), /enough/);

  // 16 at a time: one caller cannot take all of the server.
  const many = Array.from(
    { length: 16 },
    (_, i) => rpc.call("wait", `no. ${i}`),
  );
  const lost = Promise.allSettled(many);
  await seen("no. 15");
  await assert.rejects(rpc.call("twice", 1), { code: "busy" });
  const other = await stage.client();
  assert.equal(await other.rpc.call("twice", 1), 2);

  // The end of a connection is the end of its calls.
  const left = stage.server.idle();
  await spoke.close();
  rpc.lost();
  await left;
  for (const result of await lost) {
    assert.equal(result.status, "rejected");
    assert.equal(result.reason.code, "lost");
  }
  await assert.rejects(rpc.call("whoami", null));
  assert.ok(!waiting.all.includes("never"));
});

testRpc(
  "nobody calls in another's name, answers for the server, or listens in",
  async () => {
    await using stage = await Stage.open();
    const alice = await stage.client();
    const mallory = await stage.peer();
    const answers = envelopesOn(alice.spoke, `direct:${alice.me}`);
    const overheard = envelopesOn(mallory.spoke, `direct:${alice.me}`);
    const calls = envelopesOn(mallory.spoke, "rpc.called");
    await mallory.spoke.flush();
    const asked = { call: "1", method: "whoami", params: null };
    mallory.spoke.dispatchEvent(createEvent("rpc.called", alice.me, asked));
    const forged = { call: "1", result: "forged" };
    mallory.spoke.dispatchEvent(createEvent("direct", alice.me, forged));
    // Nonsense in one's own name: the server goes on.
    for (const payload of [null, 7, {}, { call: "2" }, { call: [] }]) {
      const event = createEvent("rpc.called", mallory.me, payload as never);
      mallory.spoke.dispatchEvent(event);
      const end = createEvent("rpc.cancelled", mallory.me, payload as never);
      mallory.spoke.dispatchEvent(end);
    }
    await mallory.spoke.flush();
    assert.equal(await alice.rpc.call("whoami", null), alice.me);
    await mallory.spoke.flush();
    assert.equal(answers.all.length, 1);
    assert.deepEqual([overheard.all, calls.all], [[], []]);
    assert.equal(stage.refusals.all.length, 4);
  },
);

testRpc("a server that is itself a spoke", async () => {
  const [own, mine, hers, mallorys] = await Promise.all(
    [1, 2, 3, 4].map(() => number0.createEndpoint()),
  );
  const refusals = new Log<string>();
  const hub = await createIrohHubEventTarget<RpcEvent>({
    endpoint: own!.endpoint,
    ...rpcPolicy(mine!.nodeId),
    onError: ({ error }) => refusals.add(String(error)),
  });
  const dial = ({ endpoint }: TestEndpoint) =>
    createIrohSpokeEventTarget<RpcEvent>({ endpoint, hubNodeId: own!.address });
  const [server, caller, mallory] = await Promise.all(
    [mine!, hers!, mallorys!].map(dial),
  );
  serveRpc(server!, api);
  await server!.flush();
  const rpc = createRpcClient<typeof api>(caller!, hers!.nodeId);
  const overheard = envelopesOn(mallory!, "rpc.called");
  mallory!.dispatchEvent(createEvent("direct", hers!.nodeId, { call: "1" }));
  await mallory!.flush();
  assert.equal(await rpc.call("whoami", null), hers!.nodeId);
  await mallory!.flush();
  assert.deepEqual(overheard.all, []);
  assert.equal(refusals.all.length, 2);
  for (const target of [caller!, mallory!, server!, hub]) await target.close();
  for (const end of [own!, mine!, hers!, mallorys!]) await end.close();
});
