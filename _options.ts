// Checks of option values: one wording for all of them.

/**
 * A whole number from `min`, 1 unless given, to `max`.
 *
 * @throws {TypeError} When it is not a number.
 * @throws {RangeError} When it is out of range.
 */
export function positiveInteger(
  name: string,
  value: unknown,
  max: number = Number.MAX_SAFE_INTEGER,
  min = 1,
): number {
  const number = typed(name, value, "number") as number;
  if (!Number.isInteger(number) || number < min || number > max) {
    throw new RangeError(
      `Cannot use ${name}: ${number} is not a whole number from ${min} to ${max}`,
    );
  }
  return number;
}

/**
 * A whole number from 1, or `Infinity` for no limit.
 *
 * @throws {TypeError} When it is not a number.
 * @throws {RangeError} When it is out of range.
 */
export function positiveCount(name: string, value: unknown): number {
  return value === Infinity ? Infinity : positiveInteger(name, value);
}

/** The longest delay that timers take; longer ones would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Milliseconds that a timer can wait for.
 *
 * @throws {TypeError} When it is not a number.
 * @throws {RangeError} When it is out of range.
 */
export function milliseconds(name: string, value: unknown, min = 0): number {
  const number = typed(name, value, "number") as number;
  if (!(number >= min && number <= MAX_TIMER_MS)) {
    throw new RangeError(
      `Cannot use ${name}: ${number} is not from ${min} to ${MAX_TIMER_MS} milliseconds`,
    );
  }
  return number;
}

/**
 * A function, or `undefined`.
 *
 * @throws {TypeError} When it is neither.
 */
export function optionalFunction<T>(name: string, value: T): T {
  return value === undefined ? value : typed(name, value, "function");
}

/**
 * `true` or `false`: a text such as `"false"` would count as true.
 *
 * @throws {TypeError} When it is neither.
 */
export function boolean(name: string, value: unknown): boolean {
  return typed(name, value, "boolean") as boolean;
}

/**
 * One of a few values.
 *
 * @throws {TypeError} When it is none of them.
 */
export function oneOf<T>(name: string, value: T, allowed: readonly T[]): T {
  if (!allowed.includes(value)) {
    throw new TypeError(
      `Cannot use ${name}: ${show(value)} is not one of ${
        allowed.map(show).join(", ")
      }`,
    );
  }
  return value;
}

/**
 * An `AbortSignal`, or `undefined`.
 *
 * @throws {TypeError} When it is neither.
 */
export function optionalSignal(value: unknown): AbortSignal | undefined {
  if (value === undefined || value instanceof AbortSignal) return value;
  throw new TypeError(
    `Cannot use signal: ${show(value)} is not an AbortSignal`,
  );
}

/** How a value reads in an error message. */
export function show(value: unknown): string {
  if (typeof value === "function") return "a function";
  if (typeof value === "object" && value) return "an object";
  return inLine(
    typeof value === "string" ? JSON.stringify(value) : String(value),
  );
}

/**
 * A text of a peer in a message, which may go to a log or a terminal: short, on
 * one line, with nothing that controls either. That is shown as U+FFFD: controls,
 * line ends, what turns the direction of text, halves of characters.
 */
export function inLine(text: string, max = 80): string {
  const short = text.length > max ? `${text.slice(0, max - 1)}…` : text;
  return short.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "\ufffd");
}

function typed<T>(name: string, value: T, type: string): T {
  const actual: string = typeof value;
  if (actual !== type) {
    throw new TypeError(`Cannot use ${name}: ${show(value)} is not a ${type}`);
  }
  return value;
}
