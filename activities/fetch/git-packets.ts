import { setImmediate as turn } from 'node:timers/promises';
import { fail } from '../failures.ts';

/** A packet of Git's protocol: data, or a mark that ends or parts the data. */
export type Packet = { readonly data: Buffer } | { readonly mark: 'flush' | 'delimiter' | 'end' };

/** A packet with a line of text, as the commands of the protocol are written. */
export function textPacket(line: string): Buffer {
  return dataPacket(Buffer.from(`${line}\n`));
}

/** A packet with data of at most 65516 bytes. */
export function dataPacket(data: Buffer): Buffer {
  const length = (data.length + 4).toString(16).padStart(4, '0');
  return Buffer.concat([Buffer.from(length), data]);
}

export const flushPacket = Buffer.from('0000');
export const delimiterPacket = Buffer.from('0001');

/** Text of a packet without the line break at its end. */
export function textOf(data: Buffer): string {
  return data.toString('utf8').replace(/\n$/, '');
}

/**
 * Reads packets from a stream that belongs to one answer, or to a conversation of several. Raises GitOperationFailed for what is no packet,
 * for an end in the middle of one, for an error that the remote tells, and for more bytes than allowed.
 */
export class PacketReader {
  readonly #chunks: AsyncIterator<Uint8Array, unknown>;
  #rest: Buffer = Buffer.alloc(0);
  readonly #isOneAnswer: boolean;
  #left = 0;
  #ended = false;

  constructor(stream: AsyncIterable<Uint8Array, unknown>, { isOneAnswer = false } = {}) {
    this.#chunks = stream[Symbol.asyncIterator]();
    this.#isOneAnswer = isOneAnswer;
  }

  /** Sets how many more bytes may be read. */
  allow(bytes: number): this {
    this.#left = bytes;
    return this;
  }

  /** The next packet; undefined at the end of the stream. */
  async next(): Promise<Packet | undefined> {
    if (!(await this.#fill(4))) {
      if (this.#rest.length > 0) throw garbled('it ends in the middle of a packet');
      return undefined;
    }
    const prefix = this.#rest.toString('latin1', 0, 4);
    if (!/^[0-9a-f]{4}$/i.test(prefix)) throw garbled('it is no packet of the protocol');
    const length = Number.parseInt(prefix, 16);
    const mark = marks[length];
    if (mark) {
      this.#rest = this.#rest.subarray(4);
      return { mark };
    }
    if (length < 4) throw garbled(`a packet has the length ${length}`);
    if (!(await this.#fill(length))) throw garbled('it ends in the middle of a packet');
    const data = this.#rest.subarray(4, length);
    this.#rest = this.#rest.subarray(length);
    if (data.subarray(0, 4).equals(errorPrefix)) throw refused(data.subarray(4));
    return { data };
  }

  /**
   * Reads to the end of a stream that is one answer, where that comes within a second: a connection that is left before its end serves no
   * other request, and some servers tell of it as an error.
   */
  async finish(): Promise<void> {
    if (!this.#isOneAnswer) return;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, 1000);
    });
    await Promise.race([this.#drain(), late]);
    clearTimeout(timer);
    // The client lets a turn of the event loop pass before it takes a connection again.
    await turn();
  }

  /** All that was wanted is there already, so what goes wrong from here on does not matter. */
  async #drain(): Promise<void> {
    while (!this.#ended && this.#left >= 0) {
      const step = await this.#chunks.next().catch(() => ({ done: true, value: undefined }));
      this.#ended = step.done === true;
      this.#left -= step.value instanceof Uint8Array ? step.value.length : 0;
    }
  }

  async #fill(wanted: number): Promise<boolean> {
    while (this.#rest.length < wanted && !this.#ended) {
      const step = await this.#chunks.next();
      if (step.done === true) {
        this.#ended = true;
        break;
      }
      const { value } = step;
      this.#left -= value.length;
      if (this.#left < 0) throw fail('GitOperationFailed', 'the remote sends more than is allowed');
      this.#rest =
        this.#rest.length === 0 ? Buffer.from(value) : Buffer.concat([this.#rest, value]);
    }
    return this.#rest.length >= wanted;
  }
}

const marks: Readonly<Record<number, 'flush' | 'delimiter' | 'end'>> = {
  0: 'flush',
  1: 'delimiter',
  2: 'end',
};
const errorPrefix = Buffer.from('ERR ');

/** The remote has a commit not, or gives it only through a reference. */
export class NotOffered extends Error {}

/** The error that the remote tells in its own words: NotOffered, or GitOperationFailed with what of the words fits a message. */
export function refused(text: Buffer): Error {
  const line = text
    .toString('utf8')
    .replaceAll(/[\u0000-\u001f\u007f]+/g, ' ')
    .trim();
  if (/not our ref|not valid|unadvertised/i.test(line)) {
    return new NotOffered('the remote has a commit no longer that a reference stood for');
  }
  return fail('GitOperationFailed', `the remote refuses: ${line.slice(0, 300)}`);
}

function garbled(why: string): Error {
  return fail('GitOperationFailed', `the answer of the remote is not that of a Git server: ${why}`);
}
