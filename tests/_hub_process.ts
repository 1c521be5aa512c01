// A hub in a process of its own, to be killed. Arguments: binding, secret key
// in hex, port. Prints a line of JSON when it serves, and one with the topics of
// all its connections for every line on its standard input.

import { Buffer } from "node:buffer";
import { createIrohHubEventTarget } from "../iroh_hub.ts";
import { bindings } from "./_iroh.ts";

const [name, secretKey = "", port] = Deno.args;
const binding = bindings.find((one) => one.name === name)!;
const on = await binding.createEndpoint({
  secretKey: Uint8Array.from(Buffer.from(secretKey, "hex")),
  port: Number(port),
});
const hub = await createIrohHubEventTarget({
  endpoint: on.endpoint,
  relay: true,
});
console.log(JSON.stringify({ address: on.address, port: on.port }));

for await (const _ of Deno.stdin.readable) {
  const topics = Array.from(
    hub.connections,
    ({ topics }) => [...topics].sort(),
  );
  console.log(JSON.stringify({ topics }));
}
