import { describeRef, type ObjectRef } from '../../../activities/cluster/object.ts';
import { fieldInWords } from './fields.ts';
import type { LostField } from './sighting.ts';

/** What is wrong with an object: it is not there, it does not name its owner any more, or fields of ours are others'. */
export type Fault =
  | { readonly kind: 'deleted'; readonly at: string }
  | { readonly kind: 'unlabelled'; readonly at: string }
  | { readonly kind: 'changed'; readonly fields: readonly LostField[] };

/** A fault of one object in words: names of fields and managers, never values. */
export function faultInWords(ref: ObjectRef, fault: Fault): string {
  const object = describeRef(ref);
  if (fault.kind === 'deleted') return `${object}: deleted, seen at ${fault.at}`;
  if (fault.kind === 'unlabelled') return `${object}: lost its owner labels, seen at ${fault.at}`;
  const named = fault.fields.slice(0, maxFields);
  const managers = new Set(named.map(({ manager }) => manager));
  const parts = [...managers].map((by) => fieldsInWords(named, by));
  const more = fault.fields.length - named.length;
  return `${object}: ${parts.join(', ')}${more > 0 ? `, and ${more} more fields` : ''}`;
}

/** Who is at fault, as far as it can be told; the same fault of the same one is a repetition. */
export function culpritOf(fault: Fault): string {
  if (fault.kind !== 'changed') return fault.kind;
  return fault.fields.find(({ manager }) => manager !== '')?.manager ?? '';
}

/** The faults of several objects as the reason of one pass, bounded in length. */
export function reasonOf(faults: readonly string[]): string {
  const named = faults.slice(0, maxObjects);
  const more = faults.length - named.length;
  const words = [...named, ...(more > 0 ? [`and ${more} more objects`] : [])].join('; ');
  return words.length <= maxLength ? words : `${words.slice(0, maxLength - 1)}…`;
}

const maxFields = 5;
const maxObjects = 3;
const maxLength = 1000;

function fieldsInWords(fields: readonly LostField[], by: string): string {
  const own = fields.filter(({ manager }) => manager === by);
  const names = own.map(({ path }) => fieldInWords(path)).join(', ');
  return by === '' ? `${names} removed` : `${names} changed by ${by} at ${own.at(-1)?.at ?? ''}`;
}
