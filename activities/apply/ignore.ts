import type { Kustomization } from '../../api/index.ts';
import { ignoreRules } from '../cluster/spec-ignore.ts';
import type { KubeObject } from '../cluster/object.ts';
import { fieldManager } from '../cluster/server-side-apply.ts';
import { rowsOf, takeOver, type FieldTree } from './managed-fields.ts';

/** Gives an object as it is to be sent, its ignored fields left to the cluster. */
export type LeaveIgnored = (object: KubeObject, live: KubeObject) => KubeObject;

/**
 * Reads spec.ignore. Of an object that is in the cluster, a field that a rule points at (RFC 6901) is sent as it stands there, or not at
 * all where another manager applies it. Fails with InvalidSpec for a rule that can not be read.
 */
export function ignoredFields(
  rules?: Kustomization['spec']['ignore'],
  overriddenManagers: readonly string[] = [],
): LeaveIgnored {
  const read = ignoreRules(rules);
  return (object, live) => {
    const pointers = read.filter(({ matches }) => matches(object)).flatMap((rule) => rule.pointers);
    if (pointers.length === 0) return object;
    const sent = structuredClone(object);
    for (const pointer of pointers) {
      leave(sent, live, { pointer, overriddenManagers });
    }
    return sent;
  };
}

/** An ignored field, and the managers whose fields we take over. */
interface Ignored {
  readonly pointer: readonly string[];
  readonly overriddenManagers: readonly string[];
}

function leave(sent: KubeObject, live: KubeObject, ignored: Ignored): void {
  const { pointer } = ignored;
  const last = pointer.at(-1) ?? '';
  const parent = valueAt(sent, pointer.slice(0, -1));
  if (!isNode(parent) || !Object.hasOwn(parent, last)) return;
  const value = isAppliedByOthers(live, ignored) ? undefined : valueAt(live, pointer);
  if (value !== undefined) parent[last] = value;
  else if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else delete parent[last];
}

type Node = Record<string, unknown>;

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null;
}

function valueAt(value: unknown, pointer: readonly string[]): unknown {
  return pointer.reduce<unknown>(
    (node, token) => (isNode(node) && Object.hasOwn(node, token) ? node[token] : undefined),
    value,
  );
}

/** The managers whose fields we take over are no others. */
function isAppliedByOthers(live: KubeObject, { pointer, overriddenManagers }: Ignored): boolean {
  const rows = rowsOf(live);
  return (takeOver(rows, overriddenManagers) ?? rows)
    .filter(({ manager, operation }) => operation === 'Apply' && manager !== fieldManager)
    .some(({ fieldsV1 = {} }) => holds(fieldsV1, live, pointer));
}

function holds(tree: FieldTree, value: unknown, pointer: readonly string[]): boolean {
  const [token, ...rest] = pointer;
  if (token === undefined) return true;
  const child = isNode(value) && Object.hasOwn(value, token) ? value[token] : undefined;
  const names = Object.keys(tree);
  // A leaf is held with everything in it.
  if (names.every((name) => name === '.')) return true;
  const name = Array.isArray(value)
    ? names.find((candidate) => isItem(candidate, child, token))
    : names.find((candidate) => candidate === `f:${token}`);
  const subtree = name === undefined ? undefined : tree[name];
  return subtree !== undefined && holds(subtree, child, rest);
}

/** Items of lists are named by their keys, their value or their place. */
function isItem(name: string, item: unknown, index: string): boolean {
  if (name === `i:${index}` || name === `v:${JSON.stringify(item)}`) return true;
  if (!name.startsWith('k:') || !isNode(item)) return false;
  const keys = JSON.parse(name.slice(2)) as Node;
  return Object.entries(keys).every(([key, wanted]) => item[key] === wanted);
}
