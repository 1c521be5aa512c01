// The same on a WebSocket alone. Argument: the address.

const socket = new WebSocket(Deno.args[0] ?? "");
socket.addEventListener("open", () => {
  socket.send(JSON.stringify({ type: "hello", id: "", payload: null }));
});
socket.addEventListener("message", ({ data }) => {
  console.log(JSON.parse(data).type);
  Deno.exit();
});
