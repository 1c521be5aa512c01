// The messages of a peer that does not mean well, or does not know better.

import * as fc from "fast-check";
import { randomOf } from "../_random.ts";
import { bytesOf } from "./_bytes.ts";
import { PeerModel } from "./_hub_model.ts";
import { messageOf, mutatedText } from "./_messages.ts";

/** A message of a peer: right, nearly right, long, or no text at all. */
export const hostileMessage = fc.tuple(
  fc.noShrink(fc.noBias(fc.integer())),
  fc.noBias(fc.nat(100)),
).map(([seed, kind]): string | Uint8Array => derive(seed, kind));

/** A message derived from a seed; the kind says how far from right it is. */
function derive(seed: number, kind: number): string | Uint8Array {
  const random = randomOf(seed);
  if (kind === 100) return bytesOf(random, random(20));
  const mutations = kind < 80 ? 0 : 1 + random(4);
  const text = mutatedText(messageOf(random), random, mutations);
  const peer = new PeerModel("peer");
  peer.take(text);
  // Few are faults: a peer that is closed at once meets nothing further.
  return peer.code !== undefined && random(20) > 0
    ? '{"type":"__ping","id":"1"}'
    : text;
}

/** What is sent last: whoever gets the answer has been served to the end. */
export const END_PING = '{"type":"__ping","id":"end of case","payload":null}';
export const END_PONG = END_PING.replace("ping", "pong");
