// Many clients of one hub, in a process of their own: `<url> <count>`. Each is
// subscribed to three topics; told to, some send.

import { answer } from "./_line_process.ts";

const [url = "", count = "0"] = Deno.args;
const TOGETHER = 100;
const sockets: WebSocket[] = [];

/** Settles once the hub knows what it is subscribed to. */
function connect(n: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${url}/peer-${n}`);
    socket.onopen = () => {
      const topics = [`order.placed:${n % 500}`, `stock.changed:${n}`, "news"];
      for (const topic of topics) {
        send(socket, "__subscribe", "", { topic });
      }
      send(socket, "__ping", "subscribed", null);
    };
    socket.onmessage = ({ data }) => {
      const { type, id } = JSON.parse(data);
      if (type === "__ping") send(socket, "__pong", id, null);
      if (type === "__pong") resolve();
    };
    socket.onerror = (event) => reject(event);
    sockets.push(socket);
  });
}

function send(socket: WebSocket, type: string, id: string, payload: unknown) {
  socket.send(JSON.stringify({ type, id, payload }));
}

await answer({
  async connect() {
    for (let n = 0; n < Number(count); n += TOGETHER) {
      const size = Math.min(TOGETHER, Number(count) - n);
      await Promise.all(Array.from({ length: size }, (_, i) => connect(n + i)));
    }
  },
  /** So many events, one after the other from clients here and there. */
  send(events: number) {
    for (let i = 0; i < events; i++) {
      const socket = sockets[i * 7919 % sockets.length]!;
      send(socket, "order.placed", `${i * i % 500}`, { i });
    }
  },
});
