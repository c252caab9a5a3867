import type { IncomingMessage } from 'node:http';

/** How a body ended: whole, over the limit, refused for want of memory, or broken off by its sender. */
export type Body =
  | { readonly whole: Buffer; readonly fault?: never }
  | { readonly fault: 'too large' | 'no room' | 'broken off' };

/** Memory that all bodies together may take. */
export interface Room {
  take(bytes: number): boolean;
  give(bytes: number): void;
}

/** Room for so many bytes. */
export function createRoom(bytes: number): Room {
  let left = bytes;
  return {
    take(wanted) {
      if (wanted > left) return false;
      left -= wanted;
      return true;
    },
    give(back) {
      left += back;
    },
  };
}

/** Whether the length that a request announces is over a limit; undefined where it announces none. */
export function announcesMore(request: IncomingMessage, limit: number): boolean | undefined {
  const length = request.headers['content-length'];
  if (length !== undefined) return Number(length) > limit;
  return request.headers['transfer-encoding'] === undefined ? false : undefined;
}

/** Tells whether a body stays within a limit, and keeps none of it; the rest of one that does not is left unread. */
export async function measure(request: IncomingMessage, limit: number): Promise<boolean> {
  const { fault } = await read(request, limit, () => true);
  return fault !== 'too large';
}

/** Reads a body up to a limit, hands it on, and gives the room that it took back when that has ended. */
export async function withBody<T>(
  request: IncomingMessage,
  { limit, room }: { readonly limit: number; readonly room: Room },
  use: (body: Body) => Promise<T>,
): Promise<T> {
  const chunks: Buffer[] = [];
  let taken = 0;
  try {
    const { fault } = await read(request, limit, (chunk) => {
      if (!room.take(chunk.length)) return false;
      taken += chunk.length;
      chunks.push(chunk);
      return true;
    });
    return await use(fault ? { fault } : { whole: Buffer.concat(chunks) });
  } finally {
    room.give(taken);
  }
}

type Fault = NonNullable<Body['fault']>;

/** By events: leaving a loop over a request early would cut the connection before the answer. */
function read(
  request: IncomingMessage,
  limit: number,
  keep: (chunk: Buffer) => boolean,
): Promise<{ fault: Fault | undefined }> {
  return new Promise((resolve) => {
    let size = 0;
    const end = (fault?: Fault): void => {
      request.off('data', take);
      request.pause();
      resolve({ fault });
    };
    const take = (chunk: Buffer): void => {
      size += chunk.length;
      if (size > limit) end('too large');
      else if (!keep(chunk)) end('no room');
    };
    request.on('data', take);
    request.once('end', () => {
      end();
    });
    request.once('close', () => {
      end('broken off');
    });
    request.once('error', () => {
      end('broken off');
    });
  });
}
