// The same with Socket.IO. Argument: the address.

import { io } from "socket.io-client";

const socket = io(Deno.args[0] ?? "", { transports: ["websocket"] });
socket.on("first.event", ({ type }: { type: string }) => {
  console.log(type);
  Deno.exit();
});
socket.emit("hello", { type: "hello", id: "", payload: null });
