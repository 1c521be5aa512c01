// A client of WebSockets that writes any bytes, ends its half of TCP, and reads
// what a server says up to the end.

import { deferred } from "../../_deferred.ts";
import { Opcode, upgradeRequest } from "../_websocket_peer.ts";
import { joined } from "./_bytes.ts";

const decoder = new TextDecoder();

/** A TCP connection that was upgraded, of which all is kept that comes. */
export class TcpPeer {
  readonly #conn: Deno.TcpConn;
  readonly #ended = deferred<void>();
  #wake = deferred<void>();
  #bytes: Uint8Array = new Uint8Array(0);
  #hasHead = false;
  #isOver = false;
  /** The text messages. */
  readonly texts: string[] = [];
  /** What a close frame says. */
  code: number | undefined;
  why = "";

  private constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
    void this.#read();
  }

  /** Resolves when the server has upgraded it. */
  static async connect(url: string): Promise<TcpPeer> {
    const { hostname, port } = new URL(url);
    const conn = await Deno.connect({ hostname, port: Number(port) });
    conn.setNoDelay();
    const peer = new TcpPeer(conn);
    await peer.write([upgradeRequest(url)]);
    await peer.until(() => peer.#hasHead);
    return peer;
  }

  /** Writes one chunk after the other, as far as the server takes them. */
  async write(chunks: readonly Uint8Array[]): Promise<void> {
    try {
      for (const chunk of chunks) {
        for (let at = 0; at < chunk.length;) {
          at += await this.#conn.write(chunk.subarray(at));
        }
      }
    } catch {
      // The server has ended it meanwhile.
    }
  }

  /** Waits for what passes, or the end of the connection. */
  async until(
    passes: (texts: readonly string[], code: number | undefined) => boolean,
  ): Promise<void> {
    while (!passes(this.texts, this.code) && !this.#isOver) {
      await this.#wake.promise;
    }
  }

  /** Ends its half, and reads up to the end of the server's. */
  async end(): Promise<void> {
    await this.#conn.closeWrite().catch(() => {});
    await this.#ended.promise;
  }

  destroy(): void {
    this.#conn.close();
  }

  async #read(): Promise<void> {
    const chunk = new Uint8Array(65536);
    for (;;) {
      const count = await this.#conn.read(chunk).catch(() => null);
      if (count === null) break;
      this.#bytes = joined([this.#bytes, chunk.subarray(0, count)]);
      while (this.#parse());
      this.#woken();
    }
    this.#isOver = true;
    this.#ended.resolve();
    this.#woken();
  }

  #woken(): void {
    const wake = this.#wake;
    this.#wake = deferred();
    wake.resolve();
  }

  /** Takes in one frame of a server, which masks none; short ones alone come. */
  #parse(): boolean {
    const bytes = this.#bytes;
    if (!this.#hasHead) {
      const end = decoder.decode(bytes).indexOf("\r\n\r\n");
      if (end < 0) return false;
      this.#hasHead = true;
      this.#bytes = bytes.slice(end + 4);
      return true;
    }
    if (bytes.length < 4) return false;
    const isLong = bytes[1] === 126;
    const start = isLong ? 4 : 2;
    const length = isLong ? bytes[2]! * 256 + bytes[3]! : bytes[1]!;
    const payload = bytes.subarray(start, start + length);
    if (payload.length < length) return false;
    this.#bytes = bytes.slice(start + length);
    const opcode = bytes[0]! & 15;
    if (opcode === Opcode.TEXT) this.texts.push(decoder.decode(payload));
    if (opcode === Opcode.CLOSE) {
      this.code = length < 2 ? 1005 : payload[0]! * 256 + payload[1]!;
      this.why = `${this.code}: ${decoder.decode(payload.subarray(2))}`;
    }
    return true;
  }
}
