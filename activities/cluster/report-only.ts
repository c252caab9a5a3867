import type { SuspensionEnd } from '../contract.ts';
import type { KubeObject } from './object.ts';

/** The annotation that decides what is written for an object; its one value is `report`. */
export const modeAnnotation = 'sluice.dev/mode';

/** Why nothing may be written for an object, and what ends that. */
export interface ReportMode {
  readonly why: string;
  readonly end: SuspensionEnd;
}

/** Says why nothing may be written for an object, not even its status; undefined where Sluice works on it. */
export function reportOnly(
  { kind, metadata }: KubeObject,
  everywhere: boolean,
): ReportMode | undefined {
  if (everywhere) {
    const awaits = 'a worker without --report-only';
    const end = { awaits, unblock: 'whoever runs the worker' };
    return { why: 'this worker only reports (--report-only): nothing is written', end };
  }
  if (metadata.annotations?.[modeAnnotation] !== 'report') return undefined;
  const { name, namespace = '' } = metadata;
  const remove = `kubectl annotate ${kind.toLowerCase()} ${name} -n ${namespace} ${modeAnnotation}-`;
  const awaits = `the annotation ${modeAnnotation} removed`;
  const end = { awaits, unblock: `whoever set it, with: ${remove}` };
  return { why: `the annotation ${modeAnnotation} is report: nothing is written`, end };
}
