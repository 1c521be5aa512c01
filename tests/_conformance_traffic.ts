// Many events, many topics, both ways: what arrives, in which order.

import assert from "node:assert/strict";
import {
  assertList,
  envelope,
  eventOf,
  listen,
  type Scenario,
  type Traits,
} from "./_conformance_wire.ts";

const hasTwoEnds = ({ encoding }: Traits) => encoding !== "none";

const numbers = (length: number) => Array.from({ length }, (_, i) => i);

export const trafficScenarios: readonly Scenario[] = [
  {
    name: "10 000 events over several topics keep their order",
    async run({ here, far }) {
      const types = ["a", "b", "c", "d"];
      const heard = listen(here, ...types);
      await here.flush();
      const sent = numbers(10_000).map((n) =>
        // Of no period that a batch may have.
        envelope(types[n % 7 % 4]!, String(n % 3), n)
      );
      await far.dispatch(sent);
      await far.flush();
      assertList(heard, sent);
    },
  },
  {
    name: "1 000 topics get one event each, and none once they are left",
    async run({ here, far, hub }) {
      const heard: string[] = [];
      const listener = ({ type, detail }: CustomEvent) => {
        assert.equal(type, `n:${detail.id}`);
        heard.push(detail.id);
      };
      const ids = numbers(1000).map(String);
      for (const id of ids) here.addEventListener(`n:${id}`, listener);
      await here.flush();
      if (hub) assert.equal(hub.topics().length, ids.length);
      const events = ids.map((id) => envelope("n", id));
      await far.dispatch([...events, envelope("n", "1000"), envelope("n")]);
      await far.flush();
      assertList(heard, ids);
      heard.length = 0;
      for (const id of ids) here.removeEventListener(`n:${id}`, listener);
      await here.flush();
      if (hub) assertList(hub.topics(), []);
      await far.dispatch(events);
      await far.flush();
      assertList(heard, []);
    },
  },
  {
    name: "what both ends send at once reaches the other end alone",
    where: hasTwoEnds,
    async run({ here, far, sent }) {
      const heard = listen(here, "n");
      await here.flush();
      await far.listen("n");
      const fromFar: Promise<void>[] = [];
      const count = 2000;
      for (let n = 0; n < count; n++) {
        if (n % 100 === 0) {
          const batch = numbers(100).map((i) => envelope("n", "far", n + i));
          fromFar.push(far.dispatch(batch));
        }
        here.dispatchEvent(eventOf(envelope("n", "here", n)));
      }
      await Promise.all(fromFar);
      await Promise.all([far.flush(), sent()]);
      const all = (id: string) =>
        numbers(count).map((n) => envelope("n", id, n));
      assertList(heard, all("far"));
      assertList(await far.heard(), all("here"));
    },
  },
  {
    name: "a listener can send: an answer to each event",
    where: hasTwoEnds,
    async run({ here, far, sent }) {
      here.addEventListener("ask", ({ detail }) => {
        here.dispatchEvent(eventOf(envelope("answer", detail.id)));
      });
      await here.flush();
      await far.listen("answer");
      const ids = numbers(500).map(String);
      await far.dispatch(ids.map((id) => envelope("ask", id)));
      await far.flush();
      await sent();
      assertList((await far.heard()).map(({ id }) => id), ids);
    },
  },
  {
    name: "a target gets what it sends itself, in one order for all listeners",
    where: (traits) => !hasTwoEnds(traits),
    async run({ here }) {
      const heard: string[] = [];
      for (const name of ["a", "b"]) {
        here.addEventListener("n", ({ detail }) => {
          heard.push(`${name}${detail.id}`);
          if (name === "a" && Number(detail.id) < 3) {
            const id = String(Number(detail.id) + 1);
            here.dispatchEvent(eventOf(envelope("n", id)));
          }
        });
      }
      here.dispatchEvent(eventOf(envelope("n", "1")));
      assert.deepEqual(heard, ["a1", "b1", "a2", "b2", "a3", "b3"]);
      await here.flush();
    },
  },
  {
    name: "stats counts events and bytes both ways",
    async run({ traits, here, far, sent }) {
      const events = ["1", "é", "3"].map((id) => envelope("a", id, "ünf"));
      const [first] = events;
      const bytes = traits.encoding === "json"
        ? JSON.stringify(first).length + 1 // ü takes two
        : 0;
      // An engine carries besides where an event is from.
      const assertBytes = (actual: number, events: number) =>
        assert(
          actual >= bytes * events && actual <= (bytes + 80) * events,
          `${actual} for ${events} times ${bytes}`,
        );
      listen(here, "a");
      await far.listen("b");
      await here.flush();
      const before = here.stats();
      await far.dispatch(events);
      await far.flush();
      const after = here.stats();
      assert.equal(after.receivedEvents - before.receivedEvents, 3);
      assertBytes(after.receivedBytes - before.receivedBytes, 3);
      if (hasTwoEnds(traits)) {
        assert.equal(after.sentEvents, before.sentEvents);
        assert.equal(after.sentBytes, before.sentBytes);
      }

      for (const { id, payload } of events.slice(1)) {
        here.dispatchEvent(eventOf(envelope("b", id, payload)));
      }
      await sent();
      const last = here.stats();
      assert.equal(last.sentEvents - after.sentEvents, 2);
      assertBytes(last.sentBytes - after.sentBytes, 2);
      assert.equal(last.bufferedBytes, 0);
      assert.equal(last.reconnects, 0);
      if (traits.isClient) assert(last.rtt! >= 0);
    },
  },
];
