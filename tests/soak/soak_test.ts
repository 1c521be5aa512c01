// The soak as a person runs it, for some seconds.

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { inDeno } from "../_line_process.ts";
import { outputOf } from "../_output.ts";

const main = fileURLToPath(new URL("./main.ts", import.meta.url));

const runSoak = (...args: string[]) => outputOf([...inDeno(), main, ...args]);

Deno.test("soak loses nothing that may not be lost", async () => {
  const { code, stdout, stderr } = await runSoak(
    ...["--minutes", "0.15", "--seed", "8"],
  );
  const shown = stdout + stderr;
  assert.equal(code, 0, shown);
  const row = (name: string) =>
    Number(stdout.match(new RegExp(`^${name} +(\\d+)$`, "m"))?.[1]);
  assert(row("processes killed") >= 1, shown);
  assert(row("reconnects") >= 1, shown);
  assert(row("events sent") >= 200, shown);
  assert(row("events that spokes received") >= 100, shown);
  assert(row("arrived, and none before is missing") >= 100, shown);
  assert(row("streams found complete at rest") >= 1, shown);
  assert.equal(row("violations"), 0, shown);
});

Deno.test("soak refuses what it does not know with status 2", async () => {
  for (
    const args of [
      ["--minuten", "1"],
      ["--minutes", "soon"],
      ["--minutes", ""],
      ["--seed=-1"],
      ["--seed", "1.5"],
      ["--rate", "0"],
      ["now"],
    ]
  ) {
    const { code, stdout, stderr } = await runSoak(...args);
    assert.equal(code, 2, `${args}: ${stdout}${stderr}`);
    assert.equal(stdout, "");
    assert.match(stderr, /^Cannot use --|^Unknown option|^Unexpected/);
    assert.match(stderr, /--help/);
  }
});

Deno.test({
  name: "soak leaves no process behind when it is interrupted",
  ignore: Deno.build.os !== "linux", // Its children are found in /proc.
  async fn() {
    for (const [signal, code] of [["SIGINT", 130], ["SIGKILL", 137]] as const) {
      const { printed, pids, status } = await interrupted(signal);
      assert.equal(status.code, code, printed);
      assert.equal(printed.includes("events sent"), signal === "SIGINT");
      assert(pids.length >= 5, printed);
      for (const pid of pids) await gone(pid);
    }
  },
});

/** Starts a soak, and ends it once it runs. */
async function interrupted(signal: Deno.Signal) {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", main, "--minutes", "2"],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  let printed = "";
  let pids: string[] = [];
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    printed += text;
    if (pids.length > 0 || !printed.includes("processes run")) continue;
    const { pid } = child;
    for (const task of Deno.readDirSync(`/proc/${pid}/task`)) {
      const path = `/proc/${pid}/task/${task.name}/children`;
      const found = Deno.readTextFileSync(path).trim().split(" ");
      pids = [...pids, ...found.filter((one) => one !== "")];
    }
    child.kill(signal);
  }
  return { printed, pids, status: await child.status };
}

/** Resolves once a process is gone: it ends when its input does. */
async function gone(pid: string): Promise<void> {
  for (;;) {
    try {
      const status = await Deno.readTextFile(`/proc/${pid}/status`);
      if (/^State:\s+Z/m.test(status)) return;
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
