// The list of jobs, the newest on top.

import { create, element } from "../../page/elements.ts";
import type { Job } from "../events.ts";

/** A job as the page knows it: the server may not have it yet. */
export type ShownJob = Job | Omit<Job, "state"> & { readonly state: "unsent" };

const number = new Intl.NumberFormat("en");
const items = new Map<string, HTMLLIElement>();

/** Shows a job: as a new one, or what became of it. */
export function showJob(job: ShownJob): void {
  const item = items.get(job.id) ?? addItem(job);
  const isOpen = job.state === "waiting" || job.state === "running";
  item.dataset.state = job.state;
  item.querySelector(".state")!.textContent = wordsFor(job);
  item.querySelector("progress")!.value = job.progress;
  item.querySelector("button")!.hidden = !isOpen;
  element("none").hidden = true;
}

/** Shows no job but these any more. */
export function keepJobs(ids: ReadonlySet<string>): void {
  for (const [id, item] of items) {
    if (ids.has(id)) continue;
    item.remove();
    items.delete(id);
  }
  element("none").hidden = items.size > 0;
}

/** Calls back with the id of the job whose button was pressed. */
export function onCancel(cancel: (id: string) => void): void {
  element("jobs").addEventListener("click", ({ target }) => {
    const button = (target as Element).closest("button");
    if (button) cancel(button.parentElement!.id);
  });
}

function addItem({ id, below }: ShownJob): HTMLLIElement {
  const item = create("li");
  item.id = id;
  const title = `Primes below ${number.format(below)}`;
  const progress = create("progress");
  progress.setAttribute("aria-label", title);
  const cancel = create("button", "quiet", "Cancel");
  cancel.type = "button";
  item.append(
    create("span", "title", title),
    create("span", "state"),
    progress,
    cancel,
  );
  element("jobs").prepend(item);
  items.set(id, item);
  return item;
}

function wordsFor(job: ShownJob): string {
  switch (job.state) {
    case "unsent":
      return "Not sent yet";
    case "waiting":
      return "Waiting";
    case "running":
      return `${Math.floor(job.progress * 100)} %`;
    case "done":
      return `${number.format(job.found ?? 0)} found`;
    case "failed":
      return `Failed: ${job.error}`;
    case "cancelled":
      return "Cancelled";
  }
}
