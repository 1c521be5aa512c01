// Our hub over iroh, on each of the two bindings.

import { createIrohHubEventTarget, type IrohEndpoint } from "../../iroh_hub.ts";
import { createIrohSpokeEventTarget } from "../../iroh_spoke.ts";
import { type BindingName, bindings } from "../../tests/_iroh.ts";
import { hubOptions, spokeClient } from "./_ours.ts";
import type { System } from "./_system.ts";

function system(name: BindingName): System {
  const binding = bindings.find((binding) => binding.name === name)!;
  return {
    name: `@alkdev/pubsub, iroh (${name.split("/")[0]})`,
    unavailable: () => binding.unavailable,
    async serve() {
      const end = await binding.createEndpoint();
      const hub = await createIrohHubEventTarget({
        ...hubOptions,
        endpoint: end.endpoint as IrohEndpoint,
      });
      return {
        address: end.address,
        async [Symbol.asyncDispose]() {
          await hub.close();
          await end.close();
        },
      };
    },
    async connect(address) {
      const end = await binding.createEndpoint();
      const spoke = await createIrohSpokeEventTarget({
        endpoint: end.endpoint as IrohEndpoint,
        hubNodeId: address,
      });
      return spokeClient(spoke, () => end.close());
    },
  };
}

export const rayhanadev: System = system("@rayhanadev/iroh");
export const number0: System = system("@number0/iroh");
