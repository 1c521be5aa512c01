// The ends that the conformance suite is played at: of one target, of two that
// face each other, and of a hub and its spokes.

import type { ClosableEventTarget } from "../mod.ts";
import type { HubEventTarget, HubOptions } from "../websocket_server.ts";
import type { SpokeEventTarget, SpokeOptions } from "../websocket_client.ts";
import {
  drain,
  type HubView,
  play,
  Puppet,
  type Scenario,
  type Traits,
  type Wire,
} from "./_conformance_wire.ts";

/** One end of one transport. */
export interface End {
  /** The transport, and who sends to whom: here is the last. */
  readonly name: string;
  readonly traits: Traits;
  /** Whether the transport cannot run here. */
  readonly ignore?: boolean;
  /** Plays a scenario on a wire of its own. */
  play(scenario: Scenario): Promise<void>;
}

/** A target, and the errors that were reported to it. */
export interface Party {
  readonly target: ClosableEventTarget;
  readonly errors: unknown[];
}

/**
 * A wire between two targets of this thread.
 *
 * @param settle What takes events on from where `flush` of an end leaves them.
 */
export function wireBetween(
  traits: Traits,
  here: Party,
  far: Party,
  settle: () => Promise<void> = () => Promise.resolve(),
  hub?: HubView,
): Wire {
  const flush = async ({ target }: Party) => {
    await target.flush();
    await settle();
  };
  return {
    traits,
    here: here.target,
    errors: here.errors,
    far: new Puppet(far.target, far.errors, () => flush(far)),
    sent: () => flush(here),
    hub,
  };
}

/** An end on wires of which each is disposed of behind its scenario. */
export function endOn(
  name: string,
  traits: Traits,
  open: (stack: AsyncDisposableStack) => Promise<Wire>,
  ignore = false,
): End {
  return {
    name,
    traits,
    ignore,
    async play(scenario) {
      await using stack = new AsyncDisposableStack();
      await play(scenario, await open(stack));
    },
  };
}

/** A hub and its spokes, on some transport. */
export interface Star extends AsyncDisposable {
  hub(options: HubOptions): Promise<HubEventTarget>;
  /** Connects to the hub that was made, which knows the spoke by this id. */
  spoke(
    options: SpokeOptions,
  ): Promise<{ readonly target: SpokeEventTarget; readonly id: string }>;
}

const AT_HUB: Traits = { encoding: "json" };
const AT_SPOKE: Traits = { encoding: "json", isClient: true };

/** The ends of a hub and of a spoke that face each other. */
export function starEnds(
  name: string,
  create: () => Star,
  ignore = false,
): End[] {
  return [
    endOn(`${name}, spoke to hub`, AT_HUB, async (stack) => {
      const { hub, spoke } = await connected(stack.use(create()));
      return wireBetween(AT_HUB, hub, spoke);
    }, ignore),
    endOn(`${name}, hub to spoke`, AT_SPOKE, async (stack) => {
      const { hub, spoke, view } = await connected(stack.use(create()));
      return wireBetween(AT_SPOKE, spoke, hub, undefined, view);
    }, ignore),
  ];
}

/** The end of a spoke that faces another, behind a hub that relays. */
export function relayedEnd(
  name: string,
  create: () => Star,
  ignore = false,
): End {
  return endOn(`${name}, spoke to spoke`, AT_SPOKE, async (stack) => {
    const star = stack.use(create());
    const { hub, spoke, view } = await connected(star, { relay: true });
    const sender = await spokeOf(star);
    const settle = () => hub.target.flush();
    return wireBetween(AT_SPOKE, spoke, sender, settle, view);
  }, ignore);
}

/** A hub with a spoke, and what the spoke can see of it. */
export async function connected(star: Star, options: HubOptions = {}) {
  const errors: unknown[] = [];
  const target = await star.hub({
    ...options,
    onError: ({ error }) => errors.push(error),
  });
  const spoke = await spokeOf(star);
  const { id } = spoke;
  const view: HubView = {
    id,
    topics() {
      const connections = [...target.connections];
      return [...connections.find((one) => one.id === id)!.topics];
    },
    connect: async () => (await spokeOf(star)).target,
    takeErrors: () => drain(errors),
  };
  return { hub: { target, errors }, spoke, view };
}

async function spokeOf(star: Star): Promise<Party & { readonly id: string }> {
  const errors: unknown[] = [];
  const spoke = await star.spoke({
    onStatus: (status) => {
      if (status.type === "error") errors.push(status.error);
    },
  });
  return { ...spoke, errors };
}
