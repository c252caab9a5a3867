import { configMap } from '../../../test/support/manifests.ts';
import { member, onCourse } from '../course.ts';
import { numbered } from '../manifests.ts';
import { keyOf } from '../row.ts';
import type { Race } from './race.ts';

/** P4: a chain of dependencies, all touched by one commit. */
export function chain(length: number): Race {
  return (running, notes) => {
    const names = numbered('c', length);
    const files = (value: string): Record<string, string> =>
      Object.fromEntries(
        names.map((name) => [`${name}/all.yaml`, configMap(name, { key: value })]),
      );
    return onCourse(running, files('first'), async (course, commit) => {
      const dependsOn = (index: number): object =>
        index === 0 ? {} : { dependsOn: [{ name: `c${index - 1}` }] };
      await course.create(
        names.map((name, index) =>
          member(course, name, { wait: true, retryInterval: '5s', ...dependsOn(index) }),
        ),
      );
      await course.untilReady(names, commit, limitSeconds);
      await course.pause(3000);
      const last = names.at(-1) ?? '';
      const map = await course.follow('ConfigMap', last);
      await course.repository.commit(files('second'));
      await notes.stretch(course, `P4 chain of ${length}: commit to the last applied`, async () => {
        await course.tell();
        await map.until(last, (row) => keyOf(row) === 'second', limitSeconds);
      });
    });
  };
}

const limitSeconds = 15 * 60;
