import { configMap } from '../../../test/support/manifests.ts';
import { member, onCourse } from '../course.ts';
import { settledCommit } from '../row.ts';
import type { Race } from './race.ts';

/** P7: one Kustomization of many objects: from nothing, on a request without news, with one change. */
export function large(objects: number): Race {
  return (running, notes) => {
    const maps = (value: string): string =>
      Array.from({ length: objects }, (_, index) =>
        configMap(`m${index}`, { key: index === 0 ? value : 'same' }),
      ).join('---\n');
    const title = `P7 one of ${objects} objects`;
    return onCourse(running, { 'app/all.yaml': maps('first') }, async (course, commit) => {
      await notes.stretch(course, `${title}: cold`, async () => {
        await course.create([member(course, 'app')]);
        await course.untilReady(['app'], commit, limitSeconds);
      });
      await course.pause(3000);
      await notes.stretch(course, `${title}: a request without news`, async () => {
        const asked = await course.request('app');
        await course.kustomizations.until(
          'app',
          (row) => row?.status.lastHandledReconcileAt === asked && settledCommit(row) !== undefined,
          limitSeconds,
        );
      });
      await course.pause(3000);
      const changed = await course.repository.commit({ 'app/all.yaml': maps('second') });
      await notes.stretch(course, `${title}: one changed`, async () => {
        await course.tell();
        await course.untilReady(['app'], changed, limitSeconds);
      });
    });
  };
}

const limitSeconds = 15 * 60;
