// Events on their way to a server that comes and goes, with a client that answers
// late, twice or never: each is confirmed or lost, once, and in its order sent.

import assert from "node:assert/strict";
import * as fc from "fast-check";
import { later } from "../../_deferred.ts";
import { Losses } from "../../_losses.ts";
import { Outgoing } from "../../_outgoing.ts";
import { BufferFullError } from "../../errors.ts";
import { asyncProperty } from "./_property.ts";

const LIMIT = 40;

const fault = new Error("the client does not take it");
const noName = new RangeError("there is no name for it");

/** An event, and what is to become of it. */
class Event {
  readonly text: string;
  readonly bytes: number;
  readonly losses: Losses = new Losses(({ lost }) => this.told += lost);
  told = 0;
  fate: "open" | "confirmed" | "lost" = "open";
  hasCrossed = false;
  isDoubtful = false;
  /** The time it was sent whose answer counts. */
  sending: object | undefined;

  constructor(number: number, bytes: number) {
    this.text = `${number}`;
    this.bytes = bytes;
  }
}

/** What should be, beside what is. */
class Model {
  readonly resends: boolean;
  wasGone = false;
  isHeld = false;
  throws = false;
  readonly accepted: Event[] = [];
  /** In their order. */
  waiting: Event[] = [];
  readonly sent = new Set<Event>();
  /** How to settle what `publish` gave, late ones included. */
  readonly answers: ((isConfirmed: boolean) => void)[] = [];
  readonly waits: { isOver: boolean; readonly until: readonly Event[] }[] = [];
  readonly outgoing: Outgoing;

  constructor(resends: boolean) {
    this.resends = resends;
    this.outgoing = new Outgoing(this, LIMIT, () => {});
  }

  get open(): Event[] {
    return this.accepted.filter(({ fate }) => fate === "open");
  }

  get bytes(): number {
    return this.open.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  nameOf({ type, id }: { readonly type: string; readonly id: string }): string {
    if (type === "nameless") throw noName;
    return `name of ${id}`;
  }

  publish(name: string, text: string): Promise<unknown> {
    assert.equal(this.isHeld, false, "nothing is sent while it is held");
    const event = this.waiting.shift();
    assert(event, "only what waits is sent");
    assert.deepEqual([name, text], [`name of ${event.text}`, event.text]);
    if (this.throws) {
      event.fate = "lost";
      throw fault;
    }
    const sending = event.sending = {};
    this.sent.add(event);
    const answer = new Promise((resolve, reject) =>
      this.answers.push((isConfirmed) =>
        isConfirmed ? resolve(undefined) : reject(fault)
      )
    );
    // Before Outgoing hears of it.
    answer.then(
      () => this.#onAnswer(event, sending, true),
      () => this.#onAnswer(event, sending, false),
    );
    return answer;
  }

  #onAnswer(event: Event, sending: object, isConfirmed: boolean): void {
    if (event.sending !== sending) return;
    this.sent.delete(event);
    event.sending = undefined;
    const isLost = !isConfirmed || event.isDoubtful ||
      event.hasCrossed && this.wasGone;
    event.fate = isLost ? "lost" : "confirmed";
  }

  push(bytes: number, isNameless: boolean): void {
    const event = new Event(this.accepted.length, bytes);
    const { text, losses } = event;
    const type = isNameless ? "nameless" : "said";
    const envelope = { type, id: text, payload: null };
    const index = this.outgoing.nextIndex();
    const push = () =>
      this.outgoing.push({ envelope, text, bytes, losses, index });
    const before = this.bytes;
    if (before + bytes > LIMIT) {
      return assert.throws(push, (error) => {
        assert(error instanceof BufferFullError);
        assert.equal(error.bufferedBytes, before);
        return true;
      });
    }
    if (isNameless) return assert.throws(push, (error) => error === noName);
    this.accepted.push(event);
    this.waiting.push(event);
    push();
  }

  hold(): void {
    this.isHeld = true;
    if (this.resends) {
      for (const event of this.sent) {
        event.isDoubtful ||= event.hasCrossed && this.wasGone;
        event.hasCrossed = true;
      }
    } else this.#takeBack();
    this.outgoing.hold();
  }

  #takeBack(): void {
    for (const event of this.sent) event.sending = undefined;
    this.waiting.unshift(...this.sent);
    this.sent.clear();
  }

  release(): void {
    this.isHeld = false;
    this.outgoing.release();
  }

  lose(): void {
    this.isHeld = true;
    this.#takeBack();
    for (const event of this.waiting) event.fate = "lost";
    this.waiting = [];
    this.outgoing.lose(fault);
  }

  settled(): void {
    const wait = { isOver: false, until: this.open };
    this.waits.push(wait);
    this.outgoing.settled().then(() => wait.isOver = true);
  }

  /** What holds whenever nothing is under way in this turn. */
  async check(): Promise<void> {
    await turn();
    assert.equal(this.outgoing.length, this.open.length);
    if (!this.isHeld) assert.equal(this.waiting.length, 0, "all is sent");
    for (const { fate, losses, told, text } of this.accepted) {
      assert.equal(losses.total, fate === "lost" ? 1 : 0, `${text} is ${fate}`);
      assert.equal(told, losses.total, `${text} is told of once`);
    }
    for (const { isOver, until } of this.waits) {
      assert.equal(isOver, until.every(({ fate }) => fate !== "open"));
    }
    assert.throws(
      () => this.#pushTooMuch(),
      ({ bufferedBytes }: BufferFullError) => bufferedBytes === this.bytes,
    );
  }

  #pushTooMuch(): void {
    const envelope = { type: "said", id: "", payload: null };
    const losses = new Losses(() => {});
    const index = this.outgoing.nextIndex();
    this.outgoing.push({ envelope, text: "", bytes: LIMIT + 1, losses, index });
  }
}

/** Behind what was put off, and all promises that can settle by now. */
async function turn(): Promise<void> {
  for (let i = 0; i < 2; i++) {
    await new Promise<void>((resolve) => later(resolve));
  }
}

const push = fc.record({
  do: fc.constant("push" as const),
  bytes: fc.nat(12),
  isNameless: fc.nat(9).map((dice) => dice === 0),
});
const answer = fc.record({
  do: fc.constant("answer" as const),
  which: fc.nat(),
  isConfirmed: fc.boolean(),
});
const change = fc.record({
  do: fc.constantFrom("hold", "release", "goes", "stays", "throws", "takes"),
});
const pause = fc.record({
  do: fc.constantFrom("turn", "microtask", "send", "settled"),
});
const end = fc.record({ do: fc.constant("lose" as const) });

const step = fc.oneof(
  { weight: 10, arbitrary: push },
  { weight: 10, arbitrary: answer },
  { weight: 5, arbitrary: change },
  { weight: 6, arbitrary: pause },
  { weight: 1, arbitrary: end },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

async function take(model: Model, step: Step): Promise<void> {
  switch (step.do) {
    case "push":
      return model.push(step.bytes, step.isNameless);
    case "answer": {
      const { answers } = model;
      if (answers.length === 0) return;
      const [settle] = answers.splice(step.which % answers.length, 1);
      return settle!(step.isConfirmed);
    }
    case "hold":
      return model.hold();
    case "release":
      return model.release();
    case "goes":
      return void (model.wasGone = true);
    case "stays":
      return void (model.wasGone = false);
    case "throws":
      return void (model.throws = true);
    case "takes":
      return void (model.throws = false);
    case "turn":
      return await model.check();
    case "microtask":
      return await Promise.resolve();
    case "send":
      return model.outgoing.send();
    case "settled":
      return model.settled();
    case "lose":
      return model.lose();
  }
}

/** Any order of steps, and then a server that takes all. */
export const outgoing = asyncProperty({
  name: "outgoing",
  runs: 1500,
  arbitrary: fc.tuple(
    fc.boolean(),
    fc.array(step, { maxLength: 80, size: "max" }),
  ),
  async check([resends, steps]) {
    const model = new Model(resends);
    for (const step of steps) await take(model, step);
    model.throws = false;
    model.release();
    await model.check();
    for (const settle of model.answers.splice(0)) settle(true);
    model.settled();
    await model.check();
    assert.equal(model.open.length, 0, "confirmed or lost");
    assert.equal(model.bytes, 0);
    assert.equal(model.outgoing.length, 0);
    for (const { losses } of model.accepted) losses.end();
  },
});
