import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { BaseCache } from './git-base-cache.ts';
import { applyDelta, deltaHeader } from './git-delta.ts';
import type { GitObject, GitObjects } from './git-objects.ts';
import { broken, tooMuch, type EntryHeader, type PackFile } from './git-pack-file.ts';

/** How much a pack may hold; see gitLimits. */
export type PackLimits = Readonly<
  Record<'pack' | 'objects' | 'object' | 'unpacked' | 'deltas', number>
>;

/** Finds the objects of a pack by hashes that it computes itself. */
export class PackIndex implements GitObjects {
  readonly #file: PackFile;
  readonly #signal: AbortSignal;
  readonly #limits: PackLimits;
  readonly #entries: Entry[] = [];
  readonly #byOid = new Map<string, number>();
  /** Deltas by what they wait for: the index of an entry, or a hash. */
  readonly #waiting = new Map<number | string, number[]>();
  readonly #bases = new BaseCache();
  #unpacked = 0;
  #turn = performance.now();

  constructor(file: PackFile, signal: AbortSignal, limits: PackLimits) {
    this.#file = file;
    this.#signal = signal;
    this.#limits = limits;
  }

  has(oid: string): boolean {
    return this.#byOid.has(oid);
  }

  size(oid: string): number {
    return this.#entry(oid).entry.size;
  }

  async read(oid: string): Promise<GitObject> {
    const { index, entry } = this.#entry(oid);
    const type = types[entry.type as keyof typeof types];
    return { type, content: await this.#content(index) };
  }

  /** Reads every entry once: what is whole gets its hash, what is a delta waits for its base. */
  async scan(): Promise<void> {
    const head = await this.#file.read(0, headerBytes);
    if (head.toString('latin1', 0, 4) !== 'PACK' || ![2, 3].includes(head.readUInt32BE(4))) {
      throw broken('it does not begin like one');
    }
    const count = head.readUInt32BE(8);
    if (count > this.#limits.objects) throw tooMuch(`more than ${this.#limits.objects} objects`);
    const indexes = new Map<number, number>();
    let offset = headerBytes;
    for (let index = 0; index < count; index++) {
      await this.#breathe();
      if (offset >= this.#file.size - checksumBytes) throw broken('it ends too early');
      const header = await this.#file.header(offset);
      const length = await this.#scanEntry(index, header, indexes.get(offset - (header.back ?? 0)));
      indexes.set(offset, index);
      offset = header.start + length;
    }
    if (offset !== this.#file.size - checksumBytes) throw broken('it ends in an unexpected place');
  }

  async #scanEntry(index: number, header: EntryHeader, base: number | undefined): Promise<number> {
    this.#checkSize(header.size);
    const { content, length } = await this.#file.inflate(header.start, header.size);
    this.#spend(content.length);
    const isDelta = header.type > 4;
    const size = isDelta ? deltaHeader(content).result : header.size;
    this.#entries.push({ header, type: isDelta ? 0 : header.type, size, depth: 0 });
    if (!isDelta) {
      this.#register(index, header.type, content);
      return length;
    }
    this.#checkSize(size);
    const key = header.baseOid ?? base;
    if (key === undefined) throw broken('a delta has no base');
    const others = this.#waiting.get(key);
    if (others) others.push(index);
    else this.#waiting.set(key, [index]);
    return length;
  }

  /** From every object that is known, through the deltas that wait for it. */
  async resolveDeltas(): Promise<void> {
    const ready = [...this.#byOid];
    for (let base = ready.pop(); base; base = ready.pop()) {
      for (const key of base) {
        const children = this.#waiting.get(key) ?? [];
        this.#waiting.delete(key);
        for (const child of children) ready.push(await this.#resolve(child, base[1]));
      }
    }
    if (this.#waiting.size > 0) throw broken('a delta has no base');
  }

  async #resolve(index: number, base: number): Promise<[oid: string, index: number]> {
    await this.#breathe();
    const [entry, { type, depth }] = [this.#at(index), this.#at(base)];
    Object.assign(entry, { base, type, depth: depth + 1 });
    if (entry.depth > this.#limits.deltas) {
      throw tooMuch(`a chain of more than ${this.#limits.deltas} deltas`);
    }
    const content = await this.#content(index);
    this.#spend(content.length);
    return [this.#register(index, type, content), index];
  }

  #register(index: number, type: number, content: Buffer): string {
    const name = types[type as keyof typeof types];
    const hash = createHash('sha1').update(`${name} ${content.length}\0`).update(content);
    const oid = hash.digest('hex');
    this.#byOid.set(oid, index);
    return oid;
  }

  /** The content of an entry: from the nearest base that is kept or whole, through the deltas above it. */
  async #content(index: number): Promise<Buffer> {
    const deltas: number[] = [];
    let at = index;
    let content = this.#bases.get(at);
    for (let { base } = this.#at(at); content === undefined && base !== undefined;) {
      deltas.push(at);
      at = base;
      content = this.#bases.get(at);
      base = this.#at(at).base;
    }
    content ??= await this.#inflated(at);
    for (const delta of deltas.reverse()) {
      this.#bases.keep(at, content);
      content = applyDelta(content, await this.#inflated(delta));
      at = delta;
    }
    return content;
  }

  async #inflated(index: number): Promise<Buffer> {
    const { start, size } = this.#at(index).header;
    return (await this.#file.inflate(start, size)).content;
  }

  #at(index: number): Entry {
    const entry = this.#entries[index];
    if (!entry) throw broken('an entry is missing');
    return entry;
  }

  #entry(oid: string): { index: number; entry: Entry } {
    const index = this.#byOid.get(oid);
    if (index === undefined) throw broken(`it lacks the object ${oid}`);
    return { index, entry: this.#at(index) };
  }

  #checkSize(bytes: number): void {
    if (bytes > this.#limits.object) {
      throw tooMuch(`an object of ${bytes} bytes; ${this.#limits.object} are allowed`);
    }
  }

  #spend(bytes: number): void {
    this.#unpacked += bytes;
    if (this.#unpacked > this.#limits.unpacked) {
      throw tooMuch(`more than ${this.#limits.unpacked} bytes when it is unpacked`);
    }
  }

  /** Other work of the worker gets its turn, and a time-out is heard of. */
  async #breathe(): Promise<void> {
    if (performance.now() - this.#turn < 10) return;
    await nextTurn();
    this.#signal.throwIfAborted();
    this.#turn = performance.now();
  }
}

interface Entry {
  readonly header: EntryHeader;
  /** Type and size of the object; those of a delta are known when its base is. */
  type: number;
  size: number;
  /** Index of the base of a delta. */
  base?: number;
  depth: number;
}

const checksumBytes = 20;
const headerBytes = 12;
const types = { 1: 'commit', 2: 'tree', 3: 'blob', 4: 'tag' } as const;
