// The same with NATS, which sends a client what it publishes itself. Argument: the
// address.

import { connect } from "@nats-io/transport-node";

const connection = await connect({ servers: Deno.args[0] ?? "" });
connection.subscribe("first.event", {
  callback(_error, message) {
    console.log(message.json<{ type: string }>().type);
    Deno.exit();
  },
});
const event = { type: "first.event", id: "", payload: null };
connection.publish("first.event", JSON.stringify(event));
