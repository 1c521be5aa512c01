// Ctrl-C.

import process from "node:process";

/**
 * Closes what there is on Ctrl-C, and ends the process; asked twice it ends at
 * once.
 *
 * @param close Sends what is queued, and tells everybody.
 * @returns Does what Ctrl-C does.
 */
export function onInterrupt(close: () => Promise<unknown>): () => void {
  let isClosing = false;
  const end = async () => {
    if (isClosing) process.exit(1);
    isClosing = true;
    await close();
    process.exit();
  };
  process.on("SIGINT", end);
  process.on("SIGTERM", end);
  return end;
}
