// Bun's own binary. npm installs it in a package for each platform, and the
// install script that would put it in node_modules/.bin does not run.

import { fileURLToPath } from "node:url";

const platforms: Partial<Record<typeof Deno.build.os, string>> = {
  darwin: "darwin",
  freebsd: "freebsd",
  linux: "linux",
  windows: "windows",
};
const architectures: Partial<Record<typeof Deno.build.arch, string>> = {
  aarch64: "aarch64",
  x86_64: "x64",
};

/** Where Bun is; `undefined` when it is not installed or does not run here. */
export function bunPath(): string | undefined {
  const platform = platforms[Deno.build.os];
  const architecture = architectures[Deno.build.arch];
  const file = Deno.build.os === "windows" ? "bun.exe" : "bun";
  // npm installs the package for this C library only.
  for (const libc of ["", "-musl"]) {
    const path = fileURLToPath(
      new URL(
        `../node_modules/@oven/bun-${platform}-${architecture}${libc}/bin/${file}`,
        import.meta.url,
      ),
    );
    if (runs(path)) return path;
  }
  return undefined;
}

function runs(path: string): boolean {
  try {
    const { success } = new Deno.Command(path, {
      args: ["--version"],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).outputSync();
    return success;
  } catch {
    return false; // no such file, or not for this system
  }
}
