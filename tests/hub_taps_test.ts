// What listens in on a hub, and what its peers wait for.

import assert from "node:assert/strict";
import { type Deferred, deferred } from "../_deferred.ts";
import type { HubTap } from "../_hub_tap.ts";
import { HubTaps } from "../_hub_taps.ts";
import type { Origin } from "../_origin.ts";
import type { EventEnvelope } from "../envelope.ts";
import { takeTimers } from "./_timers.ts";
import { isOver, turn } from "./_waiting.ts";

Deno.test.sanitizer({ ops: true, resources: true });

/** Milliseconds that a peer is kept waiting. */
const LISTEN_TIMEOUT = 1_000;

/** A tap that answers by hand. */
class HandTap implements HubTap {
  readonly told: string[] = [];
  readonly published: [EventEnvelope, Origin][] = [];
  readonly listening = new Map<string, Deferred<void>>();

  onFirst(topic: string): void {
    this.told.push(`first ${topic}`);
  }

  onLast(topic: string): void {
    this.told.push(`last ${topic}`);
  }

  whenListening(topic: string): Promise<void> | undefined {
    return this.listening.get(topic)?.promise;
  }

  onPublish(envelope: EventEnvelope, from: Origin): void {
    this.published.push([envelope, from]);
  }

  /** Does not listen on a topic until that is resolved. */
  hold(topic: string): Deferred<void> {
    const held = deferred<void>();
    this.listening.set(topic, held);
    return held;
  }
}

/** Taps with some added. */
function tapped(count: number): [HubTaps, ...HandTap[]] {
  const taps = new HubTaps();
  const added = Array.from({ length: count }, () => new HandTap());
  for (const tap of added) taps.add(tap);
  return [taps, ...added];
}

const envelope = (payload: unknown): EventEnvelope => ({
  type: "said",
  id: "",
  payload,
});

Deno.test("HubTaps tells each tap of the first and of the last", () => {
  const [taps, one, two] = tapped(2);
  const peer = {};
  taps.subscribed(peer, "said", true);
  taps.subscribed({}, "said", false);
  taps.unsubscribed("said");
  for (const tap of [one!, two!]) {
    assert.deepEqual(tap.told, ["first said", "last said"]);
  }
  taps.remove(one!);
  taps.subscribed(peer, "asked", true);
  taps.unsubscribed("asked");
  assert.deepEqual(one!.told.slice(2), []);
  assert.deepEqual(two!.told.slice(2), ["first asked", "last asked"]);
  assert.equal(taps.whenSubscribed(peer), undefined, "nothing to wait for");
});

Deno.test("HubTaps names an event alike to every tap, and each otherwise", () => {
  const [taps, one, two] = tapped(2);
  for (const payload of ["a", "b"]) taps.publish(envelope(payload));
  assert.deepEqual(one!.published, two!.published);
  assert.deepEqual(
    one!.published.map(([{ payload }]) => payload),
    ["a", "b"],
  );
  const origins = one!.published.map(([, from]) => from);
  assert.deepEqual(origins.map(({ source }) => source), [
    taps.source.name,
    taps.source.name,
  ]);
  assert.notEqual(origins[0]!.number, origins[1]!.number);
  taps.remove(two!);
  taps.publish(envelope("c"));
  assert.equal(one!.published.length, 3);
  assert.equal(two!.published.length, 2);
});

Deno.test("HubTaps passes on once what comes by two taps", () => {
  const from = { source: "elsewhere", number: 1 };
  const [alone] = tapped(1);
  assert.equal(alone.isNews(from), true);
  assert.equal(alone.isNews(from), true, "by one tap nothing comes twice");

  const [taps, one] = tapped(2);
  assert.equal(taps.isNews(from), true);
  assert.equal(taps.isNews(from), false, "by the other tap");
  assert.equal(taps.isNews({ ...from, number: 2 }), true);
  taps.publish(envelope("ours"));
  const [, own] = one!.published[0]!;
  assert.equal(taps.isNews(own), false, "what comes back is no news");
});

Deno.test("HubTaps lets a peer wait for all that it subscribed to", async () => {
  const [taps, one, two] = tapped(2);
  const peer = {};
  const held = [one!.hold("said"), two!.hold("said"), two!.hold("asked")];
  taps.subscribed(peer, "said", true);
  taps.subscribed(peer, "asked", true);
  const waiting = taps.whenSubscribed(peer)!;
  assert.equal(taps.whenSubscribed({}), undefined, "another peer");
  for (const { resolve } of held) {
    assert.equal(await isOver(waiting), false);
    resolve();
  }
  await waiting;
  assert.equal(taps.whenSubscribed(peer), undefined);
});

Deno.test("HubTaps lets a peer wait once for an engine that does not answer", async () => {
  const [taps, tap] = tapped(1);
  using timers = takeTimers(LISTEN_TIMEOUT);
  const peer = {};
  tap!.hold("said");
  taps.subscribed(peer, "said", true);
  const first = taps.whenSubscribed(peer)!;
  assert.equal(await isOver(first), false);
  assert.equal(timers.pending, 1);
  timers.runOut();
  await first;
  assert.equal(taps.whenSubscribed(peer), undefined, "not for the next ping");

  // What it subscribes to afterwards is waited for anew.
  const { resolve } = tap!.hold("asked");
  taps.subscribed(peer, "asked", true);
  const second = taps.whenSubscribed(peer)!;
  assert.equal(await isOver(second), false);
  resolve();
  await second;
  assert.equal(taps.whenSubscribed(peer), undefined);
  assert.equal(timers.pending, 0);
});

Deno.test("HubTaps goes on waiting for what came after a ping that gave up", async () => {
  const [taps, tap] = tapped(1);
  using timers = takeTimers(LISTEN_TIMEOUT);
  const peer = {};
  tap!.hold("said");
  taps.subscribed(peer, "said", true);
  const first = taps.whenSubscribed(peer)!;
  await turn();
  tap!.hold("asked");
  taps.subscribed(peer, "asked", true);
  timers.runOut();
  await first;
  const second = taps.whenSubscribed(peer)!;
  assert.equal(await isOver(second), false);
  timers.runOut();
  await second;
  assert.equal(taps.whenSubscribed(peer), undefined);
});

Deno.test("HubTaps forgets what a peer that is gone waited for", () => {
  const [taps, tap] = tapped(1);
  const peer = {};
  tap!.hold("said");
  taps.subscribed(peer, "said", true);
  taps.forget(peer);
  assert.equal(taps.whenSubscribed(peer), undefined);
});
