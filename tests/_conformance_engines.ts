// The conformance suite over engines: two targets on one server, and two spokes
// of hubs that are linked by it.

import { connect } from "@nats-io/transport-node";
import { Redis } from "ioredis";
import { bridge } from "../bridge.ts";
import { startNats, startRedis } from "../demo/_servers.ts";
import {
  createNatsEventTarget,
  type EngineEventTarget,
  type EngineOptions,
} from "../nats.ts";
import { createRedisEventTarget } from "../redis.ts";
import {
  connected,
  type End,
  endOn,
  type Star,
  wireBetween,
} from "./_conformance_ends.ts";
import type { Traits } from "./_conformance_wire.ts";
import { natsFault, redisFault } from "./_engines.ts";

/** A target on clients of its own. */
interface Node {
  readonly target: EngineEventTarget;
  /** Resolves once its clients have worked off all that the server sent. */
  heard(): Promise<unknown>;
}

/** A server on which every scenario has a prefix of its own. */
interface EngineKind {
  readonly name: string;
  readonly traits: Traits;
  readonly ignore: boolean;
  /** A target of that prefix, until the stack is disposed of. */
  node(
    stack: AsyncDisposableStack,
    prefix: string,
    options: EngineOptions,
  ): Promise<Node>;
}

async function redisEngine(): Promise<EngineKind> {
  const ignore = redisFault !== undefined;
  const server = ignore ? undefined : await startRedis();
  Deno.test.afterAll(() => server?.stop());
  return {
    name: "Redis",
    traits: { encoding: "json", wellFormed: true },
    ignore,
    async node(stack, prefix, options) {
      const publishClient = new Redis(server!.url);
      const subscribeClient = publishClient.duplicate();
      for (const client of [publishClient, subscribeClient]) {
        // One that has not connected yet would leave a timer behind.
        await client.ping();
        stack.defer(async () => void await client.quit());
      }
      const target = stack.use(createRedisEventTarget({
        publishClient,
        subscribeClient,
        channelPrefix: `${prefix}:`,
        ...options,
      }));
      return { target, heard: () => subscribeClient.ping() };
    },
  };
}

async function natsEngine(): Promise<EngineKind> {
  const ignore = natsFault !== undefined;
  // Its own limit is that of an envelope without what an engine adds to it.
  const config = ["max_payload: 2MB"];
  const server = ignore ? undefined : await startNats({ config });
  Deno.test.afterAll(() => server?.stop());
  return {
    name: "NATS",
    traits: { encoding: "json" },
    ignore,
    async node(stack, prefix, options) {
      const connection = await connect({ servers: server!.address });
      stack.defer(() => connection.close());
      const target = stack.use(createNatsEventTarget({
        connection,
        subjectPrefix: prefix,
        ...options,
      }));
      return { target, heard: () => connection.flush() };
    },
  };
}

let prefixes = 0;

/** Stars of two transports, to be linked. */
interface Stars {
  here(): Star;
  far(): Star;
  /** Whether one of them cannot run here. */
  readonly ignore: boolean;
}

/** The ends on all engines. */
export async function engineEnds(stars: Stars): Promise<End[]> {
  const kinds = [await redisEngine(), await natsEngine()];
  return kinds.flatMap((kind) => [engineEnd(kind), bridgedEnd(kind, stars)]);
}

/** The server has sent what it has been sent before it answers to a flush. */
function engineEnd(kind: EngineKind): End {
  const { name, traits, ignore } = kind;
  return endOn(`${name}, target to target`, traits, async (stack) => {
    const prefix = `conformance-${++prefixes}`;
    const party = async () => {
      const errors: unknown[] = [];
      const node = await kind.node(stack, prefix, {
        echo: false,
        onError: ({ error }) => errors.push(error),
      });
      return { ...node, errors };
    };
    const [here, far] = [await party(), await party()];
    const settle = async () => {
      await Promise.all([here.heard(), far.heard()]);
    };
    return wireBetween(traits, here, far, settle);
  }, ignore);
}

/** Two hubs of different transports, each with a bridge to the engine. */
function bridgedEnd(kind: EngineKind, stars: Stars): End {
  const traits: Traits = { ...kind.traits, isClient: true };
  const name = `${kind.name}, spoke to spoke over bridged hubs`;
  return endOn(name, traits, async (stack) => {
    const prefix = `conformance-${++prefixes}`;
    const side = async (create: () => Star) => {
      const star = stack.use(create());
      const { hub, spoke, view } = await connected(star, { relay: true });
      const onError = ({ error }: { error: unknown }) => hub.errors.push(error);
      const node = await kind.node(stack, prefix, { onError });
      const link = stack.use(
        bridge({ hub: hub.target, engine: node.target, onError }),
      );
      await link.flush();
      return { hub, spoke, view, node, link };
    };
    const sides = [await side(stars.here), await side(stars.far)] as const;
    const [here, far] = sides;
    /** From a hub to the engine, to the other hub, to its spokes. */
    const settle = async () => {
      await Promise.all(sides.map(({ link }) => link.flush()));
      await Promise.all(sides.map(({ node }) => node.heard()));
      await Promise.all(sides.map(({ hub }) => hub.target.flush()));
    };
    const view = {
      ...here.view,
      takeErrors: () => sides.flatMap(({ view }) => view.takeErrors()),
    };
    return wireBetween(traits, here.spoke, far.spoke, settle, view);
  }, kind.ignore || stars.ignore);
}
