// What a hub tells whom it does not let in.

import assert from "node:assert/strict";

/**
 * What a dial comes to that is refused.
 *
 * QUIC says once why it closes. When that comes before the handshake is done
 * here, or its packet is lost, the binding names neither code nor reason, and
 * one dials again: an application would do no other.
 */
export async function refusalOf(
  dial: () => Promise<unknown>,
): Promise<Error> {
  for (let dials = 1;; dials++) {
    const error = await dial().then(
      () => assert.fail("It was let in"),
      (error) => error,
    );
    assert(error instanceof Error, String(error));
    const isUntold = /Failure finalizing the handshake|reset by peer/;
    if (dials === 5 || !isUntold.test(error.message)) return error;
  }
}
