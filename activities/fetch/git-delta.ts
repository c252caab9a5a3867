import { fail } from '../failures.ts';

/** Sizes of the base and of the result that a delta announces, and where its instructions begin. */
export function deltaHeader(delta: Buffer): { base: number; result: number; start: number } {
  const base = varint(delta, 0);
  const result = varint(delta, base.next);
  return { base: base.value, result: result.value, start: result.next };
}

/**
 * The object that a delta makes of its base. Raises GitOperationFailed for instructions that reach outside the base or the result; the
 * caller has checked that the announced size is one it wants to allocate.
 */
export function applyDelta(base: Buffer, delta: Buffer): Buffer {
  const header = deltaHeader(delta);
  if (header.base !== base.length) throw broken('its base has another size');
  const result = Buffer.allocUnsafe(header.result);
  let written = 0;
  let at = header.start;
  while (at < delta.length) {
    const operation = delta[at++] ?? 0;
    if (operation === 0) throw broken('an instruction is reserved');
    const copies = (operation & 0x80) !== 0;
    const copy = copies ? copyRange(delta, at, operation) : { next: at + operation };
    const [source, from, to] =
      'offset' in copy
        ? [base, copy.offset, copy.offset + copy.length]
        : [delta, at, at + operation];
    if (to > source.length || written + (to - from) > result.length) {
      throw broken('an instruction reaches too far');
    }
    source.copy(result, written, from, to);
    written += to - from;
    at = copy.next;
  }
  if (written !== result.length) throw broken('it makes less than it announces');
  return result;
}

interface CopyRange {
  readonly offset: number;
  readonly length: number;
  readonly next: number;
}

/** The bits of the operation tell which bytes of offset and length follow. */
function copyRange(delta: Buffer, start: number, operation: number): CopyRange {
  let next = start;
  const number = (bits: number, first: number): number => {
    let value = 0;
    for (let bit = 0; bit < bits; bit++) {
      if ((operation & (first << bit)) === 0) continue;
      if (next >= delta.length) throw broken('it ends in the middle of an instruction');
      // Not with a shift: the fourth byte would make it negative.
      value += (delta[next++] ?? 0) * 2 ** (8 * bit);
    }
    return value;
  };
  const offset = number(4, 0x01);
  const length = number(3, 0x10);
  return { offset, length: length === 0 ? 0x10000 : length, next };
}

function varint(delta: Buffer, start: number): { value: number; next: number } {
  let value = 0;
  for (let at = start; at < delta.length && at - start < 7; at++) {
    const byte = delta[at] ?? 0;
    value += (byte & 0x7f) * 2 ** (7 * (at - start));
    if (byte < 0x80) return { value, next: at + 1 };
  }
  throw broken('a size in it has no end');
}

function broken(why: string): Error {
  return fail('GitOperationFailed', `the pack of the remote holds a broken delta: ${why}`);
}
