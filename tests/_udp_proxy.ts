// A stretch of network between a spoke and a hub that loses what it is told to lose.

import { createSocket, type Socket } from "node:dgram";

/** Passes UDP datagrams between one client and one server on loopback. */
export class UdpProxy implements AsyncDisposable {
  /** Where the client sends to. */
  readonly port: number;
  /** Whether the next datagram towards the client, or the server, passes. */
  passes: (towards: "client" | "server") => boolean = () => true;
  readonly #front: Socket;
  readonly #back: Socket;
  #client: number | undefined;

  private constructor(front: Socket, back: Socket, serverPort: number) {
    this.#front = front;
    this.#back = back;
    this.port = front.address().port;
    front.on("message", (message, { port }) => {
      this.#client = port;
      this.#pass("server", back, message, serverPort);
    });
    back.on("message", (message) => {
      if (this.#client) this.#pass("client", front, message, this.#client);
    });
  }

  static async open(serverPort: number): Promise<UdpProxy> {
    return new UdpProxy(await bind(), await bind(), serverPort);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(
      [this.#front, this.#back].map((socket) =>
        new Promise<void>((resolve) => socket.close(() => resolve()))
      ),
    );
  }

  #pass(
    towards: "client" | "server",
    socket: Socket,
    message: Uint8Array,
    port: number,
  ): void {
    if (!this.passes(towards)) return;
    socket.send(message, port, "127.0.0.1");
  }
}

async function bind(): Promise<Socket> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(0, "127.0.0.1", resolve);
  });
  // The other side has closed its socket: as on any network, nobody is told.
  socket.on("error", () => {});
  return socket;
}
