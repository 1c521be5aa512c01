// The jobs that there are: one is worked off at a time, the others wait. They are
// kept in a file, so that a server that was killed goes on where it was.

import * as v from "valibot";
import { isId, type Job, schemas, type Wish } from "./events.ts";
import type { Workplace } from "./_workplace.ts";

/** Jobs that are over, and still shown. */
const MAX_OVER = 50;
const MAX_WAITING = 100;

/** What jobs need. */
export interface JobsOptions {
  file: URL;
  workplace: Workplace;
  /** Told of every change. */
  onChange: (job: Job) => void;
}

/** All jobs, by id, in the order in which they came. */
export class Jobs {
  readonly #options: JobsOptions;
  readonly #jobs = new Map<string, Job>();
  #current: { id: string; stopping: AbortController } | undefined;
  #isClosed = false;

  constructor(options: JobsOptions) {
    this.#options = options;
    for (const job of read(options.file)) {
      // Whatever was under way when the server ended is begun again.
      const wasRunning = job.state === "running";
      this.#jobs.set(
        job.id,
        wasRunning ? { ...job, state: "waiting", progress: 0 } : job,
      );
    }
    this.#next();
  }

  get all(): readonly Job[] {
    return [...this.#jobs.values()];
  }

  /** Takes a job; one that is known by its id was sent again. */
  add(id: string, wish: Wish): void {
    if (this.#jobs.has(id) || this.#isClosed) return;
    const waiting = this.all.filter(({ state }) => state === "waiting");
    const job = { id, ...wish, progress: 0 };
    if (waiting.length < MAX_WAITING) {
      this.#set({ ...job, state: "waiting" });
    } else {
      this.#set({ ...job, state: "failed", error: "Too many jobs wait" });
    }
    this.#next();
  }

  cancel(id: string): void {
    const job = this.#jobs.get(id);
    if (job?.state !== "waiting" && job?.state !== "running") return;
    this.#set({ ...job, state: "cancelled" });
    if (this.#current?.id === id) this.#current.stopping.abort();
  }

  /** Stops what is under way; the next server begins it again. */
  close(): Promise<void> {
    this.#isClosed = true;
    return this.#options.workplace.close();
  }

  /** Begins the next job, if there is one and no other is under way. */
  #next(): void {
    const next = this.all.find(({ state }) => state === "waiting");
    if (this.#current || this.#isClosed || !next) return;
    this.#set({ ...next, state: "running" });
    this.#current = { id: next.id, stopping: new AbortController() };
    const { signal } = this.#current.stopping;
    void this.#work(next, signal).finally(() => {
      this.#current = undefined;
      this.#next();
    });
  }

  async #work({ id, below }: Job, signal: AbortSignal): Promise<void> {
    /** One that was cancelled, or is to be begun again, stays as it is. */
    const change = (change: Partial<Job>) => {
      const job = this.#jobs.get(id);
      if (job?.state !== "running" || this.#isClosed) return;
      this.#set({ ...job, ...change });
    };
    try {
      const found = await this.#options.workplace.run(id, { below }, {
        signal,
        onProgress: (progress) => change({ progress }),
      });
      change({ state: "done", progress: 1, found });
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      change({ state: "failed", error: text });
    }
  }

  #set(job: Job): void {
    const isNews = this.#jobs.get(job.id)?.state !== job.state;
    this.#jobs.set(job.id, job);
    if (isNews) {
      this.#forget();
      write(this.#options.file, this.all);
    }
    this.#options.onChange(job);
  }

  #forget(): void {
    const over = this.all.filter(({ state }) =>
      state !== "waiting" && state !== "running"
    );
    for (const { id } of over.slice(0, -MAX_OVER)) this.#jobs.delete(id);
  }
}

/** The jobs of the server before. */
function read(file: URL): Job[] {
  try {
    const jobs: Job[] = JSON.parse(Deno.readTextFileSync(file));
    return jobs.filter(({ id, below }) =>
      isId(id) && v.is(schemas["job.added"], { below })
    );
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** All or nothing: a server that is killed meanwhile leaves the file before. */
function write(file: URL, jobs: readonly Job[]): void {
  const draft = new URL(`${file}.draft`);
  Deno.writeTextFileSync(draft, JSON.stringify(jobs, null, 2));
  Deno.renameSync(draft, file);
}
