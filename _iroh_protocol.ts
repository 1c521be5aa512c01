// What spokes and hubs speak over iroh: one protocol, or the same compressed
// besides, told apart by ALPN.

import { connectionOptions } from "./_connection_options.ts";
import { checkedCompression } from "./_deflate.ts";
import { DeflateStream } from "./_deflate_stream.ts";
import type { QuicConnection, QuicStream } from "./_iroh_binding.ts";
import { IrohLink } from "./_iroh_link.ts";
import { show } from "./_options.ts";

/** How both ends of an iroh connection may agree to compress. */
export interface CompressionOptions {
  /**
   * `"deflate"` speaks the ALPN with `+deflate` at its end as well, so
   * `alkpubsub/1+deflate` beside `alkpubsub/1`. A spoke dials it first, and the
   * plain one when the hub does not speak it; a hub takes both, from an endpoint
   * that MUST have been made with both. What is queued while a write is under way
   * is compressed together, and never with anything before or after it. Needs
   * `node:zlib`: Deno, Bun, Node from 20.16.
   *
   * It pays on `@number0/iroh`, where every byte costs 125 ns at each end: two to
   * four times as many events in a second. It does not on `@rayhanadev/iroh`,
   * unless the network is what is slow. Compressing costs 1 to 9 ns a byte,
   * inflating 1 to 3.
   *
   * Events that travel together give something away by how short they become:
   * somebody who can have text of his own sent to the same peer, and see how much
   * travels, may guess at secrets in other events (CRIME, BREACH). Leave it off
   * where such secrets travel.
   *
   * @default {undefined}
   */
  compression?: "deflate" | undefined;
}

/** A protocol, and who speaks it. */
export interface IrohProtocol {
  /** `alkpubsub/1` unless told otherwise. */
  readonly alpn: string;
  /** The ALPNs that will do, the best one first. */
  readonly alpns: readonly string[];
  readonly maxFrameBytes: number;
  /** The link on a connection's stream, by what the two ends agreed on. */
  link(connection: QuicConnection, stream: QuicStream): IrohLink;
}

/**
 * The protocol that the options ask for.
 *
 * @throws {TypeError | RangeError} When an option is wrong.
 */
export function irohProtocol(
  options: Parameters<typeof connectionOptions>[0] & CompressionOptions & {
    alpn?: string | undefined;
  },
): IrohProtocol {
  const { maxFrameBytes } = connectionOptions(options);
  const { alpn = "alkpubsub/1" } = options;
  const alpns = [checkedAlpn(alpn)];
  const zlib = checkedCompression(options.compression);
  if (zlib) alpns.unshift(checkedAlpn(`${alpn}+deflate`));
  return {
    alpn,
    alpns,
    maxFrameBytes,
    link(connection, stream) {
      const isPlain = connection.alpn === alpn || zlib === undefined;
      return new IrohLink(
        connection,
        isPlain ? stream : new DeflateStream(stream, zlib, maxFrameBytes),
        maxFrameBytes,
      );
    },
  };
}

/** @throws {TypeError} When it is not a name that TLS can carry (RFC 7301). */
function checkedAlpn(alpn: string): string {
  const length = typeof alpn === "string"
    ? new TextEncoder().encode(alpn).length
    : 0;
  if (length < 1 || length > 255) {
    throw new TypeError(
      `Cannot use alpn: ${show(alpn)} is not a text of 1 to 255 bytes`,
    );
  }
  return alpn;
}
