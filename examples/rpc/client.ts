// The client is a spoke: it dials the server by its ticket.

import {
  createIrohSpokeEventTarget,
  type IrohSpokeEventTarget,
} from "@alkdev/pubsub/event-target-iroh-spoke";
import { bindEndpoint, type EndpointChoices } from "../_endpoint.ts";
import type { MachineApi } from "./api.ts";
import { createRpcClient, type RpcEvent } from "./rpc.ts";

type MachineClient = ReturnType<typeof createRpcClient<MachineApi>>;

/** A client, and what it is made of. */
export interface Connected {
  readonly me: string;
  readonly machine: MachineClient;
  readonly spoke: IrohSpokeEventTarget<RpcEvent>;
  close(): Promise<void>;
}

/** Dials a server. */
export async function connect(
  ticket: string,
  choices: EndpointChoices,
): Promise<Connected> {
  const endpoint = await bindEndpoint(choices);
  const me = endpoint.id().toString();
  let machine: MachineClient | undefined = undefined;
  try {
    const spoke = await createIrohSpokeEventTarget<RpcEvent>({
      endpoint,
      hubNodeId: ticket,
      // A call that waits for a server to come back is better made anew.
      offline: "throw",
      onStatus({ type }) {
        if (type === "reconnecting" || type === "closed") machine?.lost();
      },
    });
    machine = createRpcClient<MachineApi>(spoke, me);
    return {
      ...{ me, machine, spoke },
      async close() {
        await spoke.close();
        await endpoint.close();
      },
    };
  } catch (error) {
    await endpoint.close();
    throw error;
  }
}
