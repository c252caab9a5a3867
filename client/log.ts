/** A log in lines of JSON, in the shape that Flux's tools read: level, ts, msg and the fields of the call. */
export interface Log {
  debug(msg: string, fields?: Record<string, unknown>): void;
  info(msg: string, fields?: Record<string, unknown>): void;
  warn(msg: string, fields?: Record<string, unknown>): void;
  error(msg: string, fields?: Record<string, unknown>): void;
}

/** How much is logged, from all to little. */
export const logLevels = ['trace', 'debug', 'info', 'error'] as const;

/** Which lines are written, and where to; those from info on, to stderr. */
export interface LogOptions {
  readonly level?: (typeof logLevels)[number];
  readonly stream?: { write(line: string): unknown };
}

/** A log that writes its lines to a stream. */
export function createLog({ level = 'info', stream = process.stderr }: LogOptions = {}): Log {
  const write =
    (name: keyof Log) =>
    (msg: string, fields: Record<string, unknown> = {}) => {
      if (rank[name] < rank[level]) return;
      const line = { level: name, ts: new Date().toISOString(), msg, ...fields };
      stream.write(`${JSON.stringify(line)}\n`);
    };
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
  };
}

const rank = { trace: 0, debug: 1, info: 2, warn: 3, error: 4 };
