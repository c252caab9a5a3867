import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../../activities/cluster/object.ts';

/** One field that differs; the values are JSON on one line, a missing one is absent. */
export interface FieldDifference {
  readonly path: string;
  readonly before?: string;
  readonly after?: string;
}

/**
 * The fields in which two forms of an object differ, in the order of their paths: labels, annotations and all outside of metadata and
 * status. Items of lists are matched by their name where all have one. Values of Secrets are masked.
 */
export function fieldDifferences(
  before: KubeObject,
  after: KubeObject,
  mask: (text: string) => string,
): FieldDifference[] {
  const secret = before.kind === 'Secret';
  const found: Difference[] = [];
  walk(contentOf(before), contentOf(after), [], found);
  return found.map(({ path, values: [one, other] }) => {
    const hidden = secret && ['data', 'stringData'].includes(path[0] ?? '');
    const text = (value: unknown): string => (hidden ? '*****' : mask(cut(JSON.stringify(value))));
    return {
      path: path.map(pathStep).join('.'),
      ...(one === undefined ? {} : { before: text(one) }),
      ...(other === undefined ? {} : { after: text(other) }),
    };
  });
}

interface Difference {
  readonly path: readonly string[];
  readonly values: readonly [unknown, unknown];
}

function contentOf({ metadata, ...object }: KubeObject): Record<string, unknown> {
  const { labels = {}, annotations = {} } = metadata;
  const content: Record<string, unknown> = { ...object, metadata: { annotations, labels } };
  delete content['status'];
  return content;
}

function walk(before: unknown, after: unknown, path: readonly string[], found: Difference[]): void {
  if (isDeepStrictEqual(before, after)) return;
  const [one, other] = [membersOf(before, after), membersOf(after, before)];
  if (!one || !other) {
    found.push({ path, values: [before, after] });
    return;
  }
  for (const name of [...new Set([...one.keys(), ...other.keys()])].sort()) {
    walk(one.get(name), other.get(name), [...path, name], found);
  }
}

/** What a value is made of, by name; undefined for a value that can only be compared as a whole. */
function membersOf(value: unknown, other: unknown): Map<string, unknown> | undefined {
  if (Array.isArray(value)) {
    const lists = [value, ...(Array.isArray(other) ? [other] : [])];
    return lists.every(isNamed) ? new Map(value.map((item) => [nameOf(item), item])) : undefined;
  }
  return isRecord(value) ? new Map(Object.entries(value)) : undefined;
}

function isNamed(items: readonly unknown[]): boolean {
  const names = items.map(nameOf);
  return !names.includes('') && new Set(names).size === names.length;
}

function nameOf(item: unknown): string {
  return isRecord(item) && typeof item['name'] === 'string' ? item['name'] : '';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function pathStep(step: string): string {
  return /^[\w-]+$/.test(step) ? step : JSON.stringify(step);
}

const maxText = 300;

function cut(text: string): string {
  return text.length <= maxText ? text : `${text.slice(0, maxText)}…`;
}
