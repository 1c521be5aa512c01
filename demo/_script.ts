// Who says what and when: the part of the demo that is made up.

import type { BindingName, EventType, PartyName } from "./_protocol.ts";

/** Sender, event type, and id; of `direct` the id names a party. */
export type Line = readonly [PartyName, EventType, string];

export const BEFORE: readonly Line[] = [
  ["hub", "announcement.made", ""],
  ["alice", "announcement.made", "tea"],
  ["bob", "task.assigned", "alice"],
  ["carol", "task.assigned", "bob"],
  ["alice", "question.asked", "carol"],
  ["bob", "direct", "carol"],
  ["carol", "direct", "alice"],
  ["hub", "direct", "bob"],
  ["bob", "announcement.made", ""],
  ["alice", "task.assigned", "carol"],
  ["carol", "question.asked", "alice"],
  ["hub", "question.asked", "bob"],
];

/** Sent while there is no hub. */
export const MEANWHILE: readonly Line[] = [
  ["alice", "announcement.made", ""],
  ["bob", "task.assigned", "carol"],
  ["carol", "direct", "alice"],
];

export const AFTER: readonly Line[] = [
  ["carol", "announcement.made", "tea"],
  ["alice", "direct", "bob"],
  ["bob", "question.asked", "alice"],
  ["hub", "task.assigned", "carol"],
  ["alice", "task.assigned", "bob"],
  ["hub", "direct", "alice"],
  ["carol", "task.assigned", "alice"],
  ["bob", "direct", "carol"],
  ["alice", "question.asked", "bob"],
  ["hub", "announcement.made", ""],
];

/** Milliseconds between two events, for eyes to follow. */
export const PACE: Record<BindingName, number> = {
  number0: 290,
  rayhanadev: 160, // as it may need seconds more to connect again
};

/** The same while there is no hub: the outage is to be short. */
export const HURRIED_PACE = 150;
