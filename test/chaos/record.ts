import type { Plan } from './plan.ts';
import type { Timeline } from './timeline.ts';

/** What was seen of a namespace, in the order of the API server's own versions. */
export interface Record {
  readonly objects: readonly { name: string; serial: number; version: number }[];
  /** Moments in which a Kustomization said that it is ready at a revision. */
  readonly ready: readonly { name: string; revision: string; version: number }[];
}

/** The result of a check. */
export interface Verdict {
  readonly checks: number;
  readonly violations: readonly string[];
}

/** What a timeline knows without a gap: writes after the first one prove nothing about what came before them. */
export function recordOf({ moments, gaps }: Timeline): Record {
  const until = Math.min(Number.POSITIVE_INFINITY, ...gaps.map(({ from }) => from));
  const objects = moments.flatMap((moment) => {
    if (moment.of !== 'object' || moment.gone || moment.owner === '') return [];
    const serial = Number(moment.serial);
    const isCommitted = moment.serial !== '' && Number.isInteger(serial);
    if (!isCommitted || moment.version >= until) return [];
    return [{ name: moment.owner, serial, version: moment.version }];
  });
  const ready = moments.flatMap((moment) => {
    if (moment.of !== 'member' || moment.ready !== 'True') return [];
    return [{ name: moment.name, revision: moment.applied, version: moment.version }];
  });
  return { objects, ready };
}

/**
 * Checks that no object was written before each dependency of its Kustomization had been ready: on the same source at a revision that
 * holds this very object, on another one at any.
 */
export function judge(
  { members }: Plan,
  { objects, ready }: Record,
  /** The revisions of each source by what they hold: `<member>/<serial>`. */
  revisions: ReadonlyMap<string, ReadonlySet<string>>,
): Verdict {
  let checks = 0;
  const violations: string[] = [];
  for (const { name, serial, version } of objects) {
    const member = members.find((one) => one.name === name);
    for (const dependency of member?.dependsOn ?? []) {
      const other = members.find((one) => one.name === dependency);
      const holding = revisions.get(`${name}/${serial}`);
      const same = other?.source === member?.source;
      const found = ready.some(
        (moment) =>
          moment.name === dependency &&
          moment.version < version &&
          (!same || holding?.has(moment.revision)),
      );
      checks++;
      if (!found)
        violations.push(`${name} of commit ${serial} was written before ${dependency} was ready`);
    }
  }
  return { checks, violations };
}
