import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../cluster/object.ts';

/** True when applying would change the live object: its labels, its annotations, or anything outside of metadata and status. */
export function hasDrifted(live: KubeObject, applied: KubeObject): boolean {
  return !isDeepStrictEqual(comparable(live), comparable(applied));
}

function comparable({ metadata, ...object }: KubeObject): object {
  const { labels = {}, annotations = {} } = metadata;
  const content: Record<string, unknown> = { ...object, labels, annotations };
  delete content['status'];
  return content;
}
