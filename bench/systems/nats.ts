// NATS: `nats-server`, and its own client.

import { connect } from "@nats-io/transport-node";
import { programFault, runProgram } from "./_program.ts";
import { BACKLOG_BYTES, type System } from "./_system.ts";

export const nats: System = {
  name: "NATS",
  isProgram: true,
  unavailable: () => programFault("nats-server"),
  async serve() {
    const program = await runProgram(
      "nats-server",
      ["--config"],
      `listen: "127.0.0.1:PORT"\nmax_pending: ${BACKLOG_BYTES}\n`,
      /Server is ready/,
    );
    return { ...program, address: `127.0.0.1:${program.port}` };
  },
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
