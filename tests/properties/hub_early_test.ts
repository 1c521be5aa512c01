// What a peer sends before the hub has admitted it, found by `hub-messages`.

import assert from "node:assert/strict";
import { deferred } from "../../_deferred.ts";
import {
  createWebSocketServerEventTarget,
  type HubFault,
} from "../../websocket_server.ts";

Deno.test.sanitizer({ ops: true, resources: true });

for (
  const { name, message, code } of [
    { name: "binary", message: new Uint8Array(1), code: 1002 },
    { name: "over maxFrameBytes", message: "x".repeat(129), code: 1009 },
  ]
) {
  Deno.test(`a message ${name} before the admission is answered and reported`, async () => {
    const faults: HubFault[] = [];
    const closed = deferred<number | undefined>();
    const authorized = deferred<boolean>();
    const hub = createWebSocketServerEventTarget({
      maxFrameBytes: 128,
      authorizeConnection: () => authorized.promise,
      onError: (fault) => faults.push(fault),
    });
    const socket = {
      readyState: 1,
      getBufferedAmount: () => 0,
      send: (text: string) => text.length,
      close: closed.resolve,
    };
    hub.addConnection(socket, { id: "peer" });
    hub.handleMessage(socket, message);
    hub.handleMessage(socket, '{"type":"n","id":"","payload":"ignored"}');
    authorized.resolve(true);
    assert.equal(await closed.promise, code);
    hub.handleClose(socket, code);
    await hub.close();
    assert.deepEqual(faults.map(({ connection }) => connection?.id), ["peer"]);
  });
}
