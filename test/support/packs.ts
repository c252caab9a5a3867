import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';

/** An entry of a handmade pack: an object, or a delta on an entry before it or on a hash. */
export type Entry =
  | { readonly type: 'commit' | 'tree' | 'blob' | 'tag'; readonly content: Buffer | string }
  | { readonly delta: Buffer; readonly base: number | string };

/** What may be wrong with a pack on purpose. */
export interface Lies {
  readonly count?: number;
  readonly magic?: string;
  readonly size?: number;
  readonly trailer?: Buffer;
}

const numbers = { commit: 1, tree: 2, blob: 3, tag: 4 } as const;

/** A pack with these entries. */
export function packOf(entries: readonly Entry[], lies: Lies = {}): Buffer {
  const head = Buffer.alloc(12);
  head.write(lies.magic ?? 'PACK');
  head.writeUInt32BE(2, 4);
  head.writeUInt32BE(lies.count ?? entries.length, 8);
  const parts: Buffer[] = [head];
  const offsets: number[] = [];
  let offset = head.length;
  for (const entry of entries) {
    offsets.push(offset);
    const part = entryOf(entry, offset, offsets, lies.size);
    parts.push(part);
    offset += part.length;
  }
  const body = Buffer.concat(parts);
  return Buffer.concat([body, lies.trailer ?? createHash('sha1').update(body).digest()]);
}

/** Git's hash of an object. */
export function oidOf(type: string, content: Buffer | string): string {
  const bytes = Buffer.from(content);
  return createHash('sha1').update(`${type} ${bytes.length}\0`).update(bytes).digest('hex');
}

/** A tree of entries `[mode, name, hash]`, in the order given. */
export function treeOf(entries: readonly (readonly [string, string, string])[]): Buffer {
  return Buffer.concat(
    entries.flatMap(([mode, name, oid]) => [
      Buffer.from(`${mode} ${name}\0`),
      Buffer.from(oid, 'hex'),
    ]),
  );
}

/** A commit of a tree. */
export function commitOf(tree: string, message = 'Subject\n\nBody\n'): string {
  const who = 'Ann <ann@example.com> 0 +0000';
  return `tree ${tree}\nauthor ${who}\ncommitter ${who}\n\n${message}`;
}

/** A delta that announces sizes and then gives instructions: copies `[offset, length]` or literal bytes. */
export function deltaOf(
  base: number,
  result: number,
  instructions: readonly (readonly [number, number] | Buffer)[],
): Buffer {
  const parts = instructions.map((instruction) => {
    if (Buffer.isBuffer(instruction)) {
      return Buffer.concat([Buffer.from([instruction.length]), instruction]);
    }
    const [offset, length] = instruction;
    const bytes = Buffer.alloc(7);
    bytes.writeUInt32LE(offset, 0);
    bytes.writeUIntLE(length, 4, 3);
    return Buffer.concat([Buffer.from([0xff]), bytes]);
  });
  return Buffer.concat([varint(base), varint(result), ...parts]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) + 0x80);
  return Buffer.from([...bytes, rest]);
}

function entryOf(
  entry: Entry,
  offset: number,
  offsets: readonly number[],
  size: number | undefined,
): Buffer {
  if ('type' in entry) {
    const content = Buffer.from(entry.content);
    const head = header(numbers[entry.type], size ?? content.length);
    return Buffer.concat([head, deflateSync(content)]);
  }
  const { base, delta } = entry;
  const byHash = typeof base === 'string';
  const reference = byHash ? Buffer.from(base, 'hex') : back(offset - (offsets[base] ?? 0));
  return Buffer.concat([header(byHash ? 7 : 6, delta.length), reference, deflateSync(delta)]);
}

function header(type: number, size: number): Buffer {
  const bytes = [(type << 4) | (size % 16)];
  for (let rest = Math.floor(size / 16); rest > 0; rest = Math.floor(rest / 128)) {
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) | 0x80;
    bytes.push(rest % 128);
  }
  return Buffer.from(bytes);
}

function back(distance: number): Buffer {
  const bytes = [distance % 128];
  for (let rest = Math.floor(distance / 128); rest > 0; rest = Math.floor(rest / 128)) {
    rest--;
    bytes.unshift((rest % 128) | 0x80);
  }
  return Buffer.from(bytes);
}
