// What a release checks, says and runs.

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import config from "../deno.json" with { type: "json" };
import { sectionsOf, unwrapped } from "../tools/_changelog.ts";
import { channelOf, faultsOf, notesOf } from "../tools/release.ts";
import { outputOf } from "./_output.ts";

Deno.test.sanitizer({ ops: true, resources: true });

const root = new URL("../", import.meta.url);

const CHANGELOG = `# Changelog

What changes.

## 0.2.0 - Unreleased

### Added

- One thing, which is told
  in two lines.
- Another.

## 0.1.0 - 2026-11-28

The first version.
`;

Deno.test("sectionsOf reads versions, dates and texts", () => {
  const [second, first, ...others] = sectionsOf(CHANGELOG);
  assert.deepEqual(others, []);
  assert.deepEqual(first, {
    version: "0.1.0",
    date: "2026-11-28",
    text: "The first version.",
  });
  assert.equal(second?.date, undefined);
  assert.match(second!.text, /^### Added\n\n- One/);
  assert.throws(
    () => sectionsOf("## Soon\n"),
    { name: "SyntaxError", message: /Soon/ },
  );
});

Deno.test("faultsOf tells what speaks against a release", () => {
  const released = CHANGELOG.replace("Unreleased", "2026-12-24");
  assert.deepEqual(faultsOf("0.2.0", released, "v0.2.0"), []);
  assert.deepEqual(faultsOf("0.2.0", CHANGELOG), []);
  const cases: [faults: string[], expected: RegExp[]][] = [
    [faultsOf("0.2.0", CHANGELOG, "v0.2.0"), [/no date for 0\.2\.0/]],
    [faultsOf("0.2.0", released, "0.2.0"), [/tag is 0\.2\.0/]],
    [faultsOf("0.2.0", released, "v0.2.1"), [/tag is v0\.2\.1/]],
    [
      faultsOf("0.3.0", released, "v0.2.0"),
      [/tag is v0\.2\.0/, /begins with 0\.2\.0/],
    ],
    [faultsOf("0.1.0", "# Changelog\n"), [/begins with no version/]],
    [faultsOf("0.1.0", "## 0.1.0 - 2026-11-28\n"), [/says nothing/]],
  ];
  for (const [faults, expected] of cases) {
    assert.equal(faults.length, expected.length, faults.join());
    expected.forEach((one, index) => assert.match(faults[index]!, one));
  }
});

Deno.test("channelOf keeps what comes before a version from who did not ask", () => {
  assert.equal(channelOf("1.0.0"), "latest");
  assert.equal(channelOf("1.0.0+build-7"), "latest");
  assert.equal(channelOf("1.0.0-rc.1"), "next");
});

Deno.test("notesOf gives what is said of a version, a paragraph a line", () => {
  assert.equal(
    notesOf("0.2.0", CHANGELOG),
    "### Added\n\n- One thing, which is told in two lines.\n- Another.",
  );
  assert.throws(() => notesOf("9.0.0", CHANGELOG), RangeError);
  const kept = "# A\n\n1. b\n2. c\n   - d\n\n```sh\ne\n```\n\n| f |\n| - |";
  assert.equal(unwrapped(kept), kept);
});

Deno.test("deno task release agrees with this repository", async () => {
  const release = (...args: string[]) =>
    outputOf([
      ...[Deno.execPath(), "task", "--quiet"],
      `--config=${fileURLToPath(new URL("deno.json", root))}`,
      ...["release", ...args],
    ], { env: { NO_COLOR: "1" } });

  const { code, stderr } = await release("check");
  assert.equal(code, 0, stderr);

  const wrong = await release("check", "v0.0.0");
  assert.equal(wrong.code, 1);
  assert.match(wrong.stderr, /The tag is v0\.0\.0/);

  const channel = channelOf(config.version);
  assert.equal((await release("channel")).stdout, `${channel}\n`);
  assert((await release("notes")).stdout.includes("### "));
  assert.equal((await release("guess")).code, 2);
});

Deno.test("the workflow runs tasks and scripts that are there", async () => {
  const workflow = await Deno.readTextFile(
    new URL(".github/workflows/release.yml", root),
  );
  const tasks = [...workflow.matchAll(/deno task (?:--quiet )?([\w:]+)/g)]
    .map(([, name = ""]) => name);
  assert(tasks.includes("build:npm") && tasks.includes("release"));
  for (const name of tasks) assert(name in config.tasks, name);
  // Its own actions have versions, as those of ci.yml.
  const pinned = /uses: (actions\/[\w-]+@v\d+)/g;
  const ci = await Deno.readTextFile(
    new URL(".github/workflows/ci.yml", root),
  );
  const actions = new Set(workflow.match(pinned));
  assert.deepEqual([...actions], [...new Set(ci.match(pinned))]);
  assert.equal(
    workflow.match(/uses:/g)?.length,
    workflow.match(pinned)?.length,
  );
  // What leaves a trace does so for a tag alone.
  for (const [step] of workflow.matchAll(/^ {6}- name: .*\n(?: {8}.*\n)*/gm)) {
    const isFinal = /deno publish|npm publish|gh release/.test(step) &&
      !/--dry-run/.test(step);
    assert.equal(
      step.includes("if: github.event_name == 'push'"),
      isFinal,
      step,
    );
  }
});
