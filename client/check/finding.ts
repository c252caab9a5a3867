/** What a check found out. */
export interface Finding {
  readonly title: string;
  /** `warning`: it works, but not as people expect. */
  readonly state: 'ok' | 'warning' | 'fault';
  readonly text: string;
  /** What to do about it. */
  readonly next?: string;
}

/** What a check says, before it has a title. */
export type Verdict = Omit<Finding, 'title'>;

/** Runs a check; an error that it raises is what it found. */
export async function finding(
  title: string,
  check: () => Promise<Verdict>,
  next: string,
): Promise<Finding> {
  try {
    return { title, ...(await check()) };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { title, state: 'fault', text, next };
  }
}

/** All is as it should be. */
export function ok(text: string): Verdict {
  return { state: 'ok', text };
}

/** Something that works, but not as people expect. */
export function warning(text: string, next: string): Verdict {
  return { state: 'warning', text, next };
}

/** Something that does not work, and what mends it. */
export function fault(text: string, next: string): Verdict {
  return { state: 'fault', text, next };
}
