// Texts of others, short enough for a feed.

import { FeedLimit } from "./_dashboard_feed.ts";

/** A text of no more than so many UTF-16 units; what is cut ends with `…`. */
export function cut(text: string, max: number = FeedLimit.TEXT): string {
  if (text.length <= max) return text;
  // Joined anew: a slice would keep the whole text in memory.
  return [...text.slice(0, max)].join("") + "…";
}

/** How what was thrown reads. */
export function messageOf(error: unknown): string {
  try {
    return cut(String(error));
  } catch {
    return "What was thrown has no text";
  }
}
