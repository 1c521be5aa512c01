// The key that is a hub's identity, in a file for nobody else to read.

import { link, open, stat, unlink } from "node:fs/promises";
import process from "node:process";
import { inLine } from "../_options.ts";
import { explain, Failure } from "./_failure.ts";
import { hexOf } from "./_iroh_endpoint.ts";

const KEY_BYTES = 32;

/** Why a key cannot be used. */
type Cannot = (why: string, cause?: unknown) => Failure;

/**
 * Reads a secret key of 64 hexadecimal digits; makes the file when it is missing,
 * with mode 0600.
 *
 * @throws {Failure} When others can read it, or it holds anything else.
 */
export async function readSecretKey(path: string): Promise<Uint8Array> {
  const file = inLine(path, 200);
  const cannot: Cannot = (why, cause) =>
    new Failure(`cannot use secret key ${file}: ${why}`, { cause });
  try {
    const key = await keyIn(path, cannot);
    if (key) return key;
    await makeKey(path);
    // By now it is there: this one, or one that another process made.
    return (await keyIn(path, cannot))!;
  } catch (error) {
    throw error instanceof Failure ? error : cannot(explain(error), error);
  }
}

/** The key in a file; `undefined` when there is no file. */
async function keyIn(
  path: string,
  cannot: Cannot,
): Promise<Uint8Array | undefined> {
  let text: string;
  try {
    // To open what is no file can take for ever.
    const stats = await stat(path);
    if (stats.isDirectory()) throw cannot("it is a folder");
    if (!stats.isFile()) throw cannot("it is no file");
    const handle = await open(path, "r");
    try {
      const { mode } = await handle.stat();
      // Windows has no such bits: there the folder of a user is its own.
      if (process.platform !== "win32" && (mode & 0o077) !== 0) {
        const bits = (mode & 0o777).toString(8).padStart(4, "0");
        throw cannot(
          `others can read or change it, its mode is ${bits}; chmod 600 ${
            inLine(path, 200)
          }`,
        );
      }
      text = await handle.readFile("utf8");
    } finally {
      await handle.close();
    }
  } catch (error) {
    if ((error as { code?: unknown }).code === "ENOENT") return undefined;
    throw error;
  }
  const hex = text.trim();
  if (!/^[0-9a-f]{64}$/i.test(hex)) {
    throw cannot("it does not hold 64 hexadecimal digits");
  }
  return Uint8Array.from(hex.match(/../g)!, (byte) => parseInt(byte, 16));
}

/**
 * Makes a key, whole or not at all: a draft beside it gets its name, unless that
 * is taken by then. So a full disk leaves nothing behind, and of several that
 * begin at once all have the same key.
 */
async function makeKey(path: string): Promise<void> {
  const key = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
  const draft = `${path}.${crypto.randomUUID().slice(0, 8)}.draft`;
  const handle = await open(draft, "wx", 0o600);
  try {
    try {
      // A umask takes bits away, and never gives any.
      await handle.chmod(0o600);
      await handle.writeFile(`${hexOf(key)}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await link(draft, path);
  } catch (error) {
    if ((error as { code?: unknown }).code !== "EEXIST") throw error;
  } finally {
    await unlink(draft);
  }
}
