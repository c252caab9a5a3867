/** A log in lines of JSON, in the shape that Flux's tools read: level, ts, msg and the fields of the call. */
export interface Log {
  info(msg: string, fields?: Record<string, unknown>): void;
  warn(msg: string, fields?: Record<string, unknown>): void;
  error(msg: string, fields?: Record<string, unknown>): void;
}

/** A log that writes its lines to a stream, stderr by default. */
export function createLog(stream: { write(line: string): unknown } = process.stderr): Log {
  const write =
    (level: string) =>
    (msg: string, fields: Record<string, unknown> = {}) => {
      const line = { level, ts: new Date().toISOString(), msg, ...fields };
      stream.write(`${JSON.stringify(line)}\n`);
    };
  return { info: write('info'), warn: write('warn'), error: write('error') };
}
