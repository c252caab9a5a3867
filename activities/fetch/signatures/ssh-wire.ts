/** Reads the binary encoding of SSH (RFC 4251, section 5) from front to back; whatever lies beyond the end raises RangeError. */
export interface Wire {
  take(length: number): Buffer;
  uint32(): number;
  /** A string of bytes. */
  bytes(): Buffer;
  text(): string;
  /** A positive number without its leading zeros. */
  positive(): Buffer;
  /** Raises RangeError where something is left. */
  end(): void;
}

/** A reader at the beginning of some bytes. */
export function readWire(data: Buffer): Wire {
  let at = 0;
  const take = (length: number): Buffer => {
    if (length > data.length - at) throw new RangeError('it is cut short');
    at += length;
    return data.subarray(at - length, at);
  };
  const uint32 = (): number => take(4).readUInt32BE();
  const bytes = (): Buffer => take(uint32());
  return {
    take,
    uint32,
    bytes,
    text: () => bytes().toString('latin1'),
    positive() {
      const number = bytes();
      if ((number[0] ?? 0) > 127) throw new RangeError('a number is negative');
      const start = number.findIndex((byte) => byte !== 0);
      return start < 0 ? Buffer.alloc(0) : number.subarray(start);
    },
    end() {
      if (at !== data.length) throw new RangeError('bytes are left at its end');
    },
  };
}
