import type { Kustomization } from '../../api/index.ts';

/** A ConfigMap as YAML. */
export function configMap(name: string, data: Record<string, string> = { key: 'value' }): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\ndata: ${JSON.stringify(data)}\n`;
}

/** A spec of a Kustomization with the required fields and these besides. */
export function specWith(fields: Partial<Kustomization['spec']> = {}): Kustomization['spec'] {
  const sourceRef = { kind: 'GitRepository', name: 'repo' } as const;
  return { interval: '5m', sourceRef, prune: true, force: false, ...fields };
}
