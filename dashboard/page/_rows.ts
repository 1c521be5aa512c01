// The rows of a table whose order changes all the time: made once for each key,
// and never moved below somebody's pointer.

/**
 * Somebody points at a row or is on it by keyboard. What was clicked keeps the
 * focus, and what was touched the hover: neither counts.
 */
const BUSY = matchMedia("(hover: hover)").matches
  ? ":hover, :has(:focus-visible)"
  : ":has(:focus-visible)";

/** Times that a table keeps the height for rows that have gone. */
const KEPT = 30;

/** A row on the page. */
export interface Row<T> {
  readonly element: HTMLElement;
  /** `undefined`: it is not among those that are shown any more. */
  update(item: T | undefined): void;
}

/** The rows of one table. */
export class Rows<T> {
  readonly #body: HTMLElement;
  readonly #make: (key: string) => Row<T>;
  readonly #rows = new Map<string, Row<T>>();
  /** Rows of the last times: the table is as high as for the most of them. */
  readonly #sizes: number[] = [];

  constructor(id: string, make: (key: string) => Row<T>) {
    this.#body = document.getElementById(id)!;
    this.#make = make;
  }

  /** Shows these items, in their order unless somebody is busy with the rows. */
  show(items: ReadonlyMap<string, T>): void {
    const isBusy = this.#body.matches(BUSY);
    this.#body.toggleAttribute("data-held", isBusy);
    for (const [key, row] of this.#rows) {
      if (items.has(key)) continue;
      if (isBusy) row.update(undefined);
      else {
        row.element.remove();
        this.#rows.delete(key);
      }
    }
    let next = isBusy ? null : this.#body.firstElementChild;
    for (const [key, item] of items) {
      let row = this.#rows.get(key);
      if (!row) {
        // Those that went stay until the pointer has gone, too.
        if (isBusy) continue;
        row = this.#make(key);
        this.#rows.set(key, row);
      }
      row.update(item);
      if (isBusy) continue;
      if (row.element === next) next = next.nextElementSibling;
      else this.#body.insertBefore(row.element, next);
    }
    this.#reserve();
  }

  /** What is below a table is not moved each time that a row comes or goes. */
  #reserve(): void {
    this.#sizes.push(this.#rows.size);
    if (this.#sizes.length > KEPT) this.#sizes.shift();
    this.#body.closest<HTMLElement>(".table")!.style
      .setProperty("--rows", String(Math.max(...this.#sizes)));
  }
}
