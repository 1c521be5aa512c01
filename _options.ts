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
  const number = numberOf(name, value);
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
  const number = numberOf(name, value);
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
  if (value !== undefined && typeof value !== "function") {
    throw new TypeError(
      `Cannot use ${name}: ${show(value)} is not a function`,
    );
  }
  return value;
}

/**
 * `true` or `false`: a text such as `"false"` would count as true.
 *
 * @throws {TypeError} When it is neither.
 */
export function boolean(name: string, value: unknown): boolean {
  if (typeof value !== "boolean") {
    throw new TypeError(`Cannot use ${name}: ${show(value)} is not a boolean`);
  }
  return value;
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
  const text = typeof value === "string"
    ? JSON.stringify(value)
    : value === null || typeof value !== "object" && typeof value !== "function"
    ? String(value)
    : `${typeof value === "function" ? "a function" : "an object"}`;
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

function numberOf(name: string, value: unknown): number {
  if (typeof value !== "number") {
    throw new TypeError(`Cannot use ${name}: ${show(value)} is not a number`);
  }
  return value;
}
