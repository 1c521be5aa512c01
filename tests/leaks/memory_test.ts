// Hubs and spokes, each in a process of its own, hold afterwards what they held
// before: memory, sockets, timers, listeners.
//
// How much memory is a leak: more than 5 % of the heap. That is some 420 KiB
// here, so that 1 KiB for each of 600 connects shows, and 16 bytes for each of
// 40 000 pairs. The tests check that their counts are high enough for it. What
// the first rounds compile and cache is warmed up before.

import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { figure, lengthOf } from "../_length.ts";
import type { Reading } from "./_metered.ts";
import { Metered } from "./_process.ts";
import { type Transport, transports } from "./_transports.ts";

Deno.test.sanitizer({ ops: true, resources: true });

interface HubHello {
  readonly address: string;
}

interface HubReading extends Reading {
  readonly connections: number;
  /** Of each connection. */
  readonly topics: number[];
}

interface SpokeReading extends Reading {
  /** Listeners on the signal that outlives the rest. */
  readonly aborts: number;
}

interface Readings {
  readonly hub: HubReading;
  readonly spoke: SpokeReading;
}

interface Exercise {
  readonly what: string;
  readonly count: number;
  /** Bytes that each time would have to leave behind to be seen. */
  readonly least: number;
  /** That are left when it is over. */
  readonly connections: number;
  /** Bytes that the same leaves without this library. */
  readonly platform?: { readonly hub: number; readonly spoke: number };
}

/** A leak is a part of the heap that is more than this. */
const SHARE = 0.05;

/** What the runtime opens for itself when it gets to it. */
const SPARE_FILES = 4;

/** Milliseconds in which all that was given up has surely ended. */
const PATIENCE = 30_000;

class Pair implements AsyncDisposable {
  readonly #transport: string;
  readonly hub: Metered;
  readonly spoke: Metered;

  private constructor(transport: string, hub: Metered, spoke: Metered) {
    this.#transport = transport;
    this.hub = hub;
    this.spoke = spoke;
  }

  static async start({ name }: Transport): Promise<Pair> {
    await using started = new AsyncDisposableStack();
    const hub = started.use(
      await Metered.start<HubHello>("./_hub_process.ts", name),
    );
    const { address } = hub.hello;
    const spoke = await Metered.start("./_spoke_process.ts", name, address);
    started.move(); // They are the caller's from here on.
    return new Pair(name, hub, spoke);
  }

  /** Does a thing so many times and looks what it has left at both ends. */
  async leavesNothing(
    { what, count, least, connections, platform = { hub: 0, spoke: 0 } }:
      Exercise,
    act: (count: number) => Promise<unknown>,
  ): Promise<void> {
    const before = await this.#read();
    await act(count);
    await this.hub.ask("left", connections);
    const after = await this.#readLike(before);

    for (const end of ["hub", "spoke"] as const) {
      const [old, now] = [before[end], after[end]];
      const grown = now.heap - old.heap;
      figure(`${this.#transport}, ${count} ${what}, ${end}`, {
        "heap before, KiB": old.heap / 1024,
        "heap after, KiB": now.heap / 1024,
        "growth, %": grown / old.heap * 100,
        "growth of the process, MiB": (now.rss - old.rss) / 1024 ** 2,
      });
      assert(count * least > SHARE * old.heap, `${least} would not show`);
      const most = SHARE * old.heap + platform[end];
      assert(grown <= most, `${end}: ${grown} bytes more, of ${old.heap}`);
      const files = `${end}: ${old.files} files before, ${now.files} after`;
      assert(now.files <= old.files + SPARE_FILES, files);
      assert.deepEqual(now.active, old.active, `${end}: timers and sockets`);
    }
    assert.equal(after.hub.connections, connections);
    assert.deepEqual(after.hub.topics, Array(connections).fill(0));
    assert.equal(after.spoke.aborts, 0, "listeners on a signal that lives on");
  }

  async #read(): Promise<Readings> {
    return {
      hub: await this.hub.ask<HubReading>("read"),
      spoke: await this.spoke.ask<SpokeReading>("read"),
    };
  }

  /** Gives what is under way some time to end, as a dial that was given up. */
  async #readLike(before: Readings): Promise<Readings> {
    const deadline = performance.now() + PATIENCE;
    for (;;) {
      const now = await this.#read();
      const isLike = isDeepStrictEqual(now.hub.active, before.hub.active) &&
        isDeepStrictEqual(now.spoke.active, before.spoke.active);
      if (isLike || performance.now() > deadline) return now;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.spoke[Symbol.asyncDispose]();
    await this.hub[Symbol.asyncDispose]();
  }
}

/**
 * The growth of both ends by as many connections of the binding alone. That of
 * `@rayhanadev/iroh` 0.1.1 keeps some 120 bytes of the heap, and 40 KiB beside
 * it, for each that closes while it is read.
 */
async function leftByPlatform(
  { name, isIroh }: Transport,
  count: number,
): Promise<{ hub: number; spoke: number } | undefined> {
  // Of few connections it is too little to count.
  if (!isIroh || count < 1000) return undefined;
  const script = "./_bare_process.ts";
  await using hub = await Metered.start<HubHello>(script, name);
  await using spoke = await Metered.start(script, name, hub.hello.address);
  const read = async () => [
    await hub.ask<Reading>("read"),
    await spoke.ask<Reading>("read"),
  ];
  await spoke.ask("connects", 300);
  const before = await read();
  await spoke.ask("connects", count);
  const after = await read();
  const grown = after.map(({ heap }, i) => heap - before[i]!.heap);
  figure(`${name} without this library, ${count} connects`, {
    "growth of the hub's heap, KiB": grown[0]! / 1024,
    "growth of the spoke's heap, KiB": grown[1]! / 1024,
    "growth of the hub, MiB": (after[0]!.rss - before[0]!.rss) / 1024 ** 2,
    "growth of the spoke, MiB": (after[1]!.rss - before[1]!.rss) / 1024 ** 2,
  });
  return { hub: Math.max(0, grown[0]!), spoke: Math.max(0, grown[1]!) };
}

for (const transport of transports) {
  const ignore = transport.unavailable !== undefined;

  Deno.test({
    name: `${transport.name}: connects and disconnects leave nothing`,
    ignore,
    async fn() {
      await using pair = await Pair.start(transport);
      const visit = (count: number) => pair.spoke.ask("connects", count);
      await visit(400);
      await pair.hub.ask("left", 0);
      const count = lengthOf({ short: 600, full: 10_000 });
      const platform = await leftByPlatform(transport, count);
      await pair.leavesNothing(
        { what: "connects", count, least: 1024, connections: 0, platform },
        visit,
      );
    },
  });

  Deno.test({
    name: `${transport.name}: what one spoke does for long leaves nothing`,
    ignore,
    async fn(t) {
      await using pair = await Pair.start(transport);
      const { hub, spoke } = pair;
      await spoke.ask("open");
      const step = async (
        what: string,
        { warm, least, short, full }: Record<string, number>,
        act: (count: number) => Promise<unknown>,
      ) => {
        await t.step(what, async () => {
          const count = lengthOf({ short: short!, full: full! });
          const platform = what === "reconnects"
            ? await leftByPlatform(transport, count)
            : undefined;
          await act(warm!);
          await pair.leavesNothing(
            { what, count, least: least!, connections: 1, platform },
            act,
          );
        });
      };
      const messages = { warm: 5_000, least: 50, short: 12_000, full: 100_000 };
      await step(
        "subscribe and unsubscribe pairs",
        { warm: 10_000, least: 16, short: 40_000, full: 1_000_000 },
        (count) => spoke.ask("pairs", count),
      );
      await step("pings", messages, (count) => spoke.ask("pings", count));
      await step(
        "events of the spoke to nobody",
        messages,
        (count) => spoke.ask("dispatch", count),
      );
      await step(
        "events of the hub to nobody",
        messages,
        (count) => hub.ask("dispatch", count),
      );
      await step(
        "reconnects",
        {
          warm: lengthOf({ short: 15, full: 300 }),
          least: 20_480,
          short: 30,
          full: 1_000,
        },
        (count) => spoke.ask("reconnects", count),
      );
    },
  });
}
