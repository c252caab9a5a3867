import type { KubeObject } from './object.ts';

/** Takes secret values out of a message about an object. */
export type Redact = (text: string, about?: { readonly kind: string }) => string;

/**
 * Replaces every value of a Secret among the objects, plain or as base64, and the further texts. In a message about a Secret itself every
 * quoted value goes, since the API server also quotes what it could not read.
 */
export function createRedact(
  objects: readonly KubeObject[],
  furtherTexts: readonly string[] = [],
): Redact {
  let longestFirst: string[] | undefined;
  return (text, about) => {
    longestFirst ??= [...new Set([...objects.flatMap(secretValues), ...furtherTexts])].sort(
      (a, b) => b.length - a.length,
    );
    const rest = longestFirst.reduce((message, value) => message.replaceAll(value, '***'), text);
    if (about?.kind !== 'Secret') return rest;
    return rest
      .replace(/(Invalid value: )("(?:[^"\\]|\\.)*"|[^:]*)/g, '$1***')
      .replace(/(Value:\s*)[^}]*/g, '$1***');
  };
}

/** The values of a Secret that must not be told: as they stand, and decoded from base64. Shorter ones than four characters tell nothing. */
export function secretValues(object: object): string[] {
  if (!('kind' in object) || object.kind !== 'Secret') return [];
  const values: string[] = [];
  for (const field of ['data', 'stringData'] as const) {
    const entries = (object as Record<string, unknown>)[field];
    if (typeof entries !== 'object' || entries === null) continue;
    for (const value of Object.values(entries)) values.push(...formsOf(value));
  }
  return values.filter((value) => value.length >= 4);
}

function formsOf(value: unknown): string[] {
  const text = typeof value === 'string' ? value : JSON.stringify(value ?? '');
  const decoded = Buffer.from(text, 'base64').toString('utf8');
  const encoded = Buffer.from(text, 'utf8').toString('base64');
  const lines = text.split('\n').map((line) => line.trim());
  return [text, text.trim(), encoded, ...lines, ...(decoded.includes('\uFFFD') ? [] : [decoded])];
}
