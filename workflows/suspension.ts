import type { Look, ObjectKey } from '../activities/contract.ts';
import type { ReconciledKind } from './messages.ts';
import { records } from './stages.ts';

/** What a suspended object waits for, and who can end that. */
export function suspensionInWords(
  kind: ReconciledKind,
  { namespace, name }: ObjectKey,
  { resumeAt, suspensionEnd }: Pick<Look, 'resumeAt' | 'suspensionEnd'>,
): { phase: string; awaits: string; unblock: string } {
  if (suspensionEnd) return { phase: 'suspended', ...suspensionEnd };
  const ends = resumeAt === undefined ? '' : `${resumeAt}, or `;
  const resume = `sluice resume ${kind.toLowerCase()} ${name} -n ${namespace}`;
  return {
    phase: 'suspended',
    awaits: `${ends}spec.suspend set to false`,
    unblock: `whoever suspended it, with: ${resume}`,
  };
}

/** Milliseconds until a suspension ends: none for a time that has passed, at most a year. */
export function msUntil(resumeAt: string): number {
  return Math.min(Math.max(Date.parse(resumeAt) - Date.now(), 0), maxMs);
}

/**
 * Ends a suspension whose time has come, unless somebody has changed it since; the look that follows sees which.
 * Says why that look runs, or nothing where there is no end or it lies ahead.
 */
export async function endSuspension(
  kind: ReconciledKind,
  key: ObjectKey,
  resumeAt: string | undefined,
): Promise<{ readonly trigger: 'resume'; readonly why: string } | undefined> {
  if (resumeAt === undefined || msUntil(resumeAt) > 0) return undefined;
  await records.resume(kind, key, resumeAt);
  return { trigger: 'resume', why: `it was suspended until ${resumeAt}` };
}

/** A timer of millennia would be refused by the server. */
const maxMs = 365 * 24 * 3_600_000;
