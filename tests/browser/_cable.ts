// A stretch of TCP between a page and a server that can be cut.

/** Passes bytes between clients and one server on loopback. */
export class Cable implements AsyncDisposable {
  /** Where clients connect to. */
  readonly port: number;
  readonly #listener: Deno.TcpListener;
  readonly #ends = new Set<Deno.TcpConn>();
  readonly #running: Promise<void>;

  constructor(serverPort: number) {
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.port = this.#listener.addr.port;
    this.#running = this.#run(serverPort);
  }

  /** Cuts every connection of now; new ones are passed on. */
  cut(): void {
    for (const end of this.#ends) end.close();
    this.#ends.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    this.cut();
    await this.#running;
  }

  async #run(port: number): Promise<void> {
    const pipes: Promise<unknown>[] = [];
    for await (const client of this.#listener) {
      this.#ends.add(client);
      const server = await Deno.connect({ hostname: "127.0.0.1", port });
      this.#ends.add(server);
      pipes.push(this.#pipe(client, server), this.#pipe(server, client));
    }
    await Promise.all(pipes);
  }

  /** Passes bytes on; where one side ends, both do. */
  async #pipe(from: Deno.TcpConn, to: Deno.TcpConn): Promise<void> {
    const bytes = new Uint8Array(16 * 1024);
    try {
      for (;;) {
        const length = await from.read(bytes);
        if (length === null) break;
        for (let at = 0; at < length;) {
          at += await to.write(bytes.subarray(at, length));
        }
      }
    } catch {
      // It was cut.
    }
    for (const end of [from, to]) {
      if (this.#ends.delete(end)) end.close();
    }
  }
}
