import type { KubeObject } from './object.ts';

/** How many deletions one sync may make without approval. */
export interface DeletionBudget {
  /** As a person wrote it: a count, or a share of the inventory. */
  readonly text: string;
  /** The number of deletions that it allows, given how many entries the inventory holds. */
  limit(inventorySize: number): number;
}

/** Sets the budget of one Kustomization; wins over the default of the worker, and `100%` turns it off. */
export const budgetAnnotation = 'sluice.dev/max-deletions';

/** Reads `10` or `20%`; raises a RangeError that names the text where it is neither. */
export function parseBudget(text: string): DeletionBudget {
  const [, digits = '', sign = ''] = /^(\d{1,9})(%?)$/.exec(text) ?? [];
  const amount = Number(digits);
  if (digits === '' || (sign !== '' && amount > 100)) {
    throw new RangeError(`"${text.slice(0, 50)}" is no budget: write a count such as 10, or 20%`);
  }
  return {
    text,
    limit: (size) => (sign === '' ? amount : Math.floor((size * amount) / 100)),
  };
}

/** The budget of a Kustomization, by its annotation or by the default of the worker; raises a RangeError that names the annotation. */
export function budgetOf(
  { metadata }: KubeObject,
  standard: string | undefined,
): DeletionBudget | undefined {
  const own = metadata.annotations?.[budgetAnnotation];
  if (own === undefined) return standard === undefined ? undefined : parseBudget(standard);
  try {
    return parseBudget(own);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new RangeError(`annotation ${budgetAnnotation}: ${why}`);
  }
}
