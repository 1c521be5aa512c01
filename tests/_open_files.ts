// What a system lets a process open.

import { outputOf } from "./_output.ts";

/** How many files a process may have open; many where nobody says. */
export async function openFiles(): Promise<number> {
  if (Deno.build.os === "windows") return Infinity;
  // Deno and Node.js raise their own limit to the hard one when they start.
  const { stdout } = await outputOf(["sh", "-c", "ulimit -Hn"]);
  const text = stdout.trim();
  return text === "unlimited" ? Infinity : Number(text);
}
