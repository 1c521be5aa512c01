// NATS: `nats-server`, and its own client.

import { connect } from "@nats-io/transport-node";
import { programFault, startNats } from "../../demo/_servers.ts";
import { BACKLOG_BYTES, type System } from "./_system.ts";

export const nats: System = {
  name: "NATS",
  isProgram: true,
  unavailable: () => programFault("nats-server"),
  serve: () => startNats({ config: [`max_pending: ${BACKLOG_BYTES}`] }),
  async connect(address) {
    const connection = await connect({ servers: address });
    return {
      publish: (envelope) =>
        connection.publish(envelope.type, JSON.stringify(envelope)),
      async subscribe(topic, onEvent) {
        connection.subscribe(topic, {
          callback(error, message) {
            if (error) throw error;
            onEvent(message.json());
          },
        });
        await connection.flush();
      },
      barrier: () => connection.flush(),
      [Symbol.asyncDispose]: () => connection.close(),
    };
  },
};
