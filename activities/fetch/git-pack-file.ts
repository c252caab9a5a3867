import { open } from 'node:fs/promises';
import { inflate, inflateSync, type InputType, type ZlibOptions } from 'node:zlib';
import { fail } from '../failures.ts';

/** An entry of a pack, as its header tells. */
export interface EntryHeader {
  /** 1 commit, 2 tree, 3 blob, 4 tag; 6 and 7 are deltas. */
  readonly type: number;
  /** Bytes of what is compressed: of the object, or of the delta. */
  readonly size: number;
  /** Where the compressed bytes begin. */
  readonly start: number;
  /** How far before the entry its base lies, or the hash of the base. */
  readonly back?: number;
  readonly baseOid?: string;
}

/** Reads a pack in pieces, so that it never lies in memory as a whole. The file is open only while a piece is read. */
export class PackFile {
  readonly path: string;
  readonly size: number;
  #window: { readonly start: number; readonly bytes: Buffer } = { start: 0, bytes: noBytes };

  constructor(path: string, size: number) {
    this.path = path;
    this.size = size;
  }

  /** Some bytes from an offset; fewer at the end of the file. */
  async read(offset: number, length: number): Promise<Buffer> {
    const wanted = Math.min(length, this.size - offset);
    const { start, bytes } = this.#window;
    if (offset >= start && offset + wanted <= start + bytes.length) {
      return bytes.subarray(offset - start, offset - start + wanted);
    }
    const piece = await this.#load(
      offset,
      Math.min(Math.max(wanted, windowBytes), this.size - offset),
    );
    // A piece that is larger would stay in memory for as long as the pack is used.
    if (piece.length <= windowBytes) this.#window = { start: offset, bytes: piece };
    return piece.subarray(0, wanted);
  }

  async #load(offset: number, length: number): Promise<Buffer> {
    const file = await open(this.path, 'r');
    try {
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(length), 0, length, offset);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  }

  /** The header of the entry at an offset. Raises GitOperationFailed for what is none. */
  async header(offset: number): Promise<EntryHeader> {
    const bytes = await this.read(offset, 64);
    let at = 0;
    let byte = bytes[at++] ?? 0;
    const type = (byte >> 4) & 7;
    let size = byte & 15;
    for (let scale = 16; byte >= 0x80; scale *= 128) {
      if (scale > maxScale) throw broken('the size of an object has no end');
      byte = bytes[at++] ?? 0;
      size += (byte & 0x7f) * scale;
    }
    if (type === 6) {
      const { back, next } = backOf(bytes, at);
      return { type, size, start: offset + next, back };
    }
    if (type === 7) {
      const baseOid = bytes.toString('hex', at, at + 20);
      return { type, size, start: offset + at + 20, baseOid };
    }
    if (type === 0 || type === 5) throw broken(`an object has the type ${type}`);
    return { type, size, start: offset + at };
  }

  /** Decompresses `size` bytes that begin at an offset; `length` is how many bytes they take in the pack. */
  async inflate(start: number, size: number): Promise<{ content: Buffer; length: number }> {
    // What can not be compressed grows a little.
    const input = await this.read(start, size + (size >> 8) + 1024);
    try {
      const { buffer, engine } =
        size <= inlineBytes ? inflateNow(input, size) : await inflateApart(input, size);
      if (buffer.length === size) return { content: buffer, length: engine.bytesWritten };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw broken(`an object can not be decompressed (${reason})`);
    }
    throw broken('an object is shorter than it announces');
  }
}

const noBytes = Buffer.alloc(0);
const windowBytes = 1024 * 1024;
/** Sizes stay whole numbers. */
const maxScale = 2 ** 45;
/** Above it the work is worth a thread of its own. */
const inlineBytes = 32 * 1024;

function backOf(bytes: Buffer, start: number): { back: number; next: number } {
  let at = start;
  let byte = bytes[at++] ?? 0;
  let back = byte & 0x7f;
  while (byte >= 0x80) {
    byte = bytes[at++] ?? 0;
    back = (back + 1) * 128 + (byte & 0x7f);
    if (back > maxScale) throw broken('the offset of a base has no end');
  }
  return { back, next: at };
}

/** What Node gives with the option `info`, which its types do not know. */
interface Inflated {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

function optionsFor(size: number): ZlibOptions {
  // One byte more than needed lets the whole content be written in one go.
  return { info: true, maxOutputLength: Math.max(size, 1), chunkSize: Math.max(size + 1, 64) };
}

function inflateNow(input: InputType, size: number): Inflated {
  return inflateSync(input, optionsFor(size)) as unknown as Inflated;
}

function inflateApart(input: InputType, size: number): Promise<Inflated> {
  return new Promise((resolve, reject) => {
    inflate(input, optionsFor(size), (error, result) => {
      if (error) reject(error);
      else resolve(result as unknown as Inflated);
    });
  });
}

/** The failure for a pack that is not what it should be. */
export function broken(why: string): Error {
  return fail('GitOperationFailed', `the pack of the remote is broken: ${why}`);
}

/** The failure for a pack that is over a limit. */
export function tooMuch(what: string): Error {
  return fail('GitOperationFailed', `the repository is too large to be fetched: it sends ${what}`);
}
