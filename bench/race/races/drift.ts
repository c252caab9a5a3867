import type { Row } from '../../../test/support/cluster.ts';
import { configMap } from '../../../test/support/manifests.ts';
import { member, onCourse, type Course } from '../course.ts';
import { numbered } from '../manifests.ts';
import { median } from '../median.ts';
import type { View } from '../view.ts';
import type { Race } from './race.ts';

/** P3: changes by hand, each to a Kustomization of its own; the interval is what Flux repairs by. */
export function drift(rounds: number, interval: string): Race {
  return (running, notes) => {
    const names = kinds.flatMap(({ letter }) => numbered(letter, rounds));
    const files = Object.fromEntries(names.map((name) => [`${name}/all.yaml`, configMap(name)]));
    return onCourse(running, files, async (course, commit) => {
      await course.create(names.map((name) => member(course, name, { interval })));
      await course.untilReady(names, commit, limitSeconds);
      await course.pause(3000);
      const maps = await course.follow('ConfigMap');
      await notes.stretch(course, `P3 all repaired, interval ${interval}`, async () => {
        const repairs: [Kind, Promise<number>][] = [];
        for (const kind of Array.from({ length: rounds }, () => kinds).flat()) {
          const name = `${kind.letter}${Math.floor(repairs.length / kinds.length)}`;
          const repaired = repair(course, { maps, kind, name });
          // It is looked at after the last change, and must not end the process before.
          repaired.catch(() => undefined);
          repairs.push([kind, repaired]);
          await course.pause(400);
        }
        const seconds = await Promise.all(repairs.map(([, repaired]) => repaired));
        for (const kind of kinds) {
          const own = seconds.filter((_, index) => repairs[index]?.[0] === kind);
          notes.figure(
            `P3 ${kind.title} repaired, interval ${interval}: median of ${rounds}`,
            median(own),
          );
        }
      });
    });
  };
}

const limitSeconds = 240;
const label = 'kustomize.toolkit.fluxcd.io/name';

interface Kind {
  readonly letter: string;
  readonly title: string;
  readonly verb: string;
  change(course: Course, name: string): Promise<void>;
  isBroken(row: Row | undefined): boolean;
}

const kinds: readonly Kind[] = [
  {
    letter: 'e',
    title: 'edit',
    verb: 'PATCH',
    change: ({ space }, name) => space.patch('ConfigMap', name, { data: { key: 'by hand' } }),
    isBroken: (row) => JSON.stringify(row?.['data']).includes('by hand'),
  },
  {
    letter: 'd',
    title: 'deletion',
    verb: 'DELETE',
    change: ({ space }, name) => space.remove('ConfigMap', name),
    isBroken: (row) => row === undefined,
  },
  {
    letter: 'l',
    title: 'removed label',
    verb: 'PATCH',
    change: ({ space }, name) =>
      space.patch('ConfigMap', name, { metadata: { labels: { [label]: null } } }),
    isBroken: (row) => row?.metadata.labels?.[label] === undefined,
  },
];

/** Seconds until the object is whole again. The breach has to be seen first, and may be over before the request for it has come back. */
async function repair(
  course: Course,
  { maps, kind, name }: { maps: View; kind: Kind; name: string },
): Promise<number> {
  const begun = performance.now();
  const broken = maps.until(name, (row) => kind.isBroken(row), limitSeconds);
  course.count(kind.verb);
  await Promise.all([kind.change(course, name), broken]);
  await maps.until(name, (row) => !kind.isBroken(row), limitSeconds);
  return (performance.now() - begun) / 1000;
}
