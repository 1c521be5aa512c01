// Who gets which event: topics, types that are none, types that are reserved.

import assert from "node:assert/strict";
import type { TypedEvent } from "../mod.ts";
import {
  envelope,
  eventOf,
  listen,
  type Scenario,
  type Traits,
} from "./_conformance_wire.ts";

/** Ids that a topic has to carry as they are. */
const IDS = [
  "7",
  ":",
  "::",
  "a:b",
  ":a",
  "a:",
  " ",
  "\n",
  "\0",
  '"',
  "\\",
  "*",
  ">",
  "__ping",
  "__proto__",
  "constructor",
  "toString",
  "grüße",
  "👋",
  "\ud800",
  "\udc00\ud800",
  "\u2028",
  "\ufeff",
  "\ufffd",
  "x".repeat(1000),
];

/** Types that have nothing special about them. */
const TYPES = [
  "a",
  "a.b",
  "a.*",
  "*",
  ">",
  " ",
  "_a",
  "a__b",
  "constructor",
  "toString",
  "hasOwnProperty",
  "error",
  "close",
  "message",
  "open",
  "grüße",
  "👋",
  "\ud800",
];

/** What must not be dispatched, and what the error has to name. */
const UNDISPATCHABLE: readonly [detail: unknown, message: RegExp][] = [
  [envelope(""), /type is empty/],
  [envelope(":"), /type ":" holds ":"/],
  [envelope("a:b"), /type "a:b" holds ":"/],
  [envelope("a:", "b"), /type "a:" holds ":"/],
  [envelope("__"), /type "__" starts with "__"/],
  [envelope("__foo"), /type "__foo" starts with "__"/],
  [envelope("__ping", "1"), /type "__ping" starts with "__"/],
  [envelope("__close"), /type "__close" starts with "__"/],
  [envelope("__a:b"), /type "__a:b" starts with "__"/],
  [{ id: "", payload: 1 }, /type undefined is not a string/],
  [{ type: null, id: "", payload: 1 }, /type null is not a string/],
  [{ type: 7, id: "", payload: 1 }, /type 7 is not a string/],
  [{ type: ["a"], id: "", payload: 1 }, /type an object is not a string/],
  [{ type: "a", payload: 1 }, /id undefined is not a string/],
  [{ type: "a", id: null, payload: 1 }, /id null is not a string/],
  [{ type: "a", id: 7, payload: 1 }, /id 7 is not a string/],
  [null, /null is not an object/],
  ["a", /"a" is not an object/],
];

/** Those that may be part of a topic on such a wire. */
function possible(words: readonly string[], { wellFormed }: Traits): string[] {
  return words.filter((word) => !wellFormed || !/\p{Surrogate}/u.test(word));
}

export const topicScenarios: readonly Scenario[] = [
  {
    name: "a type gets every id, a topic with an id that id alone",
    async run({ here, far }) {
      const heard: string[] = [];
      for (const topic of ["job", "job:7", "job:8"]) {
        here.addEventListener(topic, ({ type, detail }) => {
          heard.push(`${type} gets ${detail.type} ${detail.id}`);
        });
      }
      await here.flush();
      const ids = ["7", "8", "9", ""];
      await far.dispatch(ids.map((id) => envelope("job", id)));
      await far.flush();
      assert.deepEqual(heard, [
        "job:7 gets job 7",
        "job gets job 7",
        "job:8 gets job 8",
        "job gets job 8",
        "job gets job 9",
        "job gets job ",
      ]);
    },
  },
  {
    name: "a topic that begins like another is another",
    async run({ here, far }) {
      const heard = listen(here, "job", "job:1", "job:", "job.done:", "j", "");
      await here.flush();
      await far.dispatch([
        envelope("job.done", "1"),
        envelope("jo", "b"),
        envelope("jobs"),
        envelope("Job", "1"),
        envelope("job.done"),
      ]);
      await far.flush();
      assert.deepEqual(heard, []);
      await far.dispatch([envelope("job", "12"), envelope("job")]);
      await far.flush();
      assert.deepEqual(heard.map(({ id }) => id), ["12", ""]);
    },
  },
  {
    name: "an id may hold anything",
    async run({ here, far, traits }) {
      const heard: string[] = [];
      const ids = possible(IDS, traits);
      for (const id of ids) {
        here.addEventListener(`t:${id}`, ({ type, detail }) => {
          assert.equal(type, `t:${detail.id}`);
          heard.push(id);
        });
      }
      const all = listen(here, "t");
      await here.flush();
      await far.dispatch(ids.map((id) => envelope("t", id)));
      await far.flush();
      assert.deepEqual(heard, ids);
      assert.deepEqual(all.map(({ id }) => id), ids);
    },
  },
  {
    name: "a type may be any word",
    async run({ here, far, traits }) {
      const heard: string[] = [];
      const types = possible(TYPES, traits);
      for (const topic of types.flatMap((type) => [type, `${type}:1`])) {
        here.addEventListener(topic, ({ type }) => heard.push(type));
      }
      await here.flush();
      await far.dispatch(types.map((type) => envelope(type, "1")));
      await far.flush();
      assert.deepEqual(heard, types.flatMap((type) => [`${type}:1`, type]));
    },
  },
  {
    name: "a topic with half of a character throws a RangeError",
    where: ({ wellFormed, isClient }) => wellFormed === true && !isClient,
    async run({ here, far, sent }) {
      await far.listen("a");
      const refused = { name: "RangeError", message: /half of a character/ };
      for (const topic of ["a:\ud800", "a\udc00", "a:\udc00\ud800"]) {
        assert.throws(() => here.addEventListener(topic, () => {}), refused);
        const [type, id] = topic.split(":") as [string, string?];
        const event = eventOf(envelope(type, id));
        assert.throws(() => here.dispatchEvent(event), refused);
      }
      here.dispatchEvent(eventOf(envelope("a", "👋")));
      await sent();
      assert.deepEqual(await far.heard(), [envelope("a", "👋")]);
    },
  },
  {
    name: "what is no event throws a TypeError that says why",
    async run({ here, far, sent }) {
      await far.listen("a");
      for (const [detail, message] of UNDISPATCHABLE) {
        const error = { name: "TypeError", message };
        assert.throws(() => here.dispatchEvent(eventOf(detail)), error);
      }
      assert.throws(() => here.dispatchEvent(new Event("a") as TypedEvent), {
        name: "TypeError",
        message: /detail/,
      });
      here.dispatchEvent(eventOf(envelope("a", "good")));
      await sent();
      assert.deepEqual(await far.heard(), [envelope("a", "good")]);
    },
  },
  {
    name: "control events reach no listener",
    async run({ here, far, sent }) {
      const control = [
        "__ping",
        "__pong",
        "__subscribe",
        "__unsubscribe",
        "__watch",
        "__life",
        "__close",
        "__foo",
      ];
      const ids = ["1", "2", "3"];
      const topics = control.flatMap(
        (type) => [type, ...ids.map((id) => `${type}:${id}`)],
      );
      const heard = listen(here, ...topics, "", ":", "a");
      for (const topic of ["b", "c"]) {
        const listener = () => {};
        here.addEventListener(topic, listener);
        await here.flush();
        here.removeEventListener(topic, listener);
      }
      for (const topic of [...topics, "a"]) await far.listen(topic);
      await Promise.all([here.flush(), far.flush()]);
      for (const type of control) {
        await assert.rejects(far.dispatch([envelope(type)]), {
          name: "TypeError",
          message: new RegExp(type),
        });
      }
      await far.dispatch([envelope("a", "good")]);
      await far.flush();
      assert.deepEqual(heard, [envelope("a", "good")]);
      here.dispatchEvent(eventOf(envelope("a", "back")));
      await sent();
      assert.deepEqual((await far.heard()).at(-1), envelope("a", "back"));
      const types = new Set((await far.heard()).map(({ type }) => type));
      assert.deepEqual([...types], ["a"]);
    },
  },
];
