/** Contents that deltas are based on, kept between one delta and the next; what was used last is given up last. */
export class BaseCache {
  readonly #contents = new Map<number, Buffer>();
  #bytes = 0;

  get(index: number): Buffer | undefined {
    const content = this.#contents.get(index);
    if (content) {
      this.#contents.delete(index);
      this.#contents.set(index, content);
    }
    return content;
  }

  keep(index: number, content: Buffer): void {
    if (this.#contents.has(index)) return;
    this.#contents.set(index, content);
    this.#bytes += content.length;
    for (const [oldest, bytes] of this.#contents) {
      if (this.#bytes <= keptBytes) break;
      this.#contents.delete(oldest);
      this.#bytes -= bytes.length;
    }
  }
}

const keptBytes = 64 * 1024 * 1024;
