// What the hub knows of its sensors: one row for each, whatever becomes of its
// connections.

import type { Reading } from "./events.ts";

/** Rows that are kept; the ones that are away longest go. */
const MAX_ROWS = 1000;

/** A sensor. */
export interface Row {
  readonly id: string;
  /** As it calls itself. */
  name: string;
  /** Connections, of which there may be two: an old one is given up late. */
  connections: number;
  count: number;
  /** Readings that never came. */
  missed: number;
  /** How often it began to count. */
  starts: number;
  last: Reading | undefined;
  sum: number;
  min: number;
  max: number;
}

/** All sensors, by node id. */
export class Fleet {
  readonly #rows = new Map<string, Row>();

  /** Those that are here first, by name. */
  get rows(): readonly Row[] {
    return [...this.#rows.values()].toSorted((a, b) =>
      a.name.localeCompare(b.name) || a.id.localeCompare(b.id)
    );
  }

  /** Sensors whose name, or the beginning of whose id, this is. */
  find(text: string): readonly Row[] {
    return this.rows.filter(({ name, id }) =>
      name === text || text.length >= 6 && id.startsWith(text)
    );
  }

  /** @returns Whether the sensor was away. */
  connected(id: string): boolean {
    const row = this.#rowOf(id);
    row.connections++;
    return row.connections === 1;
  }

  /** @returns Whether the sensor is away now. */
  disconnected(id: string): boolean {
    const row = this.#rowOf(id);
    row.connections--;
    return row.connections === 0;
  }

  take(id: string, reading: Reading): void {
    const row = this.#rowOf(id);
    if (row.last) {
      const step = reading.number - row.last.number;
      if (step > 0) row.missed += step - 1;
      else row.starts++; // It counts from 1 again.
    }
    row.name = reading.name;
    row.last = reading;
    row.count++;
    row.sum += reading.celsius;
    row.min = Math.min(row.min, reading.celsius);
    row.max = Math.max(row.max, reading.celsius);
  }

  nameOf(id: string): string {
    return this.#rowOf(id).name;
  }

  #rowOf(id: string): Row {
    const known = this.#rows.get(id);
    if (known) return known;
    const row: Row = {
      ...{ id, name: id.slice(0, 8), connections: 0, last: undefined },
      ...{ count: 0, missed: 0, starts: 1 },
      ...{ sum: 0, min: Infinity, max: -Infinity },
    };
    this.#rows.set(id, row);
    if (this.#rows.size > MAX_ROWS) this.#forget();
    return row;
  }

  #forget(): void {
    for (const { id, connections } of this.#rows.values()) {
      if (connections > 0) continue;
      this.#rows.delete(id);
      return;
    }
  }
}
