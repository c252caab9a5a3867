import type { Cluster } from './client.ts';
import { describeRef, type ObjectRef } from './object.ts';

/** The same cluster, but every read of one object is answered by the first: for steps that follow each other at once. */
export function readingOnce(cluster: Cluster, ref: ObjectRef): Cluster {
  const title = titleOf(ref);
  let read: ReturnType<Cluster['get']> | undefined;
  return {
    ...cluster,
    get(each, signal) {
      if (titleOf(each) !== title) return cluster.get(each, signal);
      return (read ??= cluster.get(each, signal));
    },
  };
}

function titleOf(ref: ObjectRef): string {
  return `${ref.apiVersion} ${describeRef(ref)}`;
}
