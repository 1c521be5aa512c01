// What travels: between pages and server, and between server and worker.

import type { EventsOf } from "@alkdev/pubsub";
import * as v from "valibot";

/** Primes are counted the slow way: there is to be something to wait for. */
export const MIN_BELOW = 10;
export const MAX_BELOW = 50_000_000;

/** What somebody wants done. */
const wish = v.strictObject({
  /** Count the primes below this. */
  below: v.pipe(
    v.number(),
    v.integer(),
    v.minValue(MIN_BELOW),
    v.maxValue(MAX_BELOW),
  ),
});
export type Wish = v.InferOutput<typeof wish>;

/** A job, as everybody sees it. */
export interface Job extends Wish {
  readonly id: string;
  readonly state: "waiting" | "running" | "done" | "failed" | "cancelled";
  /** From 0 to 1. */
  readonly progress: number;
  /** How many primes there are, when it is done. */
  readonly found?: number;
  /** Why it failed. */
  readonly error?: string;
}

/** Between pages and server. The id is the job's, unless said. */
export type JobEvent = EventsOf<{
  /** A page wants something done. Sent again it changes nothing. */
  "job.added": Wish;
  /** A page wants it no more. */
  "job.cancelled": null;
  /** A page asks what there is; the id is the page's. */
  "jobs.asked": null;
  /** The server tells all pages how a job is doing. */
  "job.changed": Job;
  /** The server tells one page of all jobs; the id is the page's. */
  "direct": readonly Job[];
}>;

/** Between server and worker. The id is the job's. */
export type WorkEvent = EventsOf<{
  /** To the worker. */
  "work.begun": Wish;
  "work.stopped": null;
  /** From the worker: from 0 to 1. */
  "work.progressed": number;
  "work.done": number;
  "work.failed": string;
}>;

/** By event type: what pages may send. */
export const schemas = {
  "job.added": wish,
  "job.cancelled": v.null(),
  "jobs.asked": v.null(),
};

const uuid = v.pipe(v.string(), v.uuid());

/** Whether a text can be the id of a job or a page. */
export function isId(text: string | null): text is string {
  return v.is(uuid, text);
}
