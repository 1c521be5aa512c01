// What a script says of itself, on standard output.

/** Runs a check and says so; what it throws ends the script. */
export async function check(
  name: string,
  passes: () => void | Promise<void>,
): Promise<void> {
  await passes();
  console.log(`ok ${name}`);
}

/** Says that all checks have run. From here on the process ends by itself. */
export function done(): void {
  console.log("done");
}
