// A port that stays while the hub behind it moves, as that of a router does:
// `@rayhanadev/iroh` binds another port whenever its process starts.

import { createSocket, type Socket } from "node:dgram";

/** Passes UDP datagrams between any clients and one server on loopback. */
export class PortKeeper implements AsyncDisposable {
  /** Where the server is now. */
  server = 0;
  readonly #front: Gate;
  /** For each client the gate that the server knows it by. */
  readonly #backs = new Map<number, Promise<Gate>>();

  private constructor(front: Gate) {
    this.#front = front;
    front.onMessage = (message, client) => {
      const back = this.#backs.get(client) ?? this.#backFor(client);
      this.#backs.set(client, back);
      void back.then((gate) => gate.send(message, this.server));
    };
  }

  static async open(): Promise<PortKeeper> {
    return new PortKeeper(await Gate.open());
  }

  /** Where the clients send to. */
  get port(): number {
    return this.#front.port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#front.close();
    for (const back of this.#backs.values()) await (await back).close();
  }

  async #backFor(client: number): Promise<Gate> {
    const back = await Gate.open();
    back.onMessage = (message) => this.#front.send(message, client);
    return back;
  }
}

/** A UDP socket that sends one datagram after the other. */
class Gate {
  onMessage: (message: Uint8Array, from: number) => void = () => {};
  readonly #socket: Socket;
  /** Deno 2.9 sends last what it is given first, unless it is waited for. */
  #sent: Promise<void> = Promise.resolve();

  private constructor(socket: Socket) {
    this.#socket = socket;
    // Copied: the buffer is used again.
    socket.on(
      "message",
      (message, { port }) => this.onMessage(Uint8Array.from(message), port),
    );
    // Nobody listens there at the moment: as on any network, nobody is told.
    socket.on("error", () => {});
  }

  static async open(): Promise<Gate> {
    const socket = createSocket("udp4");
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
    return new Gate(socket);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  send(message: Uint8Array, to: number): void {
    this.#sent = this.#sent.then(() =>
      new Promise((resolve) =>
        this.#socket.send(message, to, "127.0.0.1", () => resolve())
      )
    );
  }

  async close(): Promise<void> {
    await this.#sent;
    await new Promise<void>((resolve) => this.#socket.close(resolve));
  }
}
