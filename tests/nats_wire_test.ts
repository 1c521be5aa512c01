// Targets of NATS beside others on the wire, who keep to nothing, and servers
// that do not let them.

import assert from "node:assert/strict";
import {
  BufferFullError,
  createEvent,
  EnvelopeError,
  FrameError,
} from "../mod.ts";
import { testOnNats } from "./_nats.ts";
import { envelopesOn, Log } from "./_waiting.ts";

Deno.test.sanitizer({ ops: true, resources: true });

const subject = "alkpubsub.job.done.7";

testOnNats(
  "what goes over the wire is the envelope and where it is from",
  async (setting) => {
    const { target } = await setting.party({ subjectPrefix: "ours.test" });
    const raw = await setting.connection();
    const seen = new Log<[subject: string, text: string]>();
    raw.subscribe(">", {
      callback: (_, message) => seen.add([message.subject, message.string()]),
    });
    await raw.flush();
    target.dispatchEvent(createEvent("job.done", "a.b", { took: 5 }));
    target.dispatchEvent(createEvent("job.done", "", null));
    const [[first, text], [second]] = await seen.count(2) as [
      [string, string],
      [string, string],
    ];
    assert.equal(first, "ours.test.job.done.a%2Eb");
    assert.equal(second, "ours.test.job.done.%");
    assert.match(
      text,
      /^\{"type":"job.done","id":"a.b","payload":\{"took":5\},"from":"[\w-]{12}\.1"\}$/,
    );
  },
);

testOnNats(
  "others publish without saying where it is from",
  async (setting) => {
    const { target, faults } = await setting.party({ echo: false });
    const raw = await setting.connection();
    const heard = envelopesOn(target, "job.done");
    await target.flush();
    const envelope = { type: "job.done", id: "7", payload: [1] };
    const froms = [undefined, 7, null, "x".repeat(65), {}, undefined];
    for (const from of froms) {
      raw.publish(subject, JSON.stringify({ ...envelope, from, more: true }));
    }
    await heard.count(froms.length);
    const { more: _, ...got } = heard.all[0] as unknown as { more: unknown };
    assert.deepEqual(got, envelope);
    // What says so is had once.
    for (const from of ["a.1", "a.2", "a.1", "b.1", "a.2"]) {
      raw.publish(
        subject,
        JSON.stringify({ ...envelope, payload: from, from }),
      );
    }
    raw.publish(subject, JSON.stringify({ ...envelope, payload: "end" }));
    await heard.find(({ payload }) => payload === "end");
    assert.deepEqual(
      heard.all.slice(froms.length).map(({ payload }) => payload),
      ["a.1", "a.2", "b.1", "end"],
    );
    assert.deepEqual(faults.all, []);
  },
);

testOnNats("what is no event is told, and stops nothing", async (setting) => {
  const { target, faults } = await setting.party({ maxFrameBytes: 1000 });
  const raw = await setting.connection();
  const heard = envelopesOn(target, "job.done");
  await target.flush();
  const big = { type: "job.done", id: "7", payload: "x".repeat(2000) };
  const cases: [data: string | Uint8Array, message: RegExp][] = [
    ["", /invalid JSON/],
    ["{", /invalid JSON/],
    [new Uint8Array([0x22, 0xff, 0x22]), /invalid UTF-8/],
    [new Uint8Array(0), /invalid JSON/],
    ["null", /null is not an object/],
    ["[]", /type undefined is not a string/],
    ['{"type":"","id":""}', /type is empty/],
    ['{"type":"a:b","id":""}', /type "a:b" holds ":"/],
    ['{"type":"job.done"}', /id undefined is not a string/],
    ['{"type":"job","id":"done.7"}', /it came on job.done/],
    ['{"type":"job.failed","id":"7"}', /it came on job.done/],
    ['{"type":"__ping","id":"7"}', /it came on job.done/],
    ['{"type":"__subscribe","id":"","payload":{"topic":"a"}}', /it came on/],
    [JSON.stringify(big), /20\d\d.*1000/],
  ];
  for (const [data, message] of cases) {
    raw.publish(subject, data);
    raw.publish(subject, '{"type":"job.done","id":"7","payload":"good"}');
    await heard.count(1);
    const { error, topic, lost } = faults.all[0]!;
    const kind = String(message).includes("1000") ? FrameError : EnvelopeError;
    assert(error instanceof kind, String(error));
    assert.match(error.message, message);
    assert.equal(topic, "job.done");
    assert.equal(lost, undefined);
    faults.all.length = heard.all.length = 0;
  }
});

testOnNats(
  "an event of another id does not reach the listener of one",
  async (setting) => {
    const { target, faults } = await setting.party();
    const raw = await setting.connection();
    const heard = envelopesOn(target, "job.done:7");
    await target.flush();
    raw.publish(subject, '{"type":"job.done","id":"8","payload":1}');
    raw.publish("alkpubsub.job.done.8", '{"type":"job.done","id":"7"}');
    raw.publish(subject, '{"type":"job.done","id":"7","payload":2}');
    await heard.count(1);
    assert.equal(heard.all[0]!.payload, 2);
    assert.match(
      String(faults.all[0]!.error),
      /job.done:8: it came on job.done:7/,
    );
  },
);

testOnNats(
  "listeners and onError may throw: the reading goes on",
  async (setting) => {
    const mine = new Error("in a listener");
    const worse = new Error("in onError");
    const { target } = await setting.party({
      onError({ error, topic }) {
        assert.equal(error, mine);
        assert.equal(topic, "n");
        throw worse;
      },
    });
    const silent = await setting.party({ onError: undefined });
    const uncaught = new Log<unknown>();
    const onUncaught = (event: ErrorEvent) => {
      event.preventDefault();
      uncaught.add(event.error);
    };
    globalThis.addEventListener("error", onUncaught);
    try {
      for (const one of [target, silent.target]) {
        one.addEventListener("n", () => {
          throw mine;
        });
      }
      const heard = [envelopesOn(target, "n"), envelopesOn(silent.target, "n")];
      await Promise.all([target.flush(), silent.target.flush()]);
      for (let n = 1; n <= 3; n++) {
        target.dispatchEvent(createEvent("n", "", n));
        for (const log of heard) await log.count(n);
      }
      await uncaught.count(6);
      const count = (error: Error) =>
        uncaught.all.filter((one) => one === error).length;
      assert.deepEqual([count(mine), count(worse)], [3, 3]);
    } finally {
      globalThis.removeEventListener("error", onUncaught);
    }
  },
);

testOnNats("topics that are too long throw at the caller", async (setting) => {
  const { target, faults, connection } = await setting.party();
  const refused = { name: "RangeError", message: /^Cannot use topic .*4000/ };
  const listener = () => {};
  for (const id of ["x".repeat(4000), ".".repeat(1400), "👋".repeat(400)]) {
    assert.throws(() => target.addEventListener(`t:${id}`, listener), refused);
    const event = createEvent("t", id, null);
    assert.throws(() => target.dispatchEvent(event), refused);
    // It was not added by half.
    target.removeEventListener(`t:${id}`, listener);
  }
  const longest = "x".repeat(4000 - "alkpubsub.t.".length);
  const heard = envelopesOn(target, `t:${longest}`);
  await target.flush();
  target.dispatchEvent(createEvent("t", longest, null));
  await heard.count(1);
  assert.deepEqual(faults.all, []);
  assert.equal(connection.isClosed(), false);
  assert.equal(connection.stats().inMsgs, 1);
});

testOnNats(
  "what the server would not take throws at the caller",
  async (setting) => {
    const { target, faults } = await setting.party();
    const heard = envelopesOn(target, "n");
    await target.flush();
    assert.throws(
      () => target.dispatchEvent(createEvent("n", "", "x".repeat(1000))),
      (error) =>
        !(error instanceof BufferFullError) && /max_payload/.test(`${error}`),
    );
    target.dispatchEvent(createEvent("n", "", "x"));
    await heard.count(1);
    await target.flush();
    assert.deepEqual(faults.all, []);
  },
  ["max_payload: 1000"],
);

const PERMISSIONS = [
  "authorization { users: [{ user: app, password: secret, permissions: {",
  '  publish: { deny: ["alkpubsub.secret.>"] }',
  '  subscribe: { deny: ["alkpubsub.secret.>"] }',
  "} }] }",
  "no_auth_user: app",
];

testOnNats(
  "what is not permitted is told, the rest goes on",
  async (setting) => {
    const { target, faults } = await setting.party();
    const listener = () => {};
    target.addEventListener("secret:1", listener);
    const heard = envelopesOn(target, "n");
    await target.flush();
    assert.equal(faults.all.length, 1, "once");
    assert.equal(faults.all[0]!.topic, "secret:1");
    assert.match(
      String(faults.all[0]!.error),
      /Permissions Violation for Subscription/,
    );

    target.dispatchEvent(createEvent("secret", "1", null));
    const denied = await faults.find(({ error }) => /Publish/.test(`${error}`));
    assert.match(String(denied.error), /alkpubsub\.secret\.1/);
    assert.equal(denied.lost, undefined);
    target.dispatchEvent(createEvent("n", "", null));
    await heard.count(1);
    // Asked again, it says so again.
    faults.all.length = 0;
    target.removeEventListener("secret:1", listener);
    target.addEventListener("secret", listener);
    await target.flush();
    assert.deepEqual(faults.all.map(({ topic }) => topic), ["secret"]);
  },
  PERMISSIONS,
);

testOnNats("who may not listen on a type hears its id", async (setting) => {
  const { target, faults } = await setting.party();
  const raw = await setting.connection();
  target.addEventListener("half", () => {});
  const heard = envelopesOn(target, "half:1");
  await target.flush();
  assert.deepEqual(faults.all.map(({ topic }) => topic), ["half"]);
  raw.publish("alkpubsub.half.1", '{"type":"half","id":"1"}');
  await heard.count(1);
}, [
  "authorization { users: [{ user: app, password: secret, permissions: {",
  '  publish: ">"',
  '  subscribe: ["alkpubsub.half.1"]',
  "} }] }",
  "no_auth_user: app",
]);
