import { list, record, text } from './untyped.ts';

/** A ConfigMap or Secret of the namespace of whoever names it. */
export interface ConfigReference {
  readonly kind: string;
  readonly name: string;
}

/**
 * The ConfigMaps and Secrets that a Kustomization is built from or reaches its cluster with: variables, keys and kubeconfigs. Tolerates
 * a spec that bypassed the schema.
 */
export function configReferences({
  postBuild,
  decryption,
  kubeConfig,
}: Readonly<Record<string, unknown>>): ConfigReference[] {
  const { secretRef, configMapRef } = record(kubeConfig);
  const variables = list(record(postBuild)['substituteFrom']);
  const references: [kind: string, reference: unknown][] = [
    ...variables.map((row): [string, unknown] => [text(row['kind']), row]),
    ['Secret', record(decryption)['secretRef']],
    ['Secret', secretRef],
    ['ConfigMap', configMapRef],
  ];
  return references
    .map(([kind, reference]) => ({ kind, name: text(record(reference)['name']) }))
    .filter(({ name }) => name !== '');
}
