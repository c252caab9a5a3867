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

/** A Deployment as YAML; `pod` tells the cluster how its pods behave: unready, fail or crash, and well where absent. */
export function deployment(name: string, { image = 'nginx:1', pod = '' } = {}): string {
  const annotations = pod === '' ? '' : `\n      annotations: { stack.sluice.dev/pod: ${pod} }`;
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
spec:
  replicas: 2
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata:
      labels: { app: ${name} }${annotations}
    spec:
      containers: [{ name: main, image: "${image}" }]
`;
}

/** A Job as YAML. */
export function job(name: string, spec = ''): string {
  return `apiVersion: batch/v1
kind: Job
metadata: { name: ${name} }
spec:
  ${spec}
  template:
    spec:
      restartPolicy: Never
      containers: [{ name: main, image: "busybox:1" }]
`;
}
