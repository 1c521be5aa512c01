/**
 * The sockets of a `Deno.serve`, as they come and go.
 *
 * @param onSocket Told of each before it is open.
 */
export function serveSockets(
  onSocket: (socket: WebSocket) => void = () => {},
): { port: number; sockets: Set<WebSocket> } {
  const sockets = new Set<WebSocket>();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) => {
      const { socket, response } = Deno.upgradeWebSocket(request, {
        idleTimeout: 0, // The clients would not answer.
      });
      sockets.add(socket);
      onSocket(socket);
      return response;
    },
  );
  return { port: server.addr.port, sockets };
}
