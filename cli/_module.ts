// Packages that are there or not: loaded when a command needs one, and not before.

import { explain, Failure } from "./_failure.ts";

/** A package that a command can do without, until it needs it. */
export interface OptionalPackage {
  readonly name: string;
  /** The versions that will do, as npm writes them. */
  readonly version: string;
  /** A file of it, where its main one cannot be found by name. */
  readonly file?: string;
  /** What it is needed for: `use Redis`. */
  readonly purpose: string;
}

/** Whether this is Deno, which can fetch packages itself. */
export const IS_DENO = "Deno" in globalThis;

/**
 * Loads a package: of the `node_modules` in which this library is, in Deno else
 * as `npm:`.
 *
 * @typeParam T What it exports.
 * @throws {Failure} That says what to install.
 */
export async function loadPackage<T>(wanted: OptionalPackage): Promise<T> {
  const { name, version, file = "", purpose } = wanted;
  const specifiers = [`${name}${file}`];
  if (IS_DENO) specifiers.push(`npm:${name}@${version}${file}`);
  let cause: unknown;
  for (const specifier of specifiers) {
    try {
      // By way of a variable: whoever bundles this leaves it alone.
      const module = await import(specifier);
      // CommonJS has its exports in `default` as well, and all of them there
      // alone.
      return { ...module.default, ...module };
    } catch (error) {
      cause = error;
      if (!isMissing(error)) break;
    }
  }
  const why = isMissing(cause)
    ? IS_DENO
      // It has been looked for where packages are fetched from.
      ? `${name} is not installed, deno add npm:${name} brings it (${
        explain(cause)
      })`
      : `${name} is not installed, npm install ${name} brings it`
    : `${name} does not load, ${(cause as Error)?.message ?? cause}`;
  throw new Failure(`cannot ${purpose}: ${why}`, { cause });
}

/** Whether an import failed because there is nothing to import. */
function isMissing(error: unknown): boolean {
  const { code, message = "" } = Object(error) as Error & { code?: string };
  return code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND" ||
    /not a dependency|Could not (find|resolve)|not found in/i.test(message);
}
