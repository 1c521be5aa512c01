// The events in SQLite. Whatever is said to be stored survives the end of the
// process and of the machine: a transaction is on the disk when it is over.

import { DatabaseSync } from "node:sqlite";
import type { EventEnvelope } from "@alkdev/pubsub";
import type { Entry } from "./events.ts";

/** Milliseconds that an event may wait for others of its transaction. */
const BATCH_TIME = 5;
/** Events of one transaction. */
const BATCH_SIZE = 500;

/** What of the log is asked for. */
export interface Query {
  /** What comes after this place. */
  after?: number;
  type?: string;
  id?: string;
  /** Entries at the most. */
  limit?: number;
  /** Characters of payloads, about. */
  size?: number;
}

/** What whoever writes is told. */
export interface StoreHandlers {
  /** A transaction is on the disk. */
  onStored(entries: readonly Entry[]): void;
  /** It is not, and the events of it are not kept. */
  onError(error: unknown): void;
}

/** The one who writes; any number may read meanwhile. */
export class EventWriter implements Disposable {
  readonly #db: DatabaseSync;
  readonly #handlers: StoreHandlers;
  readonly #insert: ReturnType<DatabaseSync["prepare"]>;
  #batch: { at: number; envelope: EventEnvelope }[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #last: number;

  constructor(file: string, handlers: StoreHandlers) {
    this.#handlers = handlers;
    this.#db = new DatabaseSync(file);
    this.#db.exec(`
      PRAGMA journal_mode = WAL; -- readers and the writer do not wait
      PRAGMA synchronous = FULL; -- COMMIT waits for the disk
      CREATE TABLE IF NOT EXISTS events (
        seq INTEGER PRIMARY KEY,
        at INTEGER NOT NULL,
        type TEXT NOT NULL,
        id TEXT NOT NULL,
        payload TEXT NOT NULL
      ) STRICT;
      CREATE INDEX IF NOT EXISTS events_by_topic ON events (type, id);
    `);
    this.#insert = this.#db.prepare(
      "INSERT INTO events (seq, at, type, id, payload) VALUES (?, ?, ?, ?, ?)",
    );
    const { last } = this.#db.prepare("SELECT max(seq) AS last FROM events")
      .get()!;
    this.#last = Number(last ?? 0);
  }

  /** The place of the last event that is kept. */
  get last(): number {
    return this.#last;
  }

  /** Takes an event; it is kept once `onStored` is told of it. */
  add(envelope: EventEnvelope): void {
    this.#batch.push({ at: Date.now(), envelope });
    this.#timer ??= setTimeout(() => this.commit(), BATCH_TIME);
    if (this.#batch.length >= BATCH_SIZE) this.commit();
  }

  /**
   * Keeps what was taken.
   *
   * @returns Whether all of it is on the disk.
   */
  commit(): boolean {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#batch.length === 0) return true;
    const entries = this.#batch.map(({ at, envelope }, i) => (
      { seq: this.#last + 1 + i, at, ...envelope }
    ));
    this.#batch = [];
    try {
      this.#db.exec("BEGIN IMMEDIATE");
      for (const { seq, at, type, id, payload } of entries) {
        this.#insert.run(seq, at, type, id, JSON.stringify(payload));
      }
      this.#db.exec("COMMIT");
    } catch (error) {
      this.#handlers.onError(error);
      return false;
    }
    this.#last += entries.length;
    this.#handlers.onStored(entries);
    return true;
  }

  read(query: Query): Entry[] {
    return read(this.#db, query);
  }

  [Symbol.dispose](): void {
    this.commit();
    this.#db.close();
  }
}

/** Reads a log that somebody else may be writing. */
export function readLog(file: string, query: Query): Entry[] {
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    return read(db, query);
  } finally {
    db.close();
  }
}

function read(db: DatabaseSync, query: Query): Entry[] {
  const { after = 0, type, id, limit = -1, size = Infinity } = query;
  const conditions = ["seq > ?"];
  const values: (number | string)[] = [after];
  if (type !== undefined) conditions.push("type = ?"), values.push(type);
  if (id !== undefined) conditions.push("id = ?"), values.push(id);
  const rows = db.prepare(
    `SELECT * FROM events WHERE ${conditions.join(" AND ")}
     ORDER BY seq LIMIT ?`,
  ).iterate(...values, limit);
  const entries: Entry[] = [];
  let read = 0;
  for (const row of rows) {
    const payload = String(row.payload);
    entries.push({
      seq: Number(row.seq),
      at: Number(row.at),
      type: String(row.type),
      id: String(row.id),
      payload: JSON.parse(payload),
    });
    read += payload.length;
    if (read >= size) break;
  }
  return entries;
}
