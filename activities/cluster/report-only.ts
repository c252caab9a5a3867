import type { KubeObject } from './object.ts';

/** The annotation that decides what is written for an object; its one value is `report`. */
export const modeAnnotation = 'sluice.dev/mode';

/** Says why nothing may be written for an object, not even its status; undefined where Sluice works on it. */
export function reportOnly({ metadata }: KubeObject, everywhere: boolean): string | undefined {
  if (everywhere) return 'this worker only reports (--report-only): nothing is written';
  if (metadata.annotations?.[modeAnnotation] !== 'report') return undefined;
  return `the annotation ${modeAnnotation} is report: nothing is written`;
}
