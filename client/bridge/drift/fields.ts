import type { FieldTree } from '../../../activities/apply/managed-fields.ts';

/** A field as managedFields names it: the steps from the root of the object, a line each. */
export type FieldPath = string;

/** The fields of a tree that hold a value of their own; maps and lists count by what is in them. */
export function leavesOf(tree: FieldTree, above: FieldPath = ''): FieldPath[] {
  return Object.entries(tree).flatMap(([step, below]) => {
    if (step === '.') return [];
    const path = above === '' ? step : `${above}\n${step}`;
    return Object.keys(below).every((name) => name === '.') ? [path] : leavesOf(below, path);
  });
}

/** A field as people write it, such as `spec.containers[name=main].image`; values in sets are left out. */
export function fieldInWords(path: FieldPath): string {
  const words = path.split('\n').map(stepInWords).join('').replace(/^\./, '');
  return words.length <= maxLength ? words : `${words.slice(0, maxLength - 1)}…`;
}

/**
 * True where a JSON pointer points at the field, or at something around it. Lists are told apart by their items' keys here and by their
 * places there, so that a place stands for every item.
 */
export function isPointedAt(path: FieldPath, pointer: readonly string[]): boolean {
  const steps = path.split('\n');
  if (pointer.length > steps.length) return false;
  return pointer.every((token, at) => {
    const step = steps[at] ?? '';
    return step.startsWith('f:') ? step === `f:${token}` : true;
  });
}

const maxLength = 120;

function stepInWords(step: string): string {
  const text = step.slice(2);
  if (step.startsWith('f:')) return `.${text}`;
  if (step.startsWith('k:')) return `[${keysInWords(text)}]`;
  return step.startsWith('i:') ? `[${text}]` : '[…]';
}

function keysInWords(text: string): string {
  const keys = Object.entries(JSON.parse(text) as Record<string, string | number | boolean>);
  return keys.map(([key, value]) => `${key}=${value.toString()}`).join(',');
}
