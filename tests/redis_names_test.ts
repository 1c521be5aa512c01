// Topics of any characters on a Redis server, where some of them make patterns.

import assert from "node:assert/strict";
import * as fc from "fast-check";
import { createEvent } from "../mod.ts";
import { testOnRedis } from "./_redis.ts";
import { envelopesOn } from "./_waiting.ts";

Deno.test.sanitizer({ ops: true, resources: true });

const NAMES = [
  "a*",
  "a?",
  "a[bc]",
  "[^a]",
  "a\\",
  "\\*",
  "a b",
  "a\nb",
  "a\r\n",
  "a\0b",
  "😀",
  "*",
  "__proto__",
  "é",
];

for (const channelPrefix of ["alkpubsub:", "", "p*[?]\\", "a", "*:"]) {
  const title = `names that look like patterns, after ${channelPrefix}`;
  testOnRedis(title, async (setting) => {
    const target = setting.target({ channelPrefix });
    const types = [...NAMES, "ab", "aa", "abc"].filter((name) =>
      !name.startsWith("__")
    );
    const ids = ["", ...NAMES, "x:y", ":", "a"];
    const topics = types.flatMap((type) =>
      ids.map((id) => ({ type, id, topic: id === "" ? type : `${type}:${id}` }))
    );
    const logs = new Map(
      topics.map(({ topic }) => [topic, envelopesOn(target, topic)]),
    );
    await target.flush();
    for (const { type, id, topic } of topics) {
      target.dispatchEvent(createEvent(type, id, topic));
    }
    // without `from`, too.
    for (const { type, id, topic } of topics) {
      const payload = `raw ${topic}`;
      await setting.publish(channelPrefix + topic, { type, id, payload });
    }
    await target.flush();
    for (const { type, id, topic } of topics) {
      const expected = id === ""
        ? topics.filter((one) => one.type === type).map(({ topic }) => topic)
        : [topic];
      const log = logs.get(topic)!;
      await log.count(2 * expected.length);
      assert.deepEqual(
        log.all.map(({ payload }) => payload).sort(),
        expected.flatMap((one) => [one, `raw ${one}`]).sort(),
        JSON.stringify(topic),
      );
    }
    assert.deepEqual(target.faults.all, []);
  });
}

testOnRedis("halves of characters have no channel", async (setting) => {
  const target = setting.target();
  for (const half of ["\ud800", "\udfff", "a\ud83d", "\ude00\ud83d"]) {
    for (const [type, id] of [[half, ""], ["n", half], [half, "1"]] as const) {
      const topic = id === "" ? type : `${type}:${id}`;
      assert.throws(() => target.addEventListener(topic, () => {}), RangeError);
      assert.throws(
        () => target.dispatchEvent(createEvent(type, id, null)),
        RangeError,
      );
    }
  }
  await target.flush();
  assert.deepEqual(await setting.channels(), []);
  const heard = envelopesOn(target, "n");
  await target.flush();
  target.dispatchEvent(createEvent("n", "", "\ud800"));
  const [{ payload } = {}] = await heard.count(1);
  assert.equal(payload, "\ud800");
  assert.deepEqual(target.faults.all, []);
});

testOnRedis(
  "listeners hear their topics, whatever these are",
  async (setting) => {
    const client = setting.client();
    const clients = { publishClient: client, subscribeClient: client };
    const part = fc.string({ unit: "binary", maxLength: 5 });
    const word = fc.oneof(
      part,
      fc.string({ unit: fc.constantFrom(..."ab*?[]\\^-:"), maxLength: 4 }),
    );
    const type = word.map((text) => text.replaceAll(":", "")).filter((text) =>
      text !== "" && !text.startsWith("__")
    );
    const topic = fc.tuple(type, word);
    const topics = fc.array(topic, { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(word, topics, topics, async (prefix, heard, sent) => {
        await using target = setting.target({
          ...clients,
          channelPrefix: `p${prefix}`,
        });
        const nameOf = ([type, id]: readonly [string, string]) =>
          id === "" ? type : `${type}:${id}`;
        const logs = new Map(
          heard.map((one) => [nameOf(one), envelopesOn(target, nameOf(one))]),
        );
        await target.flush();
        const events = [...heard, ...sent];
        for (const [i, [type, id]] of events.entries()) {
          target.dispatchEvent(createEvent(type, id, i));
        }
        await target.flush();
        for (const [name, log] of logs) {
          const expected = [...events.keys()].filter((i) =>
            nameOf(events[i]!) === name || events[i]![0] === name
          );
          assert.deepEqual(log.all.map(({ payload }) => payload), expected);
        }
        assert.deepEqual(target.faults.all, []);
      }),
      { numRuns: 40 },
    );
  },
);
