// One end of a WebSocket written by hand (RFC 6455): it can stall, send any
// bytes, see each frame as it is, and die. It reads only when it is asked to.

import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";

/** What a frame holds (RFC 6455, 5.2). */
export const Opcode = {
  CONTINUATION: 0,
  TEXT: 1,
  BINARY: 2,
  CLOSE: 8,
  PING: 9,
  PONG: 10,
} as const;

/** A frame as it came in, unmasked. */
export interface Frame {
  readonly isFinal: boolean;
  readonly opcode: number;
  readonly payload: Uint8Array;
}

/** What a close frame says; 1005 stands for a close frame without a code. */
export interface CloseFrame {
  readonly code: number;
  readonly reason: string;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** What a client says first. */
export function upgradeRequest(url: string): Uint8Array<ArrayBuffer> {
  const { host, pathname, search } = new URL(url);
  return encoder.encode(
    [
      `GET ${pathname}${search} HTTP/1.1`,
      `Host: ${host}`,
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
      "\r\n",
    ].join("\r\n"),
  );
}

/** A TCP connection that was upgraded, of a client or of a server. */
export class RawWebSocket {
  readonly #conn: Deno.TcpConn;
  readonly #isClient: boolean;
  #buffer: Uint8Array;
  #isOver = false;

  constructor(conn: Deno.TcpConn, isClient: boolean, rest: Uint8Array) {
    conn.setNoDelay();
    this.#conn = conn;
    this.#isClient = isClient;
    this.#buffer = rest;
  }

  /**
   * A client of a server.
   *
   * @throws {Error} That holds the status line, when it is not upgraded.
   */
  static async connect(url: string): Promise<RawWebSocket> {
    const { hostname, port } = new URL(url);
    const conn = await Deno.connect({ hostname, port: Number(port) });
    await writeAll(conn, upgradeRequest(url));
    const { head, rest } = await readHead(conn);
    if (!head.startsWith("HTTP/1.1 101 ")) {
      conn.close();
      throw new Error(`Not upgraded: ${head.split("\r\n")[0]}`);
    }
    return new RawWebSocket(conn, true, rest);
  }

  /**
   * The server's end of a client that has just connected.
   *
   * @param texts Messages that leave in the same write as the answer.
   */
  static async upgrade(
    conn: Deno.TcpConn,
    texts: readonly string[] = [],
  ): Promise<RawWebSocket> {
    const { head, rest } = await readHead(conn);
    const headerOf = (name: string) =>
      new RegExp(`^${name}: *(.*)\r$`, "im").exec(head)?.[1];
    const accept = createHash("sha1")
      .update(headerOf("sec-websocket-key") + GUID).digest("base64");
    const protocol = headerOf("sec-websocket-protocol")?.split(",")[0];
    const answer = encoder.encode(
      [
        "HTTP/1.1 101 Switching Protocols",
        "Connection: Upgrade",
        "Upgrade: websocket",
        `Sec-WebSocket-Accept: ${accept}`,
        ...(protocol ? [`Sec-WebSocket-Protocol: ${protocol}`] : []),
        "\r\n",
      ].join("\r\n"),
    );
    const frames = texts.map((text) =>
      frameOf(Opcode.TEXT, encoder.encode(text), true, false)
    );
    await writeAll(conn, Buffer.concat([answer, ...frames]));
    return new RawWebSocket(conn, false, rest);
  }

  /** Writes bytes, whatever they are. */
  write(bytes: Uint8Array): Promise<void> {
    return writeAll(this.#conn, bytes);
  }

  /** Sends one frame. */
  frame(
    opcode: number,
    payload: Uint8Array,
    isFinal = true,
  ): Promise<void> {
    return this.write(frameOf(opcode, payload, isFinal, this.#isClient));
  }

  /** Sends one text message. */
  send(text: string): Promise<void> {
    return this.frame(Opcode.TEXT, encoder.encode(text));
  }

  /** Sends one envelope. */
  sendEnvelope(type: string, id: string, payload: unknown): Promise<void> {
    return this.send(JSON.stringify({ type, id, payload }));
  }

  /** Sends a close frame, without a code if none is given. */
  close(code?: number, reason = ""): Promise<void> {
    const payload = code === undefined
      ? new Uint8Array(0)
      : Uint8Array.from([code >> 8, code & 255, ...encoder.encode(reason)]);
    return this.frame(Opcode.CLOSE, payload);
  }

  /** The next frame; `undefined` at the end of the TCP connection. */
  async next(): Promise<Frame | undefined> {
    for (;;) {
      const parsed = parseFrame(this.#buffer);
      if (parsed) {
        this.#buffer = this.#buffer.subarray(parsed.length);
        return parsed.frame;
      }
      if (!await this.#fill()) return undefined;
    }
  }

  /** The next text message; others are passed over. */
  async nextText(): Promise<string | undefined> {
    for (;;) {
      const frame = await this.next();
      if (frame === undefined || frame.opcode === Opcode.CLOSE) {
        return undefined;
      }
      if (frame.opcode === Opcode.TEXT) return decoder.decode(frame.payload);
    }
  }

  /** The next text message that holds a word; our pings are answered. */
  async nextWith(word: string): Promise<string> {
    for (;;) {
      const text = await this.nextText();
      if (text === undefined) throw new Error(`No message with ${word} came`);
      if (text.includes('"__ping"')) {
        await this.sendEnvelope("__pong", JSON.parse(text).id, null);
      }
      if (text.includes(word)) return text;
    }
  }

  /** Resolves once the other side has worked off all that was sent. */
  async flush(): Promise<string[]> {
    const id = crypto.randomUUID();
    await this.sendEnvelope("__ping", id, null);
    const before: string[] = [];
    for (;;) {
      const text = await this.nextText();
      if (text === undefined) throw new Error("Closed before the pong came");
      if (text.includes(id)) return before;
      before.push(text);
    }
  }

  /** Subscribes, and waits until the hub has it. */
  async subscribe(topic: string): Promise<void> {
    await this.sendEnvelope("__subscribe", "", { topic });
    await this.flush();
  }

  /**
   * Reads up to the close frame and does its own part of the closing handshake,
   * in which the server ends TCP first (RFC 6455, 7.1.1). `undefined` when the
   * TCP connection ends without a close frame.
   */
  async closed(): Promise<CloseFrame | undefined> {
    for (;;) {
      const frame = await this.next();
      if (frame === undefined) return undefined;
      if (frame.opcode !== Opcode.CLOSE) continue;
      const { payload } = frame;
      await this.frame(Opcode.CLOSE, payload.slice(0, 2)).catch(() => {});
      while (this.#isClient && await this.#fill());
      this.destroy();
      const code = payload.length < 2 ? 1005 : payload[0]! * 256 + payload[1]!;
      return { code, reason: decoder.decode(payload.subarray(2)) };
    }
  }

  /** Ends the TCP connection, without a close frame. */
  destroy(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#conn.close();
  }

  async #fill(): Promise<boolean> {
    const chunk = new Uint8Array(65536);
    const count = await this.#conn.read(chunk).catch(() => null);
    if (count === null) return false;
    this.#buffer = Buffer.concat([this.#buffer, chunk.subarray(0, count)]);
    return true;
  }
}

/** What a server adds to the key of a client (RFC 6455, 1.3). */
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** One frame; a client MUST mask its own (RFC 6455, 5.3). */
export function frameOf(
  opcode: number,
  payload: Uint8Array,
  isFinal: boolean,
  isMasked: boolean,
): Uint8Array {
  const { length } = payload;
  const long = length < 126 ? 0 : length < 65536 ? 2 : 8;
  const header = Buffer.alloc(2 + long);
  const short = long === 0 ? length : long === 2 ? 126 : 127;
  header[0] = (isFinal ? 0x80 : 0) | opcode;
  header[1] = (isMasked ? 0x80 : 0) | short;
  if (long === 2) header.writeUInt16BE(length, 2);
  if (long === 8) header.writeBigUInt64BE(BigInt(length), 2);
  if (!isMasked) return Buffer.concat([header, payload]);
  const mask = crypto.getRandomValues(new Uint8Array(4));
  return Buffer.concat([header, mask, unmasked(payload, mask)]);
}

function parseFrame(
  bytes: Uint8Array,
): { frame: Frame; length: number } | undefined {
  if (bytes.length < 2) return undefined;
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const short = view[1]! & 0x7f;
  const long = short < 126 ? 0 : short === 126 ? 2 : 8;
  const maskAt = 2 + long;
  if (view.length < maskAt) return undefined;
  const size = long === 0
    ? short
    : long === 2
    ? view.readUInt16BE(2)
    : Number(view.readBigUInt64BE(2));
  const isMasked = view[1]! >= 0x80;
  const start = maskAt + (isMasked ? 4 : 0);
  if (view.length < start + size) return undefined;
  const payload = view.subarray(start, start + size);
  const frame = {
    isFinal: view[0]! >= 0x80,
    opcode: view[0]! & 15,
    payload: isMasked
      ? unmasked(payload, view.subarray(maskAt, start))
      : payload.slice(),
  };
  return { frame, length: start + size };
}

/** Masking twice is not masking. */
function unmasked(payload: Uint8Array, mask: Uint8Array): Uint8Array {
  return payload.map((byte, i) => byte ^ mask[i % 4]!);
}

async function writeAll(conn: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    done += await conn.write(bytes.subarray(done));
  }
}

/** Reads up to the empty line that ends the head of HTTP/1.1. */
async function readHead(
  conn: Deno.Conn,
): Promise<{ head: string; rest: Uint8Array }> {
  let bytes: Uint8Array = new Uint8Array(0);
  for (;;) {
    const chunk = new Uint8Array(4096);
    const count = await conn.read(chunk);
    if (count === null) throw new Error("Closed before the end of the head");
    bytes = Buffer.concat([bytes, chunk.subarray(0, count)]);
    const end = Buffer.from(bytes).indexOf("\r\n\r\n");
    if (end < 0) continue;
    const head = decoder.decode(bytes.subarray(0, end + 2));
    return { head, rest: bytes.subarray(end + 4) };
  }
}
