import { connect, createServer, type Socket } from 'node:net';

/** A way to a server, over which no connection is to be had while it is shut. */
export interface TcpGate {
  readonly address: string;
  /** Cuts all connections and refuses new ones, or lets them through again. */
  shut(shut: boolean): void;
  close(): Promise<void>;
}

/** Opens a gate on a free port of 127.0.0.1 to a `host:port`. */
export async function openTcpGate(target: string): Promise<TcpGate> {
  const [host = '', port = ''] = target.split(':');
  const sockets = new Set<Socket>();
  let isShut = false;
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  };
  const server = createServer((socket) => {
    if (isShut) {
      socket.destroy();
      return;
    }
    const onward = connect(Number(port), host);
    keep(socket);
    keep(onward);
    for (const [one, other] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  return {
    address: `127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    shut(shut) {
      isShut = shut;
      if (shut) for (const socket of sockets) socket.destroy();
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        for (const socket of sockets) socket.destroy();
      }),
  };
}
