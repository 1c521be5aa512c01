/**
 * A server with nothing else in its process, whose memory is measured. Argument:
 * which server. Says its port, and is asked for the bytes of its heap.
 */

import { questions, say } from "../_process.ts";
import { heapBytes } from "./_heap.ts";
import { serve, type ServerName } from "./_server.ts";

const { port } = await serve(Deno.args[0] as ServerName);
say({ port, pid: Deno.pid });
for await (const _question of questions<"heap">()) say(await heapBytes());
Deno.exit();
