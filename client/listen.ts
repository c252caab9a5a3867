import type { Server } from 'node:http';

/** Lets a server listen on `host:port` or `:port`. Raises an Error that names the flag where the address can not be used. */
export async function listenOn(server: Server, address: string, flag: string): Promise<void> {
  const at = address.lastIndexOf(':');
  const host = address.slice(0, at).replace(/^\[|\]$/g, '');
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      const advice = `choose another address with ${flag}, or 0 for none`;
      reject(new Error(`can not listen on ${address}: ${error.message}; ${advice}`));
    });
    server.listen({ port: Number(address.slice(at + 1)), ...(host ? { host } : {}) }, resolve);
  });
}

/** The port that a server listens on; undefined where it does not. */
export function portOf(server: Server | undefined): number | undefined {
  const address = server?.address();
  return typeof address === 'object' && address !== null ? address.port : undefined;
}
