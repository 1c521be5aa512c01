// What compiles and what does not: `deno check` is the test. The bodies run
// too, against a target that does nothing, so that nothing here is dead.

import assert from "node:assert/strict";
import { createEvent, type EventEnvelope } from "../envelope.ts";
import type {
  EventOf,
  EventsOf,
  TopicOf,
  TypedEvent,
  TypedEventTarget,
  TypeOf,
} from "../typed_event_target.ts";

/** Compiles when the two types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends
  (<T>() => T extends B ? 1 : 2) ? true : false;
const same = <A, B>(...yes: Same<A, B> extends true ? [] : [never]): void => {
  assert.equal(yes.length, 0);
};

type Events = EventsOf<{
  "message.sent": { text: string };
  "job.done": null;
}>;

/** A target of any events; it counts what is called. */
function targetOf<TEvent extends TypedEvent>(): TypedEventTarget<TEvent> & {
  calls: number;
} {
  return {
    calls: 0,
    addEventListener() {
      this.calls++;
    },
    removeEventListener() {
      this.calls++;
    },
    dispatchEvent() {
      this.calls++;
      return true;
    },
  };
}

Deno.test("TypedEventTarget gives a listener on a type its payload", () => {
  const target = targetOf<Events>();
  target.addEventListener("message.sent", (event) => {
    same<typeof event.detail.type, "message.sent">();
    same<typeof event.detail.payload, { text: string }>();
    same<typeof event.detail.id, string>();
  });
  target.addEventListener("job.done", (event) => {
    same<typeof event.detail.payload, null>();
  });
  assert.equal(target.calls, 2);
});

Deno.test("TypedEventTarget gives a listener on type:id the payload of the type", () => {
  const target = targetOf<Events>();
  target.addEventListener("message.sent:room", (event) => {
    same<typeof event.detail.type, "message.sent">();
    same<typeof event.detail.payload, { text: string }>();
  });
  target.addEventListener("job.done:a:b", ({ detail }) => {
    same<typeof detail.payload, null>();
  });
  const room = String(Math.random());
  target.addEventListener(`message.sent:${room}`, ({ detail }) => {
    same<typeof detail.payload.text, string>();
  });
  target.addEventListener("message.sent:", ({ detail }) => {
    same<typeof detail.payload.text, string>();
  });
  assert.equal(target.calls, 4);
});

Deno.test("TypedEventTarget takes handleEvent objects, null and options", () => {
  const target = targetOf<Events>();
  const { signal } = new AbortController();
  const listener = {
    handleEvent({ detail }: TypedEvent<"message.sent", { text: string }>) {
      return detail.payload.text;
    },
  };
  target.addEventListener("message.sent", listener, { once: true, signal });
  target.addEventListener("message.sent:room", listener, true);
  target.addEventListener("message.sent", null);
  target.removeEventListener("message.sent", listener);
  target.removeEventListener("message.sent:room", listener, { capture: true });
  target.removeEventListener("message.sent", null);
  target.addEventListener("message.sent", async () => {
    await Promise.resolve();
  });
  assert.equal(target.calls, 7);
});

Deno.test("TypedEventTarget refuses topics of no type", () => {
  const target = targetOf<Events>();
  // @ts-expect-error -- no event has this type
  target.addEventListener("message.send", () => {});
  // @ts-expect-error -- nor has this topic
  target.addEventListener("message.send:room", () => {});
  // @ts-expect-error -- the type goes before the first colon, whole
  target.addEventListener("message:sent", () => {});
  // @ts-expect-error -- a prefix of a type is no type
  target.addEventListener("message.sent.more", () => {});
  // @ts-expect-error -- control events are not to be listened to
  target.addEventListener("__ping", () => {});
  // @ts-expect-error -- removing wants a topic too
  target.removeEventListener("message.send", () => {});
  const topic: string = "message.sent";
  // @ts-expect-error -- any string is too much for a map of events
  target.addEventListener(topic, () => {});
  assert.equal(target.calls, 7);
});

Deno.test("TypedEventTarget refuses listeners of another payload", () => {
  const target = targetOf<Events>();
  target.addEventListener("message.sent", ({ detail }) => {
    // @ts-expect-error -- the payload has a text and no body
    return detail.payload.body;
  });
  target.addEventListener("job.done:7", ({ detail }) => {
    // @ts-expect-error -- the payload is null
    return detail.payload.text;
  });
  const ofNumber = (_event: TypedEvent<"message.sent", number>) => {};
  // @ts-expect-error -- the payload is no number
  target.addEventListener("message.sent", ofNumber);
  // @ts-expect-error -- nor is it on type:id
  target.addEventListener("message.sent:room", { handleEvent: ofNumber });
  // @ts-expect-error -- an object wants handleEvent
  target.addEventListener("message.sent", {});
  assert.equal(target.calls, 5);
});

Deno.test("TypedEventTarget dispatches the events of its map", () => {
  const target = targetOf<Events>();
  target.dispatchEvent(createEvent("message.sent", "room", { text: "hello" }));
  target.dispatchEvent(createEvent("job.done", "", null));
  // @ts-expect-error -- no event has this type
  target.dispatchEvent(createEvent("message.send", "room", { text: "hello" }));
  // @ts-expect-error -- the text is no string
  target.dispatchEvent(createEvent("message.sent", "room", { text: 5 }));
  // @ts-expect-error -- the payload has no text
  target.dispatchEvent(createEvent("message.sent", "room", {}));
  // @ts-expect-error -- that is the payload of another type
  target.dispatchEvent(createEvent("job.done", "", { text: "hello" }));
  // @ts-expect-error -- an event without envelope
  target.dispatchEvent(new Event("message.sent"));
  assert.equal(target.calls, 7);
});

Deno.test("createEvent infers the type and the payload", () => {
  const event = createEvent("message.sent", "room", { text: "hello" });
  same<typeof event.detail.type, "message.sent">();
  same<typeof event.detail.payload, { text: string }>();
  assert.throws(() => {
    // @ts-expect-error -- an id is a string
    createEvent("message.sent", 5, null);
  }, TypeError);
  const type: string = "job.done";
  const any = createEvent(type, "", 5);
  same<typeof any.detail, EventEnvelope<string, number>>();
  assert.equal(any.type, "job.done");
});

Deno.test("EventEnvelope is not to be written to", () => {
  const { detail } = createEvent("job.done", "7", { ok: true });
  // @ts-expect-error -- an envelope that travels stays as it is
  detail.id = "8";
  assert.equal(detail.id, "8");
});

interface MessageMap {
  "message.sent": { text: string };
  "job.done": null;
}

Deno.test("EventsOf takes an interface as an event map", () => {
  same<EventsOf<MessageMap>, Events>();
  const target = targetOf<EventsOf<MessageMap>>();
  target.addEventListener("message.sent:room", ({ detail }) => {
    same<typeof detail.payload, { text: string }>();
  });
  // @ts-expect-error -- no event has this type
  target.addEventListener("message.send", () => {});
  assert.equal(target.calls, 2);
});

Deno.test("EventsOf is a union that narrows by type", () => {
  const textOf = ({ detail }: Events): string | null => {
    if (detail.type === "message.sent") {
      same<typeof detail.payload, { text: string }>();
      return detail.payload.text;
    }
    same<typeof detail.type, "job.done">();
    return detail.payload;
  };
  assert.equal(textOf(createEvent("message.sent", "", { text: "a" })), "a");
  assert.equal(textOf(createEvent("job.done", "", null)), null);
});

Deno.test("TypeOf, TopicOf and EventOf say what the target takes and gives", () => {
  same<TypeOf<Events>, "message.sent" | "job.done">();
  same<
    TopicOf<Events>,
    | "message.sent"
    | "job.done"
    | `message.sent:${string}`
    | `job.done:${string}`
  >();
  same<
    EventOf<Events, "message.sent:room">,
    TypedEvent<"message.sent", { text: string }>
  >();
  same<EventOf<Events, "job.done">, TypedEvent<"job.done", null>>();
  same<EventOf<Events, "message.send">, never>();
  assert.throws(() => {
    // @ts-expect-error -- `same` refuses what differs, or nothing above counts
    same<TypeOf<Events>, "message.sent">("differs");
  }, { code: "ERR_ASSERTION" });
});

Deno.test("TypedEventTarget without events takes any topic and gives unknown", () => {
  const target = targetOf<TypedEvent>();
  const anything: TypedEventTarget = target;
  const topic: string = "whatever";
  for (const one of [topic, `${topic}:7`]) {
    anything.addEventListener(one, ({ detail }) => {
      same<typeof detail.payload, unknown>();
      same<typeof detail.id, string>();
      // @ts-expect-error -- an unknown payload has no text yet
      return detail.payload.text;
    });
  }
  anything.addEventListener("message.sent:room", ({ detail }) => {
    same<typeof detail.payload, unknown>();
  });
  anything.dispatchEvent(createEvent("message.sent", "", { text: "hello" }));
  assert.equal(target.calls, 4);
});

Deno.test("TypedEventTarget keeps the payloads of a type that has several", () => {
  type Either =
    | TypedEvent<"a", { text: string }>
    | TypedEvent<"a", { count: number }>;
  const target = targetOf<Either>();
  target.addEventListener("a:1", ({ detail }) => {
    same<typeof detail.payload, { text: string } | { count: number }>();
  });
  assert.equal(target.calls, 1);
});
