// A fixed UDP port in front of a hub whose own port changes. It is needed by
// @rayhanadev/iroh, which cannot choose its port, and which for ten seconds
// looks for a peer only where it heard it last.

import { Buffer } from "node:buffer";
import { createSocket, type Socket } from "node:dgram";

const HOST = "127.0.0.1";

export class Forwarder {
  readonly port: number;
  readonly #front: Socket;
  /** One socket towards the hub per port that a spoke sends from. */
  readonly #backs = new Map<number, Socket>();
  #target = 0;

  private constructor(front: Socket) {
    this.#front = front;
    this.port = front.address().port;
    front.on("message", (data, { port }) => this.#forward(data, port));
  }

  /** Takes any free port. */
  static async open(): Promise<Forwarder> {
    const front = await bindSocket();
    return new Forwarder(front);
  }

  /** Where packets go from now on. */
  aimAt(port: number): void {
    this.#target = port;
  }

  close(): void {
    this.#front.close();
    for (const back of this.#backs.values()) back.close();
  }

  #forward(data: Buffer, from: number): void {
    let back = this.#backs.get(from);
    if (!back) {
      back = createSocket("udp4");
      back.on(
        "message",
        (answer) => this.#front.send(Buffer.from(answer), from, HOST),
      );
      back.on("error", () => {}); // A packet for a dead hub is lost, as ever.
      this.#backs.set(from, back);
    }
    // A copy, as it may wait for the socket while the next one is read.
    back.send(Buffer.from(data), this.#target, HOST);
  }
}

async function bindSocket(): Promise<Socket> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(0, HOST, resolve);
  });
  socket.on("error", () => {});
  return socket;
}
