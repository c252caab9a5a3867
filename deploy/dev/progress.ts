/** Where progress goes: one line of state per subject (a tool or a part of the stack). */
export interface Progress {
  /** The subject is now busy with `text`; `usually` says how long that tends to take. */
  step(subject: string, text: string, usually?: string): void;
  /** The subject is finished. */
  done(subject: string, text: string): void;
  /** Something worth a line that changes no state, such as why a download was not used. */
  note(subject: string, text: string): void;
  /** Stops the display and its timers; the lines stay. */
  close(): void;
}

/** The part of a stream the display needs. */
export interface ProgressOutput {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Times a test may shorten. */
export interface ProgressTimes {
  readonly heartbeatMs?: number;
  readonly redrawMs?: number;
}

interface Busy {
  readonly text: string;
  readonly usually: string | undefined;
  readonly since: number;
}

/** A display on a terminal (lines redrawn in place) or in a log (one line per change, and a heartbeat so that a long build is not taken for a hang). */
export function createProgress(
  output: ProgressOutput = process.stderr,
  times: ProgressTimes = {},
): Progress {
  return output.isTTY === true
    ? new TerminalProgress(output, times)
    : new LogProgress(output, times);
}

/** A display that shows nothing, for calls made by programs. */
export const SILENT: Progress = {
  step: () => undefined,
  done: () => undefined,
  note: () => undefined,
  close: () => undefined,
};

/** Runs `work` with the given display, or with one of its own that is closed at the end. */
export async function withProgress<T>(
  given: Progress | undefined,
  work: (progress: Progress) => Promise<T>,
): Promise<T> {
  if (given !== undefined) return work(given);
  const own = createProgress();
  try {
    return await work(own);
  } finally {
    own.close();
  }
}

abstract class Lines implements Progress {
  protected readonly busy = new Map<string, Busy>();
  private timer: NodeJS.Timeout | undefined;
  protected readonly output: ProgressOutput;
  private readonly everyMs: number;

  constructor(output: ProgressOutput, everyMs: number) {
    this.output = output;
    this.everyMs = everyMs;
  }

  step(subject: string, text: string, usually?: string): void {
    this.busy.set(subject, { text, usually, since: Date.now() });
    // Only while something is busy, and never the reason for the process to stay.
    this.timer ??= setInterval(() => {
      this.tick();
    }, this.everyMs).unref();
    this.changed(
      `${subject}: ${text}${usually === undefined ? '' : ` (usually ${usually})`}`,
      true,
    );
  }

  done(subject: string, text: string): void {
    const busy = this.busy.get(subject);
    this.busy.delete(subject);
    const took = busy === undefined ? '' : ` (${elapsed(busy.since)})`;
    this.changed(`${subject}: ${text}${took}`, false);
    if (this.busy.size === 0) this.stopTimer();
  }

  note(subject: string, text: string): void {
    this.changed(`${subject}: ${text}`, false);
  }

  close(): void {
    this.busy.clear();
    this.stopTimer();
  }

  private stopTimer(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  protected abstract tick(): void;
  protected abstract changed(line: string, isBusy: boolean): void;
}

class LogProgress extends Lines {
  constructor(output: ProgressOutput, times: ProgressTimes) {
    super(output, times.heartbeatMs ?? 30_000);
  }

  protected tick(): void {
    for (const [subject, busy] of this.busy) {
      this.output.write(`${subject}: still ${describe(busy)}\n`);
    }
  }

  protected changed(line: string): void {
    this.output.write(`${line}\n`);
  }
}

class TerminalProgress extends Lines {
  private drawn = 0;

  constructor(output: ProgressOutput, times: ProgressTimes) {
    super(output, times.redrawMs ?? 500);
  }

  protected tick(): void {
    this.redraw('');
  }

  protected changed(line: string, isBusy: boolean): void {
    this.redraw(isBusy ? '' : `${line}\n`);
  }

  override close(): void {
    this.redraw('');
    super.close();
    this.drawn = 0;
  }

  /** Finished lines scroll up above the busy ones; a line wider than the terminal would break the count, so it is cut. */
  private redraw(finished: string): void {
    const width = (this.output.columns ?? 80) - 1;
    const up = this.drawn === 0 ? '' : `\u001b[${this.drawn}A\u001b[0J`;
    const rows = [...this.busy].map(([subject, busy]) => `${subject}: ${describe(busy)}`);
    this.drawn = rows.length;
    this.output.write(up + finished + rows.map((row) => `${row.slice(0, width)}\n`).join(''));
  }
}

function describe(busy: Busy): string {
  const usually = busy.usually === undefined ? '' : `, usually ${busy.usually}`;
  return `${busy.text} (${elapsed(busy.since)}${usually})`;
}

function elapsed(since: number): string {
  const seconds = Math.round((Date.now() - since) / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
