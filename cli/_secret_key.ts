// The key that is a hub's identity, in a file for nobody else to read.

import { chmod, open } from "node:fs/promises";
import process from "node:process";
import { inLine } from "../_options.ts";
import { explain, Failure } from "./_failure.ts";
import { hexOf } from "./_iroh_endpoint.ts";

const KEY_BYTES = 32;

/**
 * Reads a secret key of 64 hexadecimal digits; makes the file when it is missing,
 * with mode 0600.
 *
 * @throws {Failure} When others can read it, or it holds anything else.
 */
export async function readSecretKey(path: string): Promise<Uint8Array> {
  const file = inLine(path, 200);
  const cannot = (why: string, cause?: unknown) =>
    new Failure(`cannot use secret key ${file}: ${why}`, { cause });
  let text: string;
  try {
    const handle = await open(path, "r");
    try {
      const { mode } = await handle.stat();
      // Windows has no such bits: there the folder of a user is its own.
      if (process.platform !== "win32" && (mode & 0o077) !== 0) {
        const bits = (mode & 0o777).toString(8).padStart(4, "0");
        throw cannot(
          `others can read or change it, its mode is ${bits}; chmod 600 ${file}`,
        );
      }
      text = await handle.readFile("utf8");
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof Failure) throw error;
    if ((error as { code?: unknown }).code === "ENOENT") {
      return await makeSecretKey(path, cannot);
    }
    throw cannot(explain(error), error);
  }
  const hex = text.trim();
  if (!/^[0-9a-f]{64}$/i.test(hex)) {
    throw cannot("it does not hold 64 hexadecimal digits");
  }
  return Uint8Array.from(hex.match(/../g)!, (byte) => parseInt(byte, 16));
}

async function makeSecretKey(
  path: string,
  cannot: (why: string, cause: unknown) => Failure,
): Promise<Uint8Array> {
  const key = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
  try {
    // "wx": whatever is there by now is not written over.
    const handle = await open(path, "wx", 0o600);
    try {
      await handle.writeFile(`${hexOf(key)}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    // A umask takes bits away, and never gives any.
    await chmod(path, 0o600);
  } catch (error) {
    throw cannot(explain(error), error);
  }
  return key;
}
