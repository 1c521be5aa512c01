// A hub in a process of its own, which relays. Arguments: the name of its
// transport, its secret key if it has one. It serves when it is told to, and
// says the number of each event "numbered" that it hears, and who left.

import { answer, say } from "../_line_process.ts";
import type { FaultHub } from "./_transport.ts";
import { transportNamed } from "./_transport.ts";

const { transport, secretKey } = JSON.parse(Deno.args[0]!);
const ends = transportNamed(transport).ends();
let hub: FaultHub;
say({ ready: true });

await answer({
  async listen(port: number) {
    hub = await ends.hub({
      relay: true,
      onDisconnection: ({ id }) => say({ ended: id }),
      secretKey,
      port,
    });
    hub.addEventListener("numbered", ({ detail: { payload } }) => {
      say({ heard: (payload as { n: number }).n });
    });
    return { address: hub.address, port: hub.port };
  },
  topics: () =>
    Array.from(hub.connections, ({ id, topics }) => [id, [...topics].sort()]),
});
