import { describeRef } from '../../cluster/object.ts';
import { record } from '../../cluster/untyped.ts';
import { fail } from '../../failures.ts';
import { expand, SubstitutionError } from './expression.ts';
import type { Variables } from './variables.ts';

/** A built document as text and as the value that was read from it. */
export interface BuiltDocument {
  readonly text: string;
  readonly value: unknown;
}

/**
 * The text of a document with its variables put in; undefined where there is nothing to do, or where the object opts out with the label
 * or annotation `kustomize.toolkit.fluxcd.io/substitute: disabled`. Raises BuildFailed, naming the object and the variable.
 */
export function substitute(
  { text, value }: BuiltDocument,
  { values, lenient }: Variables,
): string | undefined {
  if (!text.includes('$') || isDisabled(value)) return undefined;
  try {
    const unset = lenient ? '' : undefined;
    return expand(text, (name) => (Object.hasOwn(values, name) ? values[name] : unset));
  } catch (error) {
    if (!(error instanceof SubstitutionError)) throw error;
    const message = `variable substitution failed: ${error.message}`;
    throw fail('BuildFailed', `${titleOf(value)} envsubst error: ${message}`);
  }
}

function isDisabled(value: unknown): boolean {
  const { labels, annotations } = metadataOf(value);
  return [labels, annotations].some((rows) => record(rows)[switchName] === 'disabled');
}

const switchName = 'kustomize.toolkit.fluxcd.io/substitute';

/** `Kind/namespace/name` of whatever a document holds, for messages. */
export function titleOf(value: unknown): string {
  const { kind } = record(value);
  const { namespace, name } = metadataOf(value);
  const [of = '', at, called = ''] = [kind, namespace, name].map((part) =>
    typeof part === 'string' ? part : undefined,
  );
  return describeRef({ apiVersion: '', kind: of, namespace: at, name: called });
}

function metadataOf(value: unknown): Record<string, unknown> {
  return record(record(value)['metadata']);
}
