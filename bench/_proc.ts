// What other processes take of the machine, as Linux tells it: see proc(5).

/** Why their memory cannot be measured here. */
export const memoryFault = Deno.build.os === "linux"
  ? undefined
  : "what other processes take is read from /proc, as on Linux";

/** Why their time cannot be measured here. */
export const processorFault = memoryFault ?? schedulerFault();

/** The memory that is in use by a process, in bytes. */
export async function residentBytes(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return 1024 * Number(/^VmRSS:\s*(\d+) kB/m.exec(status)![1]);
}

/**
 * What the threads of a process have had of the processors so far, in seconds:
 * `/proc/<pid>/stat` would tell it in hundredths of them.
 */
export function processorSeconds(pid: number): number {
  let nanoseconds = 0;
  for (const { name } of Deno.readDirSync(`/proc/${pid}/task`)) {
    nanoseconds += nanosecondsOf(`/proc/${pid}/task/${name}`);
  }
  return nanoseconds / 1e9;
}

function nanosecondsOf(task: string): number {
  try {
    return parseInt(Deno.readTextFileSync(`${task}/schedstat`));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0; // It has just ended.
    throw error;
  }
}

function schedulerFault(): string | undefined {
  try {
    Deno.readTextFileSync("/proc/self/schedstat");
    return undefined;
  } catch {
    return "this kernel has no schedstat";
  }
}
