/**
 * What a release has to know of itself: behind `deno task release`.
 *
 * - `check` says whether the versions agree, `check v1.2.3` whether that tag may
 *   be released.
 * - `channel` gives the tag of npm that the version goes under.
 * - `notes` gives what the changelog says of the version.
 */

import config from "../deno.json" with { type: "json" };
import { sectionsOf, unwrapped } from "./_changelog.ts";

/**
 * What speaks against a release, a line each.
 *
 * @param version Of deno.json.
 * @param changelog All of it.
 * @param tag In Git; without it, it does not matter whether it is released yet.
 */
export function faultsOf(
  version: string,
  changelog: string,
  tag?: string,
): string[] {
  const faults: string[] = [];
  const [newest] = sectionsOf(changelog);
  if (tag !== undefined && tag !== `v${version}`) {
    faults.push(`The tag is ${tag}, and deno.json has ${version}`);
  }
  if (newest?.version !== version) {
    faults.push(
      `CHANGELOG.md begins with ${newest?.version ?? "no version"},` +
        ` and deno.json has ${version}`,
    );
  } else if (newest.text === "") {
    faults.push(`CHANGELOG.md says nothing of ${version}`);
  } else if (tag !== undefined && newest.date === undefined) {
    faults.push(`CHANGELOG.md has no date for ${version}`);
  }
  return faults;
}

/** `next` for what comes before a version: `1.0.0-rc.1`. */
export function channelOf(version: string): "latest" | "next" {
  return /^[^+]*-/.test(version) ? "next" : "latest";
}

/** What the page of a release says. */
export function notesOf(version: string, changelog: string): string {
  const section = sectionsOf(changelog)
    .find((section) => section.version === version);
  if (section === undefined) {
    throw new RangeError(`Cannot tell of ${version}: CHANGELOG.md has no such`);
  }
  return unwrapped(section.text);
}

if (import.meta.main) {
  const [command, tag] = Deno.args;
  const { version } = config;
  const changelog = await Deno.readTextFile(
    new URL("../CHANGELOG.md", import.meta.url),
  );
  if (command === "check") {
    const faults = faultsOf(version, changelog, tag);
    for (const fault of faults) console.error(fault);
    if (faults.length > 0) Deno.exit(1);
    console.log(`${tag ?? "No tag"}: version ${version}`);
  } else if (command === "channel") {
    console.log(channelOf(version));
  } else if (command === "notes") {
    console.log(notesOf(version, changelog));
  } else {
    console.error(`Cannot ${command}: it is check [TAG], channel or notes`);
    Deno.exit(2);
  }
}
