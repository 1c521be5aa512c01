// A stretch of network between a client and a server that can be cut, and that
// can keep back what the server says.

import { once } from "node:events";
import {
  type AddressInfo,
  connect,
  createServer,
  type Server,
  type Socket,
} from "node:net";

/** Passes TCP connections on to a port on loopback. */
export class TcpProxy implements AsyncDisposable {
  /** Where the clients connect to. */
  readonly port: number;
  /** Whether what the server says reaches the clients; what does not is gone. */
  passesReplies = true;
  /** Whether who connects is let in. */
  accepts = true;
  /** Whether the server's first words are the last that a client hears. */
  cutsAfterGreeting = false;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server, to: number) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on("connection", (front) => this.#join(front, to));
  }

  static async open(to: number): Promise<TcpProxy> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new TcpProxy(server, to);
  }

  /** Ends all connections at once. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.cut();
    await closed;
  }

  #join(front: Socket, to: number): void {
    if (!this.accepts) return void front.destroy();
    const back = connect(to, "127.0.0.1");
    for (const [one, other] of [[front, back], [back, front]] as const) {
      this.#sockets.add(one);
      one.on("error", () => {}); // It closes after it.
      one.on("close", () => {
        this.#sockets.delete(one);
        other.destroy();
      });
    }
    front.on("data", (bytes) => back.write(bytes));
    back.on("data", (bytes) => {
      if (this.passesReplies) front.write(bytes);
      if (this.cutsAfterGreeting) front.end();
    });
  }
}
