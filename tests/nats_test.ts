// Targets on a real server of NATS: who hears what, at which price.

import assert from "node:assert/strict";
import { createEvent, type EventsOf } from "../mod.ts";
import {
  createNatsEventTarget,
  type NatsConnectionLike,
  type NatsEventTargetArgs,
} from "../nats.ts";
import { testOnNats } from "./_nats.ts";
import { envelopesOn, Log } from "./_waiting.ts";

Deno.test.sanitizer({ ops: true, resources: true });

/** One that nobody has to close. */
const idle: NatsConnectionLike = {
  publish() {},
  subscribe: () => ({ unsubscribe() {} }),
  flush: () => Promise.resolve(),
  async *status() {},
  closed: () => new Promise(() => {}),
  isClosed: () => false,
};

Deno.test("createNatsEventTarget refuses what is no connection", () => {
  const { status: _, ...deaf } = idle;
  const cases: [connection: unknown, message: RegExp][] = [
    [undefined, /^Cannot use connection: undefined has no method "publish"$/],
    [null, /: null has no method "publish"$/],
    ["nats://127.0.0.1", /: "nats:.*" has no method "publish"$/],
    [{}, /: an object has no method "publish"$/],
    [deaf, /: an object has no method "status"$/],
    [{ ...idle, isClosed: false }, /: an object has no method "isClosed"$/],
    [{ ...idle, options: { noEcho: true } }, /: with noEcho .*echo: false/],
  ];
  for (const [connection, message] of cases) {
    const args = { connection } as NatsEventTargetArgs;
    assert.throws(() => createNatsEventTarget(args), {
      name: "TypeError",
      message,
    });
  }
});

Deno.test("createNatsEventTarget refuses prefixes that are no subject", () => {
  const prefixes = ["", ".", "a.", ".a", "a..b", "a b", "a\n", "*", "a.>", 7];
  for (const subjectPrefix of prefixes as string[]) {
    assert.throws(
      () => createNatsEventTarget({ connection: idle, subjectPrefix }),
      { name: "TypeError", message: /^Cannot use subjectPrefix: .* is not / },
    );
  }
});

Deno.test("createNatsEventTarget refuses wrong options", () => {
  const cases: [options: unknown, name: string, message: RegExp][] = [
    [{ echo: "no" }, "TypeError", /^Cannot use echo: "no" is not a boolean/],
    [{ maxFrameBytes: 0 }, "RangeError", /^Cannot use maxFrameBytes: 0 /],
    [{ maxFrameBytes: "1" }, "TypeError", /^Cannot use maxFrameBytes: "1" /],
    [{ backpressureLimit: 0.5 }, "RangeError", /backpressureLimit: 0.5 /],
    [{ onError: "log" }, "TypeError", /^Cannot use onError: "log" /],
    [{ signal: {} }, "TypeError", /^Cannot use signal: /],
  ];
  for (const [options, name, message] of cases) {
    const args = { connection: idle, ...options as Partial<typeof idle> };
    assert.throws(() => createNatsEventTarget(args), { name, message });
  }
  const reason = new Error("before");
  const signal = AbortSignal.abort(reason);
  assert.throws(
    () => createNatsEventTarget({ connection: idle, signal }),
    reason,
  );
});

testOnNats("targets exchange typed events", async (setting) => {
  type Events = EventsOf<{ "job.done": { took: number } }>;
  // As it is: the types of the client fit without a cast.
  const [a, b] = [await setting.connection(), await setting.connection()];
  await using one = createNatsEventTarget<Events>({ connection: a });
  await using two = createNatsEventTarget<Events>({ connection: b });
  const took = new Log<number>();
  one.addEventListener("job.done:7", ({ detail }) => {
    took.add(detail.payload.took);
  });
  two.addEventListener("job.done", ({ detail }) => {
    took.add(-detail.payload.took);
  });
  await Promise.all([one.flush(), two.flush()]);
  two.dispatchEvent(createEvent("job.done", "7", { took: 5 }));
  await took.count(2);
  one.dispatchEvent(createEvent("job.done", "7", { took: 6 }));
  await took.count(4);
  assert.deepEqual(took.all.toSorted(), [-5, -6, 5, 6]);
});

testOnNats(
  "a connection that hears nothing of its own is refused",
  async (setting) => {
    const connection = await setting.connection({ noEcho: true });
    assert.throws(
      () => createNatsEventTarget({ connection }),
      { name: "TypeError", message: /^Cannot use connection: with noEcho / },
    );
  },
);

testOnNats("echo says whether its own events come back", async (setting) => {
  const connection = await setting.connection();
  const loud = await setting.party({ connection });
  const quiet = await setting.party({ connection, echo: false });
  const [byLoud, byQuiet] = [loud, quiet].map(({ target }) =>
    envelopesOn(target, "n")
  );
  await Promise.all([loud.target.flush(), quiet.target.flush()]);
  for (const id of ["1", "2"]) {
    quiet.target.dispatchEvent(createEvent("n", `quiet-${id}`, null));
    loud.target.dispatchEvent(createEvent("n", `loud-${id}`, null));
  }
  await byLoud!.count(4);
  const ids = (log: typeof byLoud) => log!.all.map(({ id }) => id);
  // Each target sends what one turn brings together.
  const all = ["quiet-1", "quiet-2", "loud-1", "loud-2"];
  assert.deepEqual(ids(byLoud), all);
  assert.deepEqual(ids(byQuiet), ["loud-1", "loud-2"]);
});

testOnNats(
  "events of several senders keep the order of each",
  async (setting) => {
    const [a, b, c] = [
      await setting.party(),
      await setting.party(),
      await setting.party(),
    ];
    const heard = envelopesOn(c.target, "n");
    await c.target.flush();
    for (let n = 0; n < 2000; n++) {
      const { target } = n % 2 === 0 ? a : b;
      target.dispatchEvent(createEvent("n", String(n % 2), n));
      if (n % 100 === 0) await target.flush();
    }
    await heard.count(2000);
    for (const [parity, id] of ["0", "1"].entries()) {
      assert.deepEqual(
        heard.all.filter((one) => one.id === id).map(({ payload }) => payload),
        Array.from({ length: 1000 }, (_, i) => 2 * i + parity),
      );
    }
  },
);

testOnNats(
  "listening on type and id at once gets each event once",
  async (setting) => {
    const { target, connection } = await setting.party();
    const raw = await setting.connection();
    const log = new Log<string>();
    const listener = ({ type, detail }: CustomEvent) => {
      log.add(`${type} ${detail.payload}`);
    };
    for (const topic of ["a:1", "a", "a:2"]) {
      target.addEventListener(topic, listener);
    }
    await target.flush();
    for (const payload of [1, 2]) {
      target.dispatchEvent(createEvent("a", "1", payload));
    }
    await target.flush();
    // Others do not say where an event is from.
    for (const payload of [3, 3]) {
      raw.publish(
        "alkpubsub.a.1",
        JSON.stringify({ type: "a", id: "1", payload }),
      );
    }
    await raw.flush();
    await connection.flush();
    const each = (n: number) => [`a:1 ${n}`, `a ${n}`];
    assert.deepEqual(log.all, [1, 2, 3, 3].flatMap(each));
  },
);

testOnNats(
  "a topic costs one subscription, a whole type as well",
  async (setting) => {
    const connection = await setting.connection();
    const { target } = await setting.party({ connection });
    const other = await setting.party({ connection, subjectPrefix: "x.y" });
    const subscriptions = async () => {
      await Promise.all([target.flush(), other.target.flush()]);
      return await setting.subscriptions();
    };
    const listeners = [() => {}, () => {}];
    for (const listener of listeners) {
      target.addEventListener("job.done", listener);
      target.addEventListener("job.done", listener);
      target.addEventListener("job.done:a.b", listener);
    }
    other.target.addEventListener("a", listeners[0]!);
    // None of them is an event's.
    for (const topic of ["", ":", "__ping", "__ping:1"]) {
      target.addEventListener(topic, listeners[0]!);
    }
    const type = "alkpubsub.job.done.*";
    const id = "alkpubsub.job.done.a%2Eb";
    assert.deepEqual(await subscriptions(), [type, id, "x.y.a.*"]);

    target.removeEventListener("job.done", listeners[0]!);
    target.removeEventListener("job.done:a.b", listeners[0]!);
    assert.deepEqual(await subscriptions(), [type, id, "x.y.a.*"]);
    target.removeEventListener("job.done", listeners[1]!);
    assert.deepEqual(await subscriptions(), [id, "x.y.a.*"]);

    const once = new Log<string>();
    target.addEventListener("once", ({ type }) => once.add(type), {
      once: true,
    });
    assert.deepEqual(await subscriptions(), [
      id,
      "alkpubsub.once.*",
      "x.y.a.*",
    ]);
    target.dispatchEvent(createEvent("once", "", null));
    await once.count(1);
    await target.close();
    assert.deepEqual(await setting.subscriptions(), ["x.y.a.*"]);
  },
);

testOnNats(
  "a topic that is left and taken in turn ends as it was last",
  async (setting) => {
    const { target, connection } = await setting.party();
    const heard: string[] = [];
    const listener = ({ detail }: CustomEvent) => heard.push(detail.id);
    for (let round = 0; round < 100; round++) {
      target.addEventListener("n", listener);
      target.removeEventListener("n", listener);
      target.addEventListener("n", listener);
      await target.flush();
      target.dispatchEvent(createEvent("n", String(round), null));
      await target.flush();
      target.removeEventListener("n", listener);
      target.dispatchEvent(createEvent("n", "nobody", null));
    }
    await target.flush();
    await connection.flush();
    assert.deepEqual(heard, Array.from({ length: 100 }, (_, n) => String(n)));
    assert.deepEqual(await setting.subscriptions(), []);
  },
);

testOnNats(
  "flush waits until the server has the subscriptions",
  async (setting) => {
    const [a, b] = [await setting.party(), await setting.party()];
    for (let round = 0; round < 50; round++) {
      const heard = envelopesOn(a.target, `n:${round}`);
      await a.target.flush();
      b.target.dispatchEvent(createEvent("n", String(round), null));
      await heard.count(1);
    }
  },
);
